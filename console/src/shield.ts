// The only place that makes canvases and bitmaps. Covers everything at once when asked to.
import type { Rendition } from './types.ts';

const stages = new Set<Stage>();

/** Wipe every sharp picture from the screen, in this frame. */
export function coverAll(): void {
    for (const stage of stages) stage.onCoverAll();
}

export function decode(blob: Blob): Promise<ImageBitmap> {
    return createImageBitmap(blob);
}

function canvas(name: string): HTMLCanvasElement {
    const made = document.createElement('canvas');
    made.className = name;
    made.hidden = true;
    made.setAttribute('aria-hidden', 'true');
    return made;
}

/** Draw at the bitmap's own size; what the canvas held before is gone. */
function draw(on: HTMLCanvasElement, bitmap: ImageBitmap): void {
    on.width = bitmap.width;
    on.height = bitmap.height;
    on.getContext('2d', { alpha: false })?.drawImage(bitmap, 0, 0);
    on.hidden = false;
}

function wipe(of: HTMLCanvasElement): void {
    of.hidden = true;
    of.width = 0;
    of.height = 0;
}

/**
 * Layers in a host element: the cover, below it the covered strip of a file with several pictures,
 * and a sharp picture above both. data-shows names what is visible now: nothing, cover, or the
 * sharp rendition.
 */
export class Stage {
    readonly host: HTMLElement;
    /** Called by coverAll; the owner covers and forgets what is held. */
    onCoverAll: () => void = () => this.cover();
    private readonly under = canvas('stage-cover');
    private readonly strip = canvas('stage-strip');
    private readonly over = canvas('stage-sharp');

    constructor(host: HTMLElement) {
        this.host = host;
        host.append(this.under, this.strip, this.over);
        host.addEventListener('contextmenu', (e) => e.preventDefault());
        host.dataset.shows = 'nothing';
        stages.add(this);
    }

    /** Show a cover, or nothing; serial tells one item from the next. */
    setCover(bitmap: ImageBitmap | null, serial: number): void {
        this.cover();
        this.setStrip(null);
        if (bitmap === null) wipe(this.under);
        else draw(this.under, bitmap);
        this.host.dataset.item = String(serial);
        this.host.dataset.shows = bitmap === null ? 'nothing' : 'cover';
    }

    /** Below the cover, what else the item shows: covered as well, and there until the next item. */
    setStrip(bitmap: ImageBitmap | null): void {
        if (bitmap === null) wipe(this.strip);
        else draw(this.strip, bitmap);
        this.host.classList.toggle('has-strip', bitmap !== null);
    }

    paint(bitmap: ImageBitmap, rendition: Rendition): void {
        this.over.classList.toggle('is-full', /^(full|sheet)_/.test(rendition));
        draw(this.over, bitmap);
        this.host.dataset.shows = rendition;
    }

    cover(): void {
        wipe(this.over);
        this.host.dataset.shows = this.under.hidden ? 'nothing' : 'cover';
    }

    close(): void {
        stages.delete(this);
        wipe(this.over);
        wipe(this.strip);
        wipe(this.under);
        this.host.replaceChildren();
    }
}
