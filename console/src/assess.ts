// The assess screen's own state and acts, between the keys, the ring and the stage.
import { type Signal, signal } from '@preact/signals';
import { api, idempotencyKey, sentence } from './api.ts';
import {
    type Act,
    actOf,
    type Cap,
    type Hold,
    holdOf,
    type Mode,
    opensTags,
    releaseOf,
    type Stroke,
    type Verb,
} from './keys.ts';
import { type Item, type Refusal, type Save, TaskQueue, ticketFor } from './queue.ts';
import { Reveal } from './reveal.ts';
import {
    findCode,
    missingGroups,
    readScheme,
    type Scheme,
    toggleTag,
    whyNotReady,
} from './scheme.ts';
import { takeBreak, trackWork } from './session.ts';
import { decode, type Stage } from './shield.ts';
import { type OnlyTask, type Screen, say, state } from './state.ts';
import { ESCALATION_REASONS, type Guidance, type Lease, type Names, type Queue } from './types.ts';

export const CAPS: Record<Queue, readonly Cap[]> = {
    grade: ['undo', 'later', 'second', 'escalate', 'names'],
    later: ['undo', 'later', 'second', 'escalate', 'names'],
    escalated: ['names'],
    reading: [],
    third: [],
};

/** What the screen shows; made anew after each change. */
export interface View {
    item: Item<ImageBitmap> | null;
    scheme: Scheme | null;
    guidance: Guidance[];
    mode: Mode;
    row: number;
    unsaved: number;
    stalled: boolean;
    undoing: boolean;
    latched: boolean;
    waiting: number | null;
    problem: string;
    last: string;
    names: Names | null;
    done: boolean; // the one task that was asked for is decided
}

interface Known {
    scheme: Scheme;
    guidance: Guidance[];
}

/** Timers that return the way to call them off. */
export function after(ms: number, what: () => void): () => void {
    const id = setTimeout(what, ms);
    return () => clearTimeout(id);
}

/** Pictures of one lease on one stage, seen only while keys are held. */
export function revealOn(stage: () => Stage | null): Reveal<ImageBitmap> {
    return new Reveal<ImageBitmap>({
        fetch: (ticket, abort) => api.picture(ticket, abort),
        decode,
        tickets: (lease, renditions) => api.tickets(lease, renditions),
        endView: (view, ms) => void api.endView(view, ms).catch(() => {}),
        paint: (bitmap, rendition) => stage()?.paint(bitmap, rendition),
        cover: () => stage()?.cover(),
        trouble: say,
        now: () => performance.now(),
        after,
    });
}

/** The cover, or the covered strip of what else the item shows. */
async function fetchCovered(
    lease: Lease,
    rendition: 'cover' | 'strip',
): Promise<ImageBitmap | null> {
    let ticket = ticketFor(lease, rendition);
    if (ticket === null) return null;
    for (let attempt = 0; ; attempt++) {
        try {
            return await decode((await api.picture(ticket)).blob);
        } catch (problem) {
            if (attempt > 0) throw problem;
            ticket = ticketFor(
                { ...lease, ...(await api.tickets(lease.lease, [rendition])) },
                rendition,
            );
            if (ticket === null) throw problem;
        }
    }
}

export function fetchCover(lease: Lease): Promise<ImageBitmap | null> {
    return fetchCovered(lease, 'cover');
}

/** Put the strip below the cover, if the item shows several pictures and is still the one there. */
export async function showStrip(lease: Lease, stage: Stage, isThere: () => boolean): Promise<void> {
    if (lease.facets.length === 0) return;
    try {
        const strip = await fetchCovered(lease, 'strip');
        if (isThere()) stage.setStrip(strip);
        strip?.close();
    } catch {
        // The facts say how many pictures there are, and the sheet shows them.
    }
}

function sendSave(save: Save): Promise<Lease | null> {
    const { lease, code, tags, note, key } = save;
    const noted = note === '' ? {} : { note };
    const none = (): null => null;
    switch (save.kind) {
        case 'decide':
            return api.decide({ lease, code, tags, ...noted }, key).then(none);
        case 'read':
            return api
                .read({ lease, code, tags, ...(note === '' ? {} : { reason: note }) }, key)
                .then(none);
        case 'later':
            return api.putOff(lease, key).then(none);
        case 'second':
            return api.secondLook(lease, key).then(none);
        case 'escalate':
            return api.escalate({ lease, reason: save.reason, ...noted }, key).then(none);
        case 'undo':
            return api.undo(key);
    }
}

