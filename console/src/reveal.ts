// Seeing by will: held keys ask for one rendition each, release covers, and every picture that was
// sent is reported with the time it was on the screen. No page here: painting is handed in.
import type { Hold } from './keys.ts';
import type { Rendition, Ticket, Tickets } from './types.ts';

export const LATCH_MS = 20_000; // a latched picture covers itself after this long without input
const TAP_MS = 250; // a press no longer than this is a tap
const TAPS_APART_MS = 350; // two taps no further apart than this latch
const SHOWN_MS_MAX = 3_600_000; // the contract's bound

export interface Bitmap {
    close(): void;
}

export interface RevealDeps<B extends Bitmap> {
    fetch(ticket: string, abort: AbortSignal): Promise<{ blob: Blob; view: string }>;
    decode(blob: Blob): Promise<B>;
    tickets(lease: string, renditions: Rendition[]): Promise<Tickets>;
    endView(view: string, shownMs: number): void;
    paint(bitmap: B, rendition: Rendition): void;
    cover(): void;
    trouble(words: string): void;
    now(): number;
    after(ms: number, what: () => void): () => void; // returns the way to call it off
}

export type Held = Record<Hold, boolean>;

const NOTHING_HELD: Held = { sharp: false, full: false, sheet: false, colour: false };

/** The rendition that these held keys ask for; colour alone asks for nothing. */
export function wanted(held: Held): Rendition | null {
    if (held.sheet) return held.colour ? 'sheet_colour' : 'sheet_grey';
    if (held.full) return held.colour ? 'full_colour' : 'full_grey';
    if (held.sharp) return held.colour ? 'small_colour' : 'small_grey';
    return null;
}

interface Shot<B> {
    rendition: Rendition;
    bitmap: B | null;
    view: string;
    shownMs: number;
    sinceMs: number | null; // on the screen since
    abort: AbortController;
    dropped: boolean; // nobody waits for it any more
}

export class Reveal<B extends Bitmap> {
    private readonly deps: RevealDeps<B>;
    private held: Held = NOTHING_HELD;
    private lease = '';
    private tickets = new Map<Rendition, string>();
    private hasSheet = false; // the file shows more than one picture
    private shots = new Map<Rendition, Shot<B>>();
    private painted: Shot<B> | null = null;
    private latched = false;
    private pressMs = 0;
    private releaseMs = Number.NEGATIVE_INFINITY; // of the last tap
    private latchOnRelease = false;
    private callOffLatch = (): void => {};
    private callOffDiscard = (): void => {};

    constructor(deps: RevealDeps<B>) {
        this.deps = deps;
    }

    /** Take up another item (or none): what was shown of the old one is over. */
    setItem(lease: string, pictures: readonly Ticket[]): void {
        this.coverNow();
        this.lease = lease;
        this.tickets = new Map(pictures.map((p) => [p.rendition, p.ticket]));
        this.hasSheet = this.tickets.has('sheet_grey');
    }

    get isLatched(): boolean {
        return this.latched;
    }

    press(hold: Hold): void {
        if (this.held[hold]) return;
        if (hold === 'sheet' && !this.hasSheet) {
            this.deps.trouble('This file shows one picture only.');
            return;
        }
        const now = this.deps.now();
        if (hold === 'sharp') {
            this.latchOnRelease = !this.latched && now - this.releaseMs <= TAPS_APART_MS;
            this.pressMs = now;
            // A press on a latched picture is the wish to have it covered.
            if (this.latched) {
                this.unlatch();
                this.releaseMs = Number.NEGATIVE_INFINITY;
                this.show();
                return;
            }
        }
        this.held = { ...this.held, [hold]: true };
        this.show();
    }

    release(hold: Hold): void {
        if (!this.held[hold]) return;
        this.held = { ...this.held, [hold]: false };
        if (hold === 'sharp') {
            const now = this.deps.now();
            const tap = now - this.pressMs <= TAP_MS;
            if (tap && this.latchOnRelease) this.latch();
            this.releaseMs = tap && !this.latched ? now : Number.NEGATIVE_INFINITY;
            this.latchOnRelease = false;
        }
        this.show();
    }

    /** Somebody is there: the latch's time starts again. */
    touch(): void {
        if (this.latched) this.latch();
    }

    /** The latch for people who cannot hold a key: on or off by one press. */
    toggleLatch(): void {
        if (this.latched) this.unlatch();
        else this.latch();
        this.show();
    }

    /** Cover in this frame, forget what is held, stop fetching, close every picture. */
    coverNow(): void {
        this.held = NOTHING_HELD;
        this.latchOnRelease = false;
        this.releaseMs = Number.NEGATIVE_INFINITY;
        this.unlatch();
        this.stopShowing();
        this.deps.cover();
        for (const shot of this.shots.values()) shot.abort.abort();
        this.discard();
    }

