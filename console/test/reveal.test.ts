// Seeing by will: what each held key asks for, that release covers, and that every view is ended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LATCH_MS, Reveal, wanted } from '../src/reveal.ts';
import type { Rendition, Ticket } from '../src/types.ts';
import { Clock, FakeBitmap, settle } from './fixtures.ts';

const SHARP: Rendition[] = ['small_grey', 'small_colour', 'full_grey', 'full_colour'];

class Bench {
    clock = new Clock();
    log: string[] = [];
    bitmaps: FakeBitmap[] = [];
    shows: string = 'cover';
    netMs = 20; // how long a picture takes
    refuse = new Set<string>(); // tickets that have run out
    private views = 0;
    private fresh = 0;
    reveal = new Reveal<FakeBitmap>({
        fetch: async (ticket, abort) => {
            this.log.push(`fetch ${ticket}`);
            await new Promise<void>((done, failed) => {
                this.clock.after(this.netMs, done);
                abort.addEventListener('abort', () => failed(new Error('aborted')));
            });
            if (this.refuse.has(ticket)) throw new Error('gone');
            this.views += 1;
            return { blob: new Blob([ticket]), view: `v${this.views}` };
        },
        decode: async () => {
            const bitmap = new FakeBitmap();
            this.bitmaps.push(bitmap);
            return bitmap;
        },
        tickets: async (_lease, renditions) => {
            this.fresh += 1;
            const pictures = renditions.map((r) => ticket(r, `${r}+${this.fresh}`));
            this.log.push(`tickets ${renditions.join()}`);
            return { pictures, expires_at: '' };
        },
        endView: (view, ms) => this.log.push(`end ${view} ${ms}`),
        paint: (_bitmap, rendition) => {
            this.shows = rendition;
        },
        cover: () => {
            this.shows = 'cover';
        },
        trouble: (words) => this.log.push(`trouble ${words}`),
        now: () => this.clock.now,
        after: this.clock.after,
    });

    constructor() {
        this.reveal.setItem(
            'lease',
            SHARP.map((r) => ticket(r, r)),
        );
    }

    ends(): string[] {
        return this.log.filter((l) => l.startsWith('end '));
    }

    fetches(): string[] {
        return this.log.filter((l) => l.startsWith('fetch '));
    }
}

function ticket(rendition: Rendition, name: string): Ticket {
    return { rendition, ticket: name, width: 1, height: 1 };
}

test('held keys name one rendition each, and colour alone names none', () => {
    const rows: [string, Rendition | null][] = [
        ['', null],
        ['colour', null],
        ['sharp', 'small_grey'],
        ['sharp colour', 'small_colour'],
        ['full', 'full_grey'],
        ['full colour', 'full_colour'],
        ['sharp full', 'full_grey'],
        ['sharp full colour', 'full_colour'],
        ['sheet', 'sheet_grey'],
        ['full sheet colour', 'sheet_colour'],
    ];
    for (const [held, rendition] of rows) {
        const has = (k: string): boolean => held.split(' ').includes(k);
        assert.equal(
            wanted({
                sharp: has('sharp'),
                full: has('full'),
                sheet: has('sheet'),
                colour: has('colour'),
            }),
            rendition,
        );
    }
});

test('the sheet of all pictures is held like any other, and said not to be where it is not', async () => {
    const b = new Bench();
    b.reveal.press('sheet');
    await b.clock.pass(50);
    assert.deepEqual(b.log, ['trouble This file shows one picture only.']);
    b.reveal.release('sheet');
    b.log = [];
    const all: Rendition[] = [...SHARP, 'sheet_grey', 'sheet_colour'];
    b.reveal.setItem(
        'lease',
        all.map((r) => ticket(r, r)),
    );
    b.reveal.press('sheet');
    await b.clock.pass(20);
    assert.equal(b.shows, 'sheet_grey');
    await b.clock.pass(300);
    b.reveal.release('sheet');
    assert.equal(b.shows, 'cover');
    await b.clock.pass(1_000);
    assert.deepEqual(b.fetches(), ['fetch sheet_grey']);
    assert.deepEqual(b.ends(), ['end v1 300']);
});

test('nothing is fetched before a key is held', async () => {
    const b = new Bench();
    await b.clock.pass(5_000);
    assert.deepEqual(b.log, []);
});

test('Space shows the sharp picture while held, by one request, and covers on release', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    assert.deepEqual(b.log, ['fetch small_grey']);
    await b.clock.pass(20);
    assert.equal(b.shows, 'small_grey');
    await b.clock.pass(500);
    b.reveal.release('sharp');
    assert.equal(b.shows, 'cover');
    await b.clock.pass(1_000);
    assert.deepEqual(b.ends(), ['end v1 500']);
    assert.equal(b.bitmaps[0]?.closed, 1);
});

test('a new ticket is fetched behind, so that the next press is one request again', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(600);
    b.reveal.release('sharp');
    await b.clock.pass(1_000);
    assert.deepEqual(
        b.log.filter((l) => l.startsWith('tickets')),
        ['tickets small_grey'],
    );
    b.reveal.press('sharp');
    assert.equal(b.fetches()[1], 'fetch small_grey+1');
});

