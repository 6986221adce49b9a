// Files on their way to the server: part by part, several at a time, gone on with after a cut. The
// screen may be left meanwhile; names stay in this page and go with the session.
import { signal } from '@preact/signals';
import { ApiProblem, api, sentence } from './api.ts';
import type { Upload, UploadSaid } from './types.ts';

export const PART_MIN = 64 * 1024;
export const PART_MAX = 8 * 1024 * 1024;
const PART_START = 1024 * 1024;
const AT_ONCE = 3; // files; more only wait for the same line
const QUICK_MS = 2_000; // a part that takes less may be larger next time
const SLOW_MS = 15_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
const LOOK_MS = 1_000; // at what the server takes in
const TICK_MS = 250; // between two drawings

export type FileState =
    | 'waiting'
    | 'sending'
    | 'paused'
    | 'taking' // all is there; the server takes it in
    | 'done'
    | 'failed';

/** A file, or the part of one that a test gives. */
export interface Source {
    readonly size: number;
    readonly lastModified: number;
    slice(from: number, to: number): Blob;
}

export interface FileRow {
    readonly key: number;
    readonly name: string;
    readonly source: Source;
    readonly batch: string;
    readonly said: UploadSaid;
    state: FileState;
    upload: string;
    sent: number; // bytes that the server has on its disk
    rate: number; // bytes a second, of the last part
    words: string; // outcome, or what is wrong
}

/** What the engine needs of the server and the clock; tests give their own. */
export interface Line {
    start: (row: FileRow, sha256: string | undefined) => Promise<Upload>;
    put: (upload: string, offset: number, part: Blob, abort: AbortSignal) => Promise<number>;
    received: (upload: string) => Promise<Upload>;
    finish: (upload: string) => Promise<Upload>;
    list: () => Promise<Upload[]>;
    wait: (ms: number) => Promise<void>;
    now: () => number;
}

/** The next part's size by how long the last one took: slow lines are not cut off over and over. */
export function partSize(last: number, tookMs: number): number {
    if (tookMs < QUICK_MS) return Math.min(PART_MAX, last * 2);
    if (tookMs > SLOW_MS) return Math.max(PART_MIN, Math.floor(last / 2));
    return last;
}

const OUTCOMES: Record<string, string> = {
    new: 'taken in',
    known: 'known: the same bytes are here, seen once more',
    inherited: 'known and graded: it inherits the grade',
    seen: 'was in this batch already',
};

export function outcomeWords(u: Pick<Upload, 'state' | 'outcome'>): string {
    if (u.state === 'done') return OUTCOMES[u.outcome] ?? u.outcome;
    if (u.state === 'differs')
        return 'what came is not what was sent (its SHA-256 differs); give it up and send it again';
    return u.outcome;
}