    private latch(): void {
        this.latched = true;
        this.callOffLatch();
        this.callOffLatch = this.deps.after(LATCH_MS, () => this.coverNow());
    }

    private unlatch(): void {
        this.latched = false;
        this.callOffLatch();
        this.callOffLatch = () => {};
    }

    private stopShowing(): void {
        const shot = this.painted;
        this.painted = null;
        if (shot === null || shot.sinceMs === null) return;
        shot.shownMs += this.deps.now() - shot.sinceMs;
        shot.sinceMs = null;
    }

    private want(): Rendition | null {
        return this.lease === ''
            ? null
            : wanted({ ...this.held, sharp: this.held.sharp || this.latched });
    }

    private show(): void {
        const want = this.want();
        this.callOffDiscard();
        this.callOffDiscard = () => {};
        if (want === null) {
            this.stopShowing();
            this.deps.cover();
            // A second tap may want the same picture: it waits, unpainted, for that long only.
            this.callOffDiscard = this.deps.after(TAPS_APART_MS, () => this.discard());
            return;
        }
        const shot = this.shots.get(want);
        if (shot === undefined) void this.load(want);
        else if (shot.bitmap !== null) this.put(shot, shot.bitmap);
    }

    private put(shot: Shot<B>, bitmap: B): void {
        if (this.painted === shot) return;
        this.stopShowing();
        this.deps.paint(bitmap, shot.rendition);
        this.painted = shot;
        shot.sinceMs = this.deps.now();
    }

    private discard(): void {
        for (const shot of this.shots.values()) {
            shot.dropped = true;
            if (shot.view !== '') this.end(shot);
            shot.bitmap?.close();
            shot.bitmap = null;
        }
        this.shots.clear();
    }

    private end(shot: Shot<B>): void {
        this.deps.endView(shot.view, Math.min(SHOWN_MS_MAX, Math.round(shot.shownMs)));
    }

    private async load(rendition: Rendition): Promise<void> {
        const lease = this.lease;
        const shot: Shot<B> = {
            rendition,
            bitmap: null,
            view: '',
            shownMs: 0,
            sinceMs: null,
            abort: new AbortController(),
            dropped: false,
        };
        this.shots.set(rendition, shot);
        try {
            const picture = await this.fetchOnce(shot, lease);
            if (picture === null) return;
            shot.view = picture.view;
            if (shot.dropped) {
                this.end(shot); // sent, but never on the screen
            } else {
                const bitmap = await this.deps.decode(picture.blob);
                if (shot.dropped) bitmap.close();
                else {
                    shot.bitmap = bitmap;
                    if (this.want() === rendition) this.put(shot, bitmap);
                }
            }
        } catch {
            if (this.shots.get(rendition) === shot) this.shots.delete(rendition);
            if (shot.view !== '' && !shot.dropped) this.end(shot);
            if (!shot.abort.signal.aborted)
                this.deps.trouble('The picture cannot be shown. It stays covered.');
        }
        if (this.lease === lease) await this.refill(lease, rendition);
    }

    /** Fetch by the ticket in hand; without one, or when it has run out, by a new one. */
    private async fetchOnce(
        shot: Shot<B>,
        lease: string,
    ): Promise<{ blob: Blob; view: string } | null> {
        const inHand = this.tickets.get(shot.rendition);
        this.tickets.delete(shot.rendition);
        if (inHand !== undefined) {
            try {
                return await this.deps.fetch(inHand, shot.abort.signal);
            } catch (problem) {
                if (shot.abort.signal.aborted) throw problem;
            }
        }
        const fresh = await this.deps.tickets(lease, [shot.rendition]);
        const ticket = fresh.pictures.find((p) => p.rendition === shot.rendition)?.ticket;
        if (ticket === undefined) throw new Error('no such rendition');
        // Nobody holds the key any more: a picture that nobody waits for is not asked for.
        if (shot.dropped || shot.abort.signal.aborted) {
            if (this.lease === lease) this.tickets.set(shot.rendition, ticket);
            return null;
        }
        return this.deps.fetch(ticket, shot.abort.signal);
    }

    /** The next key press should cost one request: have a ticket in hand again. */
    private async refill(lease: string, rendition: Rendition): Promise<void> {
        if (this.tickets.has(rendition)) return;
        try {
            const fresh = await this.deps.tickets(lease, [rendition]);
            if (this.lease === lease)
                for (const p of fresh.pictures) this.tickets.set(p.rendition, p.ticket);
        } catch {
            // The next press asks again and says so if it fails.
        }
    }
}
