// The ring and the outbox: covers ahead and nothing else, order, keys, stops, retries, undo, loss.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiProblem } from '../src/api.ts';
import { type Draft, RING, type Save, TaskQueue } from '../src/queue.ts';
import type { Lease, Leases, Queue } from '../src/types.ts';
import { Clock, FakeBitmap, lease, settle } from './fixtures.ts';

type Answer = Lease | null | Error;

class Bench {
    clock = new Clock();
    stock: Lease[];
    taken: number[] = [];
    covers: FakeBitmap[] = [];
    coverless = new Set<string>();
    sent: Save[] = [];
    returned: string[] = [];
    beats: string[] = [];
    said: string[] = [];
    changes = 0;
    sendMs = 10;
    answers: ((save: Save) => Answer)[] = []; // the next answers; then: saved
    takeProblem: Error | null = null;
    lost = new Set<string>();
    private keys = 0;
    queue: TaskQueue<FakeBitmap>;

    constructor(count = 20, kind: Queue = 'grade', only?: string) {
        this.stock = Array.from({ length: count }, (_, n) => lease(n));
        this.queue = new TaskQueue<FakeBitmap>(kind, this.deps(), only);
    }

    private deps(): ConstructorParameters<typeof TaskQueue<FakeBitmap>>[1] {
        return {
            take: async (_queue, count, task): Promise<Leases> => {
                this.taken.push(count);
                if (this.takeProblem !== null) throw this.takeProblem;
                const fits = this.stock.filter((l) => task === undefined || l.task === task);
                const leases = fits.slice(0, count);
                this.stock = this.stock.filter((l) => !leases.includes(l));
                return { leases, waiting: this.stock.length };
            },
            extend: async (id) => {
                this.beats.push(id);
                if (this.lost.has(id)) throw new ApiProblem(404, 'not_found', 'no longer yours');
                return { pictures: [], expires_at: 'later' };
            },
            giveBack: async (id) => {
                this.returned.push(id);
            },
            cover: async (l) => {
                if (this.coverless.has(l.task)) throw new Error('no rendition');
                const bitmap = new FakeBitmap();
                this.covers.push(bitmap);
                return bitmap;
            },
            send: async (save) => {
                this.sent.push({ ...save });
                await new Promise<void>((done) => this.clock.after(this.sendMs, done));
                const answer = this.answers.shift()?.(save) ?? null;
                if (answer instanceof Error) throw answer;
                return answer;
            },
            newKey: () => {
                this.keys += 1;
                return `key-${this.keys}`;
            },
            now: () => this.clock.now,
            after: this.clock.after,
            changed: () => {
                this.changes += 1;
            },
            say: (words) => this.said.push(words),
        };
    }

    async start(): Promise<this> {
        this.queue.start();
        await settle();
        return this;
    }

    tasks(): string[] {
        return this.queue.items.map((i) => i.lease.task);
    }
}

const NOT: Draft = { kind: 'decide', words: 'Not listed', code: 'N', tags: [] };
const offline = (): Answer => new ApiProblem(0, 'no_answer', 'no answer');
const conflict = (): Answer => new ApiProblem(409, 'lease_lost', 'The lease ran out.');

test('the item on the screen and three ahead are leased, with their covers', async () => {
    const b = await new Bench().start();
    assert.equal(b.queue.items.length, RING);
    assert.deepEqual(b.taken, [RING]);
    assert.equal(b.covers.length, RING);
    assert.ok(b.queue.items.every((i) => i.cover instanceof FakeBitmap));
});

test('a commit shows the next item in the same turn, and tops the ring up', async () => {
    const b = await new Bench().start();
    assert.equal(b.queue.commit(NOT), true);
    assert.equal(b.queue.current?.lease.task, '1001');
    await b.clock.pass(50);
    assert.deepEqual(b.tasks(), ['1001', '1002', '1003', '1004']);
    assert.deepEqual(b.taken, [4, 1]);
    assert.equal(b.queue.unsaved, 0);
});

test('the cover of an item that left is closed once, the others stay open', async () => {
    const b = await new Bench().start();
    b.queue.commit(NOT);
    assert.deepEqual(
        b.covers.slice(0, 4).map((c) => c.closed),
        [1, 0, 0, 0],
    );
});