async function hashOf(source: Source): Promise<string | undefined> {
    // One part is in memory anyway; a larger file would not fit.
    if (source.size > PART_MAX || globalThis.crypto?.subtle === undefined) return undefined;
    const bytes = await source.slice(0, source.size).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [...digest].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export class Uploader {
    rows: FileRow[] = [];
    paused = false;
    private running = 0;
    private looking = false;
    private part = PART_START;
    private nextKey = 1;
    private aborts = new Map<number, AbortController>();

    constructor(
        private readonly line: Line,
        private readonly changed: () => void,
    ) {}

    add(files: readonly { name: string; source: Source }[], batch: string, said: UploadSaid): void {
        for (const { name, source } of files) {
            const there = this.rows.find(
                (r) =>
                    r.name === name &&
                    r.batch === batch &&
                    r.source.size === source.size &&
                    r.state !== 'failed',
            );
            if (there !== undefined) continue;
            this.rows.push({
                key: this.nextKey++,
                name,
                source,
                batch,
                said,
                state: 'waiting',
                upload: '',
                sent: 0,
                rate: 0,
                words: '',
            });
        }
        this.changed();
        this.go();
    }

    /** Files that are not safe on the server yet. */
    get unsent(): number {
        return this.rows.filter((r) => r.state !== 'done' && r.state !== 'failed').length;
    }

    pause(): void {
        this.paused = true;
        for (const abort of this.aborts.values()) abort.abort();
        for (const row of this.rows) if (row.state === 'waiting') row.state = 'paused';
        this.changed();
    }

    resume(): void {
        this.paused = false;
        for (const row of this.rows) if (row.state === 'paused') row.state = 'waiting';
        this.changed();
        this.go();
    }

    again(key: number): void {
        const row = this.rows.find((r) => r.key === key);
        if (row === undefined || row.state !== 'failed') return;
        row.state = 'waiting';
        row.words = '';
        this.changed();
        this.go();
    }

    /** Forget what ended, or everything: the list holds names. */
    clear(what: 'ended' | 'all'): void {
        if (what === 'all') this.pause();
        this.rows =
            what === 'all'
                ? []
                : this.rows.filter((r) => r.state !== 'done' && r.state !== 'failed');
        this.changed();
    }

    private go(): void {
        while (!this.paused && this.running < AT_ONCE) {
            const row = this.rows.find((r) => r.state === 'waiting');
            if (row === undefined) return;
            row.state = 'sending';
            this.running++;
            void this.send(row).finally(() => {
                this.running--;
                this.aborts.delete(row.key);
                this.changed();
                this.go();
            });
        }
    }

    private async send(row: FileRow): Promise<void> {
        for (let tries = 0; ; tries++) {
            try {
                await this.sendAll(row);
                return;
            } catch (problem) {
                if (this.paused || !this.rows.includes(row)) {
                    row.state = 'paused';
                    return;
                }
                const again = problem instanceof ApiProblem && problem.undecided;
                if (!again || tries >= RETRY_MS.length) {
                    row.state = 'failed';
                    row.words = sentence(problem);
                    return;
                }
                row.words = 'No answer; trying again.';
                this.changed();
                await this.line.wait(RETRY_MS[tries] ?? 0);
            }
        }
    }

    private async sendAll(row: FileRow): Promise<void> {
        if (row.source.size === 0) throw new Error('This file is empty; it has no bytes to keep.');
        const begun = await this.line.start(row, await hashOf(row.source));
        row.upload = begun.upload;
        row.sent = begun.received;
        row.words = begun.received > 0 ? 'Goes on where it stopped.' : '';
        while (row.sent < row.source.size) {
            if (this.paused) throw new Error('paused');
            await this.sendPart(row);
        }
        await this.line.finish(row.upload);
        row.state = 'taking';
        row.words = '';
        void this.look();
    }

    private async sendPart(row: FileRow): Promise<void> {
        const abort = new AbortController();
        this.aborts.set(row.key, abort);
        const left = row.source.size - row.sent;
        // A rest below the least part goes along with this one.
        const size = left - this.part < PART_MIN ? Math.min(left, PART_MAX) : this.part;
        const start = this.line.now();
        try {
            row.sent = await this.line.put(
                row.upload,
                row.sent,
                row.source.slice(row.sent, row.sent + size),
                abort.signal,
            );
        } catch (problem) {
            if (!(problem instanceof ApiProblem) || problem.status !== 409) throw problem;
            const now = await this.line.received(row.upload); // the lost answer of a part
            if (now.state !== 'open') throw problem;
            row.sent = now.received;
        }
        const took = this.line.now() - start;
        row.rate = Math.round((size * 1000) / Math.max(took, 1));
        this.part = partSize(this.part, took);
        this.changed();
    }

    /** Ask what became of the files that are there, until nothing is left to ask for. */
    private async look(): Promise<void> {
        if (this.looking) return;
        this.looking = true;
        while (this.rows.some((r) => r.state === 'taking')) {
            await this.line.wait(LOOK_MS);
            try {
                const list = new Map((await this.line.list()).map((u) => [u.upload, u]));
                for (const row of this.rows) {
                    if (row.state === 'taking') await this.settle(row, list.get(row.upload));
                }
            } catch {
                // Asked again; the server takes it in whether we ask or not.
            }
            this.changed();
        }
        this.looking = false;
    }

    private async settle(row: FileRow, listed: Upload | undefined): Promise<void> {
        const u = listed ?? (await this.line.received(row.upload));
        if (u.state === 'open' || u.state === 'finishing') return;
        row.state = u.state === 'done' ? 'done' : 'failed';
        row.words = outcomeWords(u);
    }
}

/** Drawn at most four times a second, however many parts end. */
export const drawn = signal(0);
let due = false;
function redraw(): void {
    if (due) return;
    due = true;
    setTimeout(() => {
        due = false;
        drawn.value++;
    }, TICK_MS);
}

export const uploader = new Uploader(
    {
        start: (row, sha256) =>
            api.startUpload({
                batch: row.batch,
                name: row.name,
                size: row.source.size,
                modified_ms: row.source.lastModified,
                ...(sha256 === undefined ? {} : { sha256 }),
                ...row.said,
            }),
        put: async (upload, offset, part, abort) =>
            (await api.putPart(upload, offset, part, abort)).received,
        received: api.upload,
        finish: api.finishUpload,
        list: async () => [...(await api.uploads()).uploads],
        wait: (ms) => new Promise((done) => setTimeout(done, ms)),
        now: () => performance.now(),
    },
    redraw,
);

/** Watched like other work: the page warns while files are unsent, and they pause with the session. */
export const uploadWork = {
    get unsaved(): number {
        return uploader.unsent;
    },
    async flush(): Promise<void> {},
    async stop(): Promise<void> {
        uploader.clear('all');
    },
    pause: (): void => uploader.pause(),
    resume: (): void => uploader.resume(),
};