export class Assess {
    readonly view: Signal<View>;
    readonly caps: readonly Cap[];
    private readonly queue: TaskQueue<ImageBitmap>;
    private readonly reveal: Reveal<ImageBitmap>;
    private readonly only: OnlyTask | null;
    private readonly schemes = new Map<string, Known>();
    private stage: Stage | null = null;
    private mode: Mode = 'grade';
    private guidanceFrom: Mode = 'grade';
    private readonly asked = new Set<string>(); // schemes on their way
    private row = 0;
    private names: Names | null = null;
    private previousTags: string[] = [];
    private painted: Item<ImageBitmap> | null = null;
    private paintedCover: Item<ImageBitmap>['cover'] = 'loading';
    private commitAfterNote = false;
    private done = false;
    private untrack = (): void => {};

    constructor(queue: Queue, only: OnlyTask | null) {
        this.only = only;
        this.caps = CAPS[queue];
        this.reveal = revealOn(() => this.stage);
        this.queue = new TaskQueue<ImageBitmap>(
            queue,
            {
                take: api.takeLeases,
                extend: api.extendLease,
                giveBack: api.returnLease,
                cover: only?.textOnly ? () => Promise.resolve(null) : fetchCover,
                send: sendSave,
                newKey: idempotencyKey,
                now: () => performance.now(),
                after,
                changed: () => this.changed(),
                say,
            },
            only?.task,
        );
        this.view = signal(this.snapshot());
    }

    get textOnly(): boolean {
        return this.only?.textOnly ?? false;
    }

    get queueName(): Queue {
        return this.queue.queue;
    }

    /** Where the person came from, and goes when the one task is decided. */
    get back(): Screen {
        if (this.only !== null) return this.only.back;
        return this.queue.queue === 'escalated' ? 'escalations' : 'home';
    }

    start(stage: Stage): void {
        this.stage = stage;
        stage.onCoverAll = () => {
            this.reveal.coverNow();
            this.publish();
        };
        this.untrack = trackWork(this.queue);
        this.queue.start();
    }

    /** Leave the screen: tasks go back, covers close; what is unsaved goes on being sent. */
    leave(leavingPage = false): void {
        this.reveal.setItem('', []);
        this.stage = null;
        void this.queue.stop(leavingPage);
        void this.queue.flush().then(this.untrack);
    }

    stroke(s: Stroke): boolean {
        this.queue.touch();
        this.reveal.touch();
        const item = this.queue.current;
        const known = this.known(item);
        const hold = holdOf(s, this.mode);
        if (hold !== null) {
            this.press(hold);
            return true;
        }
        if (known === null) return false;
        const act = actOf(s, {
            mode: this.mode,
            scheme: known.scheme,
            code: item?.code ?? null,
            row: this.row,
            caps: this.caps,
            shownMs: item?.shownMs ?? null,
            nowMs: performance.now(),
        });
        if (act === null) return false;
        this.act(act);
        return true;
    }

    strokeUp(key: string): void {
        const hold = releaseOf(key);
        if (hold !== null) this.reveal.release(hold);
        if (this.view.value.latched !== this.reveal.isLatched) this.publish();
    }

    /** On-screen buttons that act while a pointer holds them. */
    press(hold: Hold): void {
        if (this.queue.current !== null && this.maySee()) this.reveal.press(hold);
    }

    letGo(): void {
        for (const hold of ['colour', 'sheet', 'full', 'sharp'] as const) this.reveal.release(hold);
        this.publish();
    }

    /** The on-screen button of the latch. */
    toggleLatch(): void {
        if (this.maySee()) this.reveal.toggleLatch();
        this.publish();
    }

    act(act: Act): void {
        switch (act.do) {
            case 'say':
                say(act.words);
                return;
            case 'verb':
                this.verbs[act.verb]();
                return;
            case 'grade':
                this.grade(act.code);
                return;
            case 'tag':
                this.row = act.row;
                this.tag(act.tag);
                return;
            case 'reason':
                this.escalate(act.reason);
                return;
        }
    }

    setRow(row: number): void {
        this.row = row;
        this.publish();
    }

    setMode(mode: Mode): void {
        this.mode = mode;
        this.reveal.coverNow();
        this.publish();
    }