test('saves go out one by one, in the order of the decisions', async () => {
    const b = await new Bench().start();
    b.queue.commit(NOT);
    b.queue.commit(NOT);
    b.queue.commit(NOT);
    await settle();
    assert.equal(b.sent.length, 1);
    await b.clock.pass(100);
    assert.deepEqual(
        b.sent.map((s) => s.task),
        ['1000', '1001', '1002'],
    );
    assert.equal(new Set(b.sent.map((s) => s.key)).size, 3);
});

test('a lost answer is sent again under the same key until it is answered', async () => {
    const b = await new Bench().start();
    b.answers = [offline, () => new ApiProblem(503, 'busy', 'busy'), () => null];
    b.queue.commit(NOT);
    await b.clock.pass(4_000);
    assert.deepEqual(
        b.sent.map((s) => s.key),
        ['key-1', 'key-1', 'key-1'],
    );
    assert.equal(b.queue.unsaved, 0);
    assert.equal(b.queue.refusals.length, 0);
});

test('more than three unsaved stop the flow; nothing is lost and it goes on when saved', async () => {
    const b = await new Bench().start();
    b.sendMs = 3_000;
    for (let n = 0; n < 3; n++) assert.equal(b.queue.commit(NOT), true);
    assert.equal(b.queue.stalled, false);
    await settle();
    assert.equal(b.queue.commit(NOT), true);
    assert.equal(b.queue.stalled, true);
    await settle();
    assert.equal(b.queue.commit(NOT), false);
    assert.equal(b.queue.unsaved, 4);
    await b.clock.pass(3_100);
    assert.equal(b.queue.stalled, false);
    assert.equal(b.queue.commit(NOT), true);
    await b.clock.pass(20_000);
    assert.equal(b.sent.length, 5);
});

test('five seconds without an answer stop the flow, and the screen is told', async () => {
    const b = await new Bench().start();
    b.sendMs = 60_000;
    b.queue.commit(NOT);
    await b.clock.pass(4_999);
    assert.equal(b.queue.stalled, false);
    const before = b.changes;
    await b.clock.pass(1);
    assert.equal(b.queue.stalled, true);
    assert.ok(b.changes > before);
    assert.equal(b.queue.undo(), false);
});

test('a refused save is named and the next one goes out', async () => {
    const b = await new Bench().start();
    b.answers = [conflict];
    b.queue.commit(NOT);
    b.queue.commit(NOT);
    await b.clock.pass(100);
    assert.deepEqual(
        b.queue.refusals.map((r) => [r.task, r.words, r.why]),
        [['1000', 'Not listed', 'The lease ran out.']],
    );
    assert.equal(b.sent.length, 2);
    b.queue.dismissRefusals();
    assert.equal(b.queue.refusals.length, 0);
});

test('undo goes out after what is on its way, and its item comes back in front, covered', async () => {
    const b = await new Bench().start();
    b.queue.commit(NOT);
    b.answers = [() => null, () => ({ ...lease(77), code: 'N', tags: ['size:big'] })];
    assert.equal(b.queue.undo(), true);
    assert.equal(b.queue.undoing, true);
    assert.equal(b.queue.commit(NOT), false);
    await b.clock.pass(100);
    assert.deepEqual(
        b.sent.map((s) => s.kind),
        ['decide', 'undo'],
    );
    assert.equal(b.queue.current?.lease.task, '1077');
    assert.equal(b.queue.current?.code, 'N');
    assert.deepEqual(b.queue.current?.tags, ['size:big']);
    assert.equal(b.queue.current?.shownMs, null);
    assert.ok(b.queue.current?.cover instanceof FakeBitmap);
    assert.equal(b.tasks()[1], '1001');
});

test('the guard starts anew for an item that was pushed back by an undo', async () => {
    const b = await new Bench().start();
    const first = b.queue.current;
    assert.ok(first);
    b.queue.painted(first);
    b.answers = [() => lease(77)];
    b.queue.undo();
    await b.clock.pass(100);
    assert.equal(first.shownMs, null);
});

test('a hundred undos return a hundred items', async () => {
    const b = await new Bench(0).start();
    for (let n = 0; n < 100; n++) {
        b.answers = [() => lease(500 + n)];
        assert.equal(b.queue.undo(), true);
        await b.clock.pass(100);
        assert.equal(b.queue.current?.lease.task, String(1500 + n));
        assert.ok(b.queue.current?.cover instanceof FakeBitmap);
    }
});