test('a picture that arrives after release is never painted, and its view ends with nought', async () => {
    const b = new Bench();
    b.netMs = 900;
    b.reveal.press('sharp');
    await b.clock.pass(300);
    b.reveal.release('sharp');
    await b.clock.pass(2_000);
    assert.equal(b.shows, 'cover');
    assert.deepEqual(b.ends(), ['end v1 0']);
    assert.equal(b.bitmaps.length, 0);
});

test('colour goes on and off during one hold, each sent once and timed apart', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(120);
    b.reveal.press('colour');
    assert.equal(b.shows, 'small_grey');
    await b.clock.pass(20);
    assert.equal(b.shows, 'small_colour');
    await b.clock.pass(80);
    b.reveal.release('colour');
    assert.equal(b.shows, 'small_grey');
    await b.clock.pass(100);
    b.reveal.release('sharp');
    await b.clock.pass(1_000);
    assert.equal(b.fetches().length, 2);
    assert.deepEqual(b.ends(), ['end v1 220', 'end v2 80']);
});

test('F alone shows the full size', async () => {
    const b = new Bench();
    b.reveal.press('full');
    await b.clock.pass(20);
    assert.equal(b.shows, 'full_grey');
    b.reveal.release('full');
    assert.equal(b.shows, 'cover');
});

test('two taps latch by one view; without input it covers after twenty seconds', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(80);
    b.reveal.release('sharp');
    await b.clock.pass(100);
    b.reveal.press('sharp');
    await b.clock.pass(80);
    b.reveal.release('sharp');
    assert.equal(b.reveal.isLatched, true);
    assert.equal(b.shows, 'small_grey');
    assert.equal(b.fetches().length, 1);
    await b.clock.pass(LATCH_MS - 1);
    assert.equal(b.shows, 'small_grey');
    await b.clock.pass(1);
    assert.equal(b.shows, 'cover');
    assert.equal(b.reveal.isLatched, false);
    assert.equal(b.ends().length, 1);
});

test('input starts the twenty seconds again', async () => {
    const b = new Bench();
    b.reveal.toggleLatch();
    await b.clock.pass(LATCH_MS - 100);
    b.reveal.touch();
    await b.clock.pass(LATCH_MS - 100);
    assert.equal(b.shows, 'small_grey');
    await b.clock.pass(100);
    assert.equal(b.shows, 'cover');
});

test('Space on a latched picture covers it', async () => {
    const b = new Bench();
    b.reveal.toggleLatch();
    await b.clock.pass(50);
    b.reveal.press('sharp');
    assert.equal(b.shows, 'cover');
    b.reveal.release('sharp');
    await b.clock.pass(500);
    assert.equal(b.reveal.isLatched, false);
    assert.equal(b.fetches().length, 1);
});

test('a long press does not latch, and a tap after it neither', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(800);
    b.reveal.release('sharp');
    await b.clock.pass(50);
    b.reveal.press('sharp');
    await b.clock.pass(50);
    b.reveal.release('sharp');
    assert.equal(b.reveal.isLatched, false);
    assert.equal(b.shows, 'cover');
});

test('covering at once stops the fetch, closes all and forgets held keys', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(100);
    b.reveal.press('full');
    b.reveal.coverNow();
    assert.equal(b.shows, 'cover');
    assert.equal(b.bitmaps[0]?.closed, 1);
    await b.clock.pass(1_000);
    assert.equal(b.shows, 'cover');
    assert.deepEqual(b.ends(), ['end v1 80']);
    assert.ok(!b.log.some((l) => l.startsWith('trouble')));
    b.reveal.release('sharp');
    assert.equal(b.shows, 'cover');
});

test('the next item starts covered though the key is still down', async () => {
    const b = new Bench();
    b.reveal.press('sharp');
    await b.clock.pass(100);
    b.reveal.setItem('next', [ticket('small_grey', 'next')]);
    await b.clock.pass(1_000);
    assert.equal(b.shows, 'cover');
    assert.equal(b.fetches().length, 1);
});

test('a picture of the item before is not painted over the next', async () => {
    const b = new Bench();
    b.netMs = 500;
    b.reveal.press('sharp');
    await b.clock.pass(100);
    b.reveal.setItem('next', [ticket('small_grey', 'next')]);
    b.netMs = 5_000;
    b.reveal.press('sharp');
    await b.clock.pass(1_000);
    assert.equal(b.shows, 'cover');
});

test('a ticket that has run out is replaced once', async () => {
    const b = new Bench();
    b.refuse.add('small_grey');
    b.reveal.press('sharp');
    await b.clock.pass(50);
    assert.equal(b.shows, 'small_grey');
    assert.deepEqual(b.fetches(), ['fetch small_grey', 'fetch small_grey+1']);
});

test('a picture that cannot be had is said, and stays covered', async () => {
    const b = new Bench();
    b.refuse.add('small_grey');
    b.refuse.add('small_grey+1');
    b.reveal.press('sharp');
    await b.clock.pass(100);
    assert.equal(b.shows, 'cover');
    assert.equal(b.log.filter((l) => l.startsWith('trouble')).length, 1);
});

test('nobody who let go meanwhile is sent a picture by a new ticket', async () => {
    const b = new Bench();
    b.reveal.setItem('lease', []);
    b.refuse.add('none');
    b.reveal.press('sharp');
    b.reveal.coverNow();
    await settle();
    await b.clock.pass(1_000);
    assert.deepEqual(b.fetches(), []);
});