    saveNote(words: string): void {
        const item = this.queue.current;
        if (item !== null) item.note = words.trim();
        const commit = this.commitAfterNote && item?.note !== '';
        this.commitAfterNote = false;
        this.mode = 'grade';
        this.publish();
        if (commit) this.commit();
    }

    retryNow(): void {
        this.queue.retryNow();
    }

    private maySee(): boolean {
        return !this.queue.stalled && !this.queue.undoing && !this.textOnly;
    }

    private known(item: Item<ImageBitmap> | null): Known | null {
        return item === null ? null : (this.schemes.get(item.lease.scheme) ?? null);
    }

    private grade(code: string): void {
        const item = this.queue.current;
        const known = this.known(item);
        if (item === null || known === null || this.blocked()) return;
        item.code = code;
        if (opensTags(known.scheme, code)) {
            const chosen = findCode(known.scheme, code);
            const missing = chosen && missingGroups(known.scheme, chosen, item.tags)[0];
            this.row = missing ? known.scheme.groups.indexOf(missing) : 0;
            this.mode = 'tags';
            say(`${chosen?.label ?? code}. Tags.`);
            this.publish();
        } else this.commit();
    }

    private tag(tag: string): void {
        const item = this.queue.current;
        const known = this.known(item);
        if (item === null || known === null) return;
        item.tags = toggleTag(known.scheme, item.tags, tag);
        this.publish();
    }

    private blocked(): boolean {
        if (this.queue.stalled)
            say('Saving has stopped. Nothing new can be decided until it goes on.');
        else if (this.queue.undoing) say('The last decision is being taken back.');
        else return false;
        return true;
    }

    private commit(): void {
        const item = this.queue.current;
        const known = this.known(item);
        if (item === null || known === null || this.blocked()) return;
        const code = findCode(known.scheme, item.code);
        if (code === undefined) {
            say('Choose a grade first.');
            return;
        }
        const tags = code.tags ? item.tags : [];
        const why = whyNotReady(known.scheme, code, tags);
        if (why !== null) {
            const missing = missingGroups(known.scheme, code, tags)[0];
            if (missing !== undefined) this.row = known.scheme.groups.indexOf(missing);
            if (code.tags) this.mode = 'tags';
            say(why);
            this.publish();
            return;
        }
        if (this.queue.queue === 'third' && item.note === '') {
            this.commitAfterNote = true;
            this.setMode('note');
            return;
        }
        const reading = this.queue.queue === 'reading' || this.queue.queue === 'third';
        if (tags.length > 0) this.previousTags = tags;
        this.next({
            kind: reading ? 'read' : 'decide',
            words: code.label,
            code: code.code,
            tags,
            note: item.note,
        });
    }

    private next(draft: Parameters<TaskQueue<ImageBitmap>['commit']>[0]): void {
        this.reveal.coverNow();
        this.mode = 'grade';
        this.row = 0;
        this.names = null;
        if (!this.queue.commit(draft)) return;
        if (this.only !== null) void this.queue.flush().then(() => this.finish());
        say(`${draft.words}.`);
    }

    private finish(): void {
        this.done = this.queue.current === null;
        this.publish();
    }

    private escalate(reason: number): void {
        const item = this.queue.current;
        if (item === null || this.blocked()) return;
        const words = `Escalated: ${ESCALATION_REASONS[reason - 1] ?? ''}`;
        this.next({ kind: 'escalate', words, reason, note: item.note });
    }

    private readonly verbs: Record<Verb, () => void> = {
        commit: () => this.commit(),
        undo: () => {
            if (this.blocked()) return;
            this.reveal.coverNow();
            this.queue.undo();
        },
        later: () => {
            if (!this.blocked()) this.next({ kind: 'later', words: 'Put off: Later pile' });
        },
        second: () => {
            if (!this.blocked()) this.next({ kind: 'second', words: 'Sent for a second look' });
        },
        escalate: () => this.setMode(this.mode === 'escalate' ? 'grade' : 'escalate'),
        note: () => {
            this.commitAfterNote = false;
            this.setMode('note');
        },
        info: () => {
            this.names = null;
            this.setMode(this.mode === 'info' ? 'grade' : 'info');
        },
        show_names: () => void this.showNames(),
        guidance: () => {
            const open = this.mode !== 'guidance';
            if (open) this.guidanceFrom = this.mode;
            this.setMode(open ? 'guidance' : this.guidanceFrom);
        },
        tags: () => this.backToTags(),
        leave_tags: () => {
            say('Tags left. The grade is not saved yet: Enter saves.');
            this.mode = 'grade';
            this.publish();
        },
        find: () => {
            this.mode = 'find';
            this.publish();
        },
        copy: () => this.copyTags(),
        row_up: () => this.moveRow(-1),
        row_down: () => this.moveRow(1),
        break: () => void takeBreak(),
    };

