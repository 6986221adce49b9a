// The ring of leased tasks and the outbox of what was decided. Covers of the next items are fetched
// and decoded ahead, and nothing but covers. A decision moves on at once and is saved behind, in
// order, under a key that makes sending it again harmless. No page here: all effects are handed in.
import { ApiProblem, sentence } from './api.ts';
import type { Bitmap } from './reveal.ts';
import type { Lease, Leases, Queue, Ticket, Tickets } from './types.ts';

export const RING = 4; // the item on the screen and three ahead; also the contract's most
export const UNSAVED_MAX = 3;
export const ANSWER_MS = 5_000; // unanswered for longer: stop
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;
const HEARTBEAT_MS = 300_000; // leases last 15 minutes
const POLL_MS = 20_000; // an empty queue is asked again this often

export interface Item<B> {
    serial: number; // counts the items of this sitting; never shown
    lease: Lease;
    cover: 'loading' | 'missing' | B;
    shownMs: number | null; // when its cover, or the tile in its place, was painted
    code: string | null;
    tags: string[];
    note: string;
}

export type SaveKind = 'decide' | 'read' | 'later' | 'second' | 'escalate' | 'undo';

export interface Save {
    key: string;
    kind: SaveKind;
    lease: string;
    task: string;
    words: string; // what it does, for the last line and for a refusal
    code: string;
    tags: string[];
    note: string;
    reason: number; // of an escalation, else 0
    sinceMs: number;
    attempts: number;
}

export type Draft = Pick<Save, 'kind' | 'words'> &
    Partial<Pick<Save, 'code' | 'tags' | 'note' | 'reason'>>;

export interface Refusal {
    key: string;
    words: string;
    task: string;
    why: string;
}

export interface QueueDeps<B extends Bitmap> {
    take(queue: Queue, count: number, task?: string): Promise<Leases>;
    extend(lease: string): Promise<Tickets>;
    giveBack(lease: string, leavingPage: boolean): Promise<void>;
    cover(lease: Lease): Promise<B | null>;
    /** Send one save; an undo answers with the lease that comes back. */
    send(save: Save): Promise<Lease | null>;
    newKey(): string;
    now(): number;
    after(ms: number, what: () => void): () => void;
    changed(): void;
    say(words: string): void;
}

export class TaskQueue<B extends Bitmap> {
    readonly queue: Queue;
    items: Item<B>[] = [];
    outbox: Save[] = [];
    refusals: Refusal[] = [];
    last: { words: string; tags: string[] } | null = null;
    waiting: number | null = null; // as the server last said; null: not asked yet
    problem = ''; // why no task can be had

    private readonly deps: QueueDeps<B>;
    private readonly only: string | undefined;
    private stopped = false;
    private full = false; // only one task was asked for, and it came
    private taking = false;
    private sending = false;
    private paused = false; // signed out: the outbox waits for the same person
    private serial = 0;
    private active = true; // somebody pressed something since the last heartbeat
    private callOffRetry = (): void => {};
    private callOffLate = (): void => {};
    private callOffPoll = (): void => {};
    private callOffBeat = (): void => {};
    private drained: (() => void)[] = [];

    constructor(queue: Queue, deps: QueueDeps<B>, only?: string) {
        this.queue = queue;
        this.deps = deps;
        this.only = only;
    }

    get current(): Item<B> | null {
        return this.items[0] ?? null;
    }

    get unsaved(): number {
        return this.outbox.length;
    }

    /** Too much is unsaved, or an answer is overdue: no further decision, covers on. */
    get stalled(): boolean {
        const head = this.outbox[0];
        return (
            head !== undefined &&
            (this.outbox.length > UNSAVED_MAX || this.deps.now() - head.sinceMs >= ANSWER_MS)
        );
    }

    /** An undo is on its way: what comes back belongs in front of what is on the screen. */
    get undoing(): boolean {
        return this.outbox.some((s) => s.kind === 'undo');
    }

    start(): void {
        void this.fill();
        this.beat();
    }

    /** Somebody is working; leases of an unattended screen run out by themselves. */
    touch(): void {
        this.active = true;
    }

    painted(item: Item<B>): void {
        if (item.shownMs === null) item.shownMs = this.deps.now();
    }