test('nothing to take back is said, not shown as a lost save', async () => {
    const b = await new Bench().start();
    b.answers = [() => new ApiProblem(404, 'nothing', 'There is nothing to take back.')];
    b.queue.undo();
    await b.clock.pass(100);
    assert.deepEqual(b.said, ['There is nothing to take back.']);
    assert.equal(b.queue.refusals.length, 0);
});

test('when the session is gone saves wait, and go on with the same keys', async () => {
    const b = await new Bench().start();
    b.answers = [() => new ApiProblem(401, 'signed_out', 'Sign in.')];
    b.queue.commit(NOT);
    await b.clock.pass(60_000);
    assert.equal(b.sent.length, 1);
    assert.equal(b.queue.unsaved, 1);
    b.queue.resume();
    await b.clock.pass(100);
    assert.deepEqual(
        b.sent.map((s) => s.key),
        ['key-1', 'key-1'],
    );
    assert.equal(b.queue.unsaved, 0);
});

test('a cover that cannot be made leaves a tile, and the item can be decided', async () => {
    const b = new Bench();
    b.coverless.add('1000');
    await b.start();
    assert.equal(b.queue.current?.cover, 'missing');
    assert.equal(b.queue.commit(NOT), true);
});

test('an empty queue says so and is asked again', async () => {
    const b = await new Bench(0).start();
    assert.equal(b.queue.waiting, 0);
    assert.equal(b.queue.current, null);
    b.stock = [lease(5)];
    await b.clock.pass(20_000);
    assert.deepEqual(b.tasks(), ['1005']);
});

test('why no task can be had is kept in words, and cleared when one can', async () => {
    const b = new Bench();
    b.takeProblem = new ApiProblem(403, 'authorisation', 'No authorisation is in force.');
    await b.start();
    assert.equal(b.queue.problem, 'No authorisation is in force.');
    b.takeProblem = null;
    await b.clock.pass(20_000);
    assert.equal(b.queue.problem, '');
    assert.equal(b.queue.items.length, RING);
});

test('an answer that brings nothing new does not ask without end', async () => {
    const b = await new Bench(2).start();
    await b.clock.pass(1_000);
    assert.ok(b.taken.length <= 2, `${b.taken.length} requests`);
});

test('stopping gives back what is held and closes its covers; unsaved work goes on', async () => {
    const b = await new Bench().start();
    b.sendMs = 100;
    b.queue.commit(NOT);
    await settle();
    const held = b.queue.items.length;
    await b.queue.stop();
    assert.equal(b.returned.length, held);
    assert.ok(b.covers.every((c) => c.closed === 1));
    let drained = false;
    void b.queue.flush().then(() => {
        drained = true;
    });
    await settle();
    assert.equal(drained, false);
    await b.clock.pass(200);
    assert.equal(drained, true);
    assert.equal(b.queue.unsaved, 0);
});

test('tasks that arrive after stopping go back at once', async () => {
    const b = new Bench();
    b.queue.start();
    await b.queue.stop();
    await settle();
    assert.equal(b.returned.length, RING);
    assert.equal(b.queue.items.length, 0);
});

test('leases are extended only while somebody is there', async () => {
    const b = await new Bench(4).start();
    await b.clock.pass(300_000);
    assert.equal(b.beats.length, 4);
    await b.clock.pass(300_000);
    assert.equal(b.beats.length, 4);
    b.queue.touch();
    await b.clock.pass(300_000);
    assert.equal(b.beats.length, 8);
});

test('a task that is no longer mine leaves the screen and is named', async () => {
    const b = await new Bench(4).start();
    b.lost.add(lease(1).lease);
    await b.clock.pass(300_000);
    assert.deepEqual(b.tasks(), ['1000', '1002', '1003']);
    assert.equal(b.queue.refusals[0]?.task, '1001');
});

test('one task asked for is one task handed out', async () => {
    const b = await new Bench(20, 'later', '1007').start();
    assert.deepEqual(b.tasks(), ['1007']);
    b.queue.commit(NOT);
    await b.clock.pass(60_000);
    assert.deepEqual(b.taken, [1]);
    assert.equal(b.queue.current, null);
});

test('a draft carries its code, tags, note and reason', async () => {
    const b = await new Bench().start();
    b.queue.commit({ kind: 'escalate', words: 'Escalated', reason: 4, note: 'why' });
    await b.clock.pass(100);
    const save = b.sent[0];
    assert.deepEqual(
        [save?.kind, save?.reason, save?.note, save?.code],
        ['escalate', 4, 'why', ''],
    );
    assert.equal(b.queue.last?.words, 'Escalated');
});