    private backToTags(): void {
        const item = this.queue.current;
        const known = this.known(item);
        if (item?.code && known !== null && opensTags(known.scheme, item.code)) {
            this.mode = 'tags';
            this.publish();
        } else say('Tags follow the grade: choose it first.');
    }

    private moveRow(by: number): void {
        const count = this.known(this.queue.current)?.scheme.groups.length ?? 0;
        if (count > 0) this.row = (this.row + by + count) % count;
        this.publish();
    }

    private copyTags(): void {
        const item = this.queue.current;
        if (item === null) return;
        if (this.previousTags.length === 0) {
            say('There are no tags to copy yet.');
            return;
        }
        item.tags = [...this.previousTags];
        say('Same tags as the item before.');
        this.publish();
    }

    private async showNames(): Promise<void> {
        const item = this.queue.current;
        if (item === null || this.names !== null) return;
        try {
            const names = await api.names(item.lease.lease);
            if (this.queue.current !== item || this.mode !== 'info') return;
            this.names = names;
            this.publish();
        } catch (problem) {
            say(sentence(problem));
        }
    }

    private changed(): void {
        state.unsaved.value = this.queue.unsaved;
        if (this.queue.refusals.length > 0) {
            state.refusals.value = [
                ...state.refusals.value,
                ...this.queue.refusals,
            ] satisfies Refusal[];
            this.queue.refusals = [];
        }
        const item = this.queue.current;
        if (item !== this.painted) {
            this.mode = 'grade';
            this.names = null;
        }
        if (this.queue.stalled || this.queue.undoing) this.reveal.coverNow();
        this.paint(item);
        if (item !== null) void this.loadScheme(item.lease);
        this.publish();
    }

    /** Draw the cover in the same turn as the key press that made this item the current one. */
    private paint(item: Item<ImageBitmap> | null): void {
        const cover = item?.cover ?? 'missing';
        if (item === this.painted && cover === this.paintedCover) return;
        if (item !== this.painted)
            this.reveal.setItem(item?.lease.lease ?? '', item?.lease.pictures ?? []);
        this.painted = item;
        this.paintedCover = cover;
        this.stage?.setCover(
            cover === 'loading' || cover === 'missing' ? null : cover,
            item?.serial ?? 0,
        );
        if (item === null || cover === 'loading') return;
        this.queue.painted(item);
        const stage = this.stage;
        if (stage !== null && cover !== 'missing')
            void showStrip(item.lease, stage, () => this.painted === item && this.stage === stage);
    }

    private async loadScheme(lease: Lease): Promise<void> {
        const name = lease.scheme;
        const had = this.schemes.get(name);
        if (this.asked.has(name) || (had && had.scheme.version >= lease.scheme_version)) return;
        this.asked.add(name);
        try {
            const answer = await api.scheme(name);
            const scheme = readScheme(answer.scheme);
            this.schemes.set(name, { scheme, guidance: answer.guidance });
            this.publish();
        } catch (problem) {
            say(sentence(problem));
        } finally {
            this.asked.delete(name);
        }
    }

    private snapshot(): View {
        const item = this.queue.current;
        const known = this.known(item);
        return {
            // A copy: the item changes in place, and the screen compares by identity.
            item: item === null ? null : { ...item },
            scheme: known?.scheme ?? null,
            guidance: known?.guidance ?? [],
            mode: this.mode,
            row: this.row,
            unsaved: this.queue.unsaved,
            stalled: this.queue.stalled,
            undoing: this.queue.undoing,
            latched: this.reveal.isLatched,
            waiting: this.queue.waiting,
            problem: this.queue.problem,
            last: this.queue.last?.words ?? '',
            names: this.names,
            done: this.done,
        };
    }

    private publish(): void {
        this.view.value = this.snapshot();
        state.helpFor.value = { scheme: this.view.value.scheme, caps: this.caps };
    }
}