    /** Decide the item on the screen and go on to the next. False: not now. */
    commit(draft: Draft): boolean {
        const item = this.current;
        if (item === null || this.stalled || this.undoing || this.stopped) return false;
        this.items = this.items.slice(1);
        this.closeCover(item);
        this.last = { words: draft.words, tags: draft.tags ?? [] };
        this.push(draft, item.lease.lease, item.lease.task);
        void this.fill();
        return true;
    }

    /** Take back the newest decision of this shift, after all that is on its way. */
    undo(): boolean {
        if (this.stalled || this.undoing || this.stopped) return false;
        this.push({ kind: 'undo', words: 'Take back the last decision' }, '', '');
        return true;
    }

    retryNow(): void {
        this.callOffRetry();
        void this.sendNext();
    }

    /** Signed out: keep everything, send nothing. */
    pause(): void {
        this.paused = true;
        this.callOffRetry();
    }

    resume(): void {
        this.paused = false;
        this.retryNow();
    }

    dismissRefusals(): void {
        this.refusals = [];
        this.deps.changed();
    }

    /** Resolves when nothing is unsaved. */
    flush(): Promise<void> {
        if (this.outbox.length === 0) return Promise.resolve();
        return new Promise((resolve) => {
            this.drained.push(resolve);
        });
    }

    /** Give every task back unseen and close all covers. What is unsaved goes on being sent. */
    async stop(leavingPage = false): Promise<void> {
        this.stopped = true;
        this.callOffPoll();
        this.callOffBeat();
        const held = this.items;
        this.items = [];
        for (const item of held) this.closeCover(item);
        this.deps.changed();
        await Promise.allSettled(
            held.map((item) => this.deps.giveBack(item.lease.lease, leavingPage)),
        );
    }

    private closeCover(item: Item<B>): void {
        if (item.cover !== 'loading' && item.cover !== 'missing') item.cover.close();
        item.cover = 'missing';
    }

    private newItem(lease: Lease): Item<B> {
        this.serial += 1;
        const item: Item<B> = {
            serial: this.serial,
            lease,
            cover: 'loading',
            shownMs: null,
            code: lease.code,
            tags: [...lease.tags],
            note: '',
        };
        void this.loadCover(item);
        return item;
    }

    private async loadCover(item: Item<B>): Promise<void> {
        let cover: B | null = null;
        try {
            cover = await this.deps.cover(item.lease);
        } catch {
            // Shown as a neutral tile: the item can still be put aside or marked.
        }
        if (!this.items.includes(item)) {
            cover?.close();
            return;
        }
        item.cover = cover ?? 'missing';
        this.deps.changed();
    }

    /** Keep the ring full. One request at a time; each answer may ask for more. */
    private async fill(): Promise<void> {
        const room = RING - this.items.length;
        if (this.taking || this.stopped || this.paused || this.full || room <= 0) return;
        let added = 0;
        this.taking = true;
        this.callOffPoll();
        try {
            const answer = await this.deps.take(this.queue, this.only ? 1 : room, this.only);
            this.problem = '';
            this.waiting = answer.waiting;
            added = this.admit(answer.leases);
            if (added === 0) this.pollLater();
        } catch (problem) {
            this.problem = sentence(problem);
            this.pollLater();
        } finally {
            this.taking = false;
            this.deps.changed();
        }
        if (added > 0 && this.items.length < RING && (this.waiting ?? 0) > 0) void this.fill();
    }

    private admit(leases: readonly Lease[]): number {
        const before = this.items.length;
        for (const lease of leases) {
            if (this.stopped) {
                void this.deps.giveBack(lease.lease, false).catch(() => {});
                continue;
            }
            const known = this.items.some((i) => i.lease.lease === lease.lease);
            if (!known) this.items = [...this.items, this.newItem(lease)];
        }
        if (this.only !== undefined && leases.length > 0) this.full = true;
        return this.items.length - before;
    }

    private pollLater(): void {
        if (this.stopped) return;
        this.callOffPoll = this.deps.after(POLL_MS, () => void this.fill());
    }

