// A small benign scheme, and leases to go with it.
import { readScheme, type Scheme } from '../src/scheme.ts';
import type { Lease, Ticket } from '../src/types.ts';

export const FILE = {
    name: 'training-shapes',
    label: 'Shapes',
    version: 3,
    kind: 'training',
    codes: [
        {
            code: 'R1',
            label: 'Round',
            key: '1',
            mark: 'R',
            colour: '#e05a5a',
            outcome: 'illegal',
            rank: 1,
            listed: true,
            tags: true,
            required_groups: ['size', 'side'],
        },
        {
            code: 'N',
            label: 'Not listed',
            key: '9',
            mark: 'N',
            colour: 'red',
            outcome: 'not_illegal',
        },
        { code: 'bad', label: 'Clash', key: 'z', mark: 'Z', colour: '#ffffff', outcome: 'other' },
    ],
    groups: [
        {
            group: 'size',
            label: 'Size',
            multiple: false,
            values: [
                { tag: 'big', label: 'Big', key: 'q', synonyms: ['large'] },
                { tag: 'small', label: 'Small', key: 'w' },
                { tag: 'unclear', label: 'Unclear', key: 'u' },
            ],
        },
        {
            group: 'side',
            label: 'Side',
            multiple: true,
            values: [
                { tag: 'left', label: 'Left', key: 'a' },
                { tag: 'right', label: 'Right', key: 's' },
                { tag: 'unclear', label: 'Unclear', key: 'u' },
                { tag: 'nokey', label: 'No key' },
            ],
        },
    ],
    rules: [{ when: 'R1', forbids: 'size:unclear', reason: 'a round one has a size' }],
};

export const SCHEME: Scheme = readScheme(FILE);

export function lease(n: number, pictures: Ticket[] = []): Lease {
    return {
        lease: String(n).padStart(32, '0'),
        task: String(1000 + n),
        purpose: 'grade',
        scheme: 'training-shapes',
        scheme_version: 3,
        batch: 'shapes',
        facts: 'picture',
        flags: [],
        facets: [],
        pictures,
        expires_at: '2026-01-01T00:00:00Z',
        code: null,
        tags: [],
    };
}

/** A clock and timers that move only when told to. */
export class Clock {
    now = 1_000;
    private timers: { at: number; what: () => void }[] = [];

    after = (ms: number, what: () => void): (() => void) => {
        const timer = { at: this.now + ms, what };
        this.timers.push(timer);
        return () => {
            this.timers = this.timers.filter((t) => t !== timer);
        };
    };

    /** Let this many milliseconds pass, with every timer and every promise on the way. */
    async pass(ms: number): Promise<void> {
        const end = this.now + ms;
        await settle();
        for (;;) {
            const due = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
            if (due === undefined) break;
            this.timers = this.timers.filter((t) => t !== due);
            this.now = Math.max(this.now, due.at);
            due.what();
            await settle();
        }
        this.now = end;
    }
}

/** Let every promise that can settle do so. */
export async function settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
}

export class FakeBitmap {
    closed = 0;
    close(): void {
        this.closed += 1;
    }
}