    private beat(): void {
        this.callOffBeat = this.deps.after(HEARTBEAT_MS, () => {
            if (this.active) for (const item of this.items) void this.extend(item);
            this.active = false;
            this.beat();
        });
    }

    private async extend(item: Item<B>): Promise<void> {
        try {
            const answer = await this.deps.extend(item.lease.lease);
            item.lease.expires_at = answer.expires_at;
        } catch (problem) {
            if (problem instanceof ApiProblem && !problem.undecided && problem.status !== 401)
                this.lose(item, problem.message);
        }
    }

    /** The task is no longer ours: it leaves the screen, nothing of it is shown again. */
    private lose(item: Item<B>, why: string): void {
        if (!this.items.includes(item)) return;
        this.items = this.items.filter((i) => i !== item);
        this.closeCover(item);
        const words = 'The task was taken back before a decision';
        this.refusals = [
            ...this.refusals,
            { key: this.deps.newKey(), words, task: item.lease.task, why },
        ];
        void this.fill();
        this.deps.changed();
    }

    private push(draft: Draft, lease: string, task: string): void {
        const save: Save = {
            key: this.deps.newKey(),
            kind: draft.kind,
            lease,
            task,
            words: draft.words,
            code: draft.code ?? '',
            tags: draft.tags ?? [],
            note: draft.note ?? '',
            reason: draft.reason ?? 0,
            sinceMs: this.deps.now(),
            attempts: 0,
        };
        this.outbox = [...this.outbox, save];
        this.watchHead();
        this.deps.changed();
        void this.sendNext();
    }

    /** Look again when the oldest answer becomes overdue. */
    private watchHead(): void {
        this.callOffLate();
        const head = this.outbox[0];
        if (head === undefined) return;
        const left = head.sinceMs + ANSWER_MS - this.deps.now();
        if (left > 0) this.callOffLate = this.deps.after(left, () => this.deps.changed());
    }

    private async sendNext(): Promise<void> {
        const save = this.outbox[0];
        if (save === undefined || this.sending || this.paused) return;
        this.sending = true;
        let wait: number | null = null;
        try {
            const lease = await this.deps.send(save);
            this.settled(save);
            if (lease !== null) this.comeBack(lease);
        } catch (problem) {
            wait = this.failed(save, problem);
        } finally {
            this.sending = false;
        }
        this.watchHead();
        this.deps.changed();
        if (wait === null) {
            if (this.outbox.length > 0) void this.sendNext();
            else for (const resolve of this.drained.splice(0)) resolve();
        } else if (!this.paused)
            this.callOffRetry = this.deps.after(wait, () => void this.sendNext());
    }

    /** Milliseconds to wait before sending again; null when the server has said no for good. */
    private failed(save: Save, problem: unknown): number | null {
        const known = problem instanceof ApiProblem ? problem : null;
        if (known !== null && known.status === 401) {
            this.paused = true;
            return 0;
        }
        if (known === null || known.undecided) {
            const wait = RETRY_MS[Math.min(save.attempts, RETRY_MS.length - 1)] ?? 8_000;
            save.attempts += 1;
            return wait;
        }
        this.settled(save);
        if (save.kind === 'undo') this.deps.say(known.message);
        else {
            const refusal = {
                key: save.key,
                words: save.words,
                task: save.task,
                why: known.message,
            };
            this.refusals = [...this.refusals, refusal];
        }
        return null;
    }

    private settled(save: Save): void {
        this.outbox = this.outbox.filter((s) => s !== save);
        // What waits behind was not late by its own fault.
        const head = this.outbox[0];
        if (head !== undefined) head.sinceMs = this.deps.now();
    }

    private comeBack(lease: Lease): void {
        if (this.stopped) {
            void this.deps.giveBack(lease.lease, false).catch(() => {});
            return;
        }
        this.last = null;
        const item = this.newItem(lease);
        const before = this.current;
        if (before !== null) before.shownMs = null;
        this.items = [item, ...this.items];
        this.deps.say('Taken back. The item is here again, covered.');
    }
}

/** The ticket of a lease for one rendition, if it came with one. */
export function ticketFor(lease: Lease, rendition: Ticket['rendition']): string | null {
    return lease.pictures.find((p) => p.rendition === rendition)?.ticket ?? null;
}
