// The upload engine against a server made of a Map: parts, cuts, pauses, and what is said at the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiProblem } from '../src/api.ts';
import type { Upload } from '../src/types.ts';
import { type Line, PART_MAX, PART_MIN, partSize, Uploader } from '../src/upload.ts';

const SIZE = 5 * 1024 * 1024 + 17;

function source(size: number) {
    return new File([new Uint8Array(size)], 'name', { lastModified: 7 });
}

function fake(cut: (puts: number) => 'good' | 'lost' | 'cut' = () => 'good') {
    const there = { received: 0, state: 'open', puts: 0, finished: 0, sizes: [] as number[] };
    const answer = (): Upload =>
        ({ upload: '7', received: there.received, state: there.state, outcome: 'new' }) as Upload;
    const line: Line = {
        start: async () => answer(),
        put: async (_upload, offset, part, abort) => {
            if (abort.aborted) throw new ApiProblem(0, 'no_answer', 'cut');
            const how = cut(there.puts++);
            if (how === 'cut') throw new ApiProblem(0, 'no_answer', 'cut');
            if (offset !== there.received) throw new ApiProblem(409, 'state', 'other bytes');
            there.received += part.size;
            there.sizes.push(part.size);
            if (how === 'lost') throw new ApiProblem(0, 'no_answer', 'lost');
            return there.received;
        },
        received: async () => answer(),
        finish: async () => {
            there.finished++;
            there.state = 'done';
            return answer();
        },
        list: async () => [answer()],
        wait: async () => {},
        now: () => 0,
    };
    return { there, line };
}

async function settled(u: Uploader): Promise<void> {
    for (let n = 0; n < 1000 && u.rows.some((r) => !['done', 'failed'].includes(r.state)); n++)
        await new Promise((done) => setTimeout(done, 1));
}

test('a file goes in parts within the limits and ends as the server says', async () => {
    const { there, line } = fake();
    const u = new Uploader(line, () => {});
    u.add([{ name: 'a', source: source(SIZE) }], '1', {});
    await settled(u);
    assert.equal(u.rows[0]?.state, 'done');
    assert.equal(u.rows[0]?.words, 'taken in');
    assert.equal(there.received, SIZE);
    for (const size of there.sizes.slice(0, -1))
        assert.ok(size >= PART_MIN && size <= PART_MAX, String(size));
    assert.equal(u.unsent, 0);
});

test('cuts and lost answers cost nothing that was acknowledged', async () => {
    const how = ['cut', 'lost', 'good', 'lost', 'cut'] as const;
    const { there, line } = fake((n) => how[n] ?? 'good');
    const u = new Uploader(line, () => {});
    u.add([{ name: 'a', source: source(SIZE) }], '1', {});
    await settled(u);
    assert.equal(u.rows[0]?.state, 'done');
    assert.equal(there.received, SIZE);
    assert.equal(there.finished, 1);
});

test('a refusal is shown in the words of the server and can be tried again', async () => {
    const { line } = fake();
    let refuse = true;
    const start = line.start;
    line.start = async (row, sha256) => {
        if (refuse) throw new ApiProblem(413, 'too_large', 'a file of over 1 byte');
        return start(row, sha256);
    };
    const u = new Uploader(line, () => {});
    u.add([{ name: 'a', source: source(100) }], '1', {});
    await settled(u);
    assert.equal(u.rows[0]?.state, 'failed');
    assert.equal(u.rows[0]?.words, 'a file of over 1 byte');
    refuse = false;
    u.again(u.rows[0]?.key ?? 0);
    await settled(u);
    assert.equal(u.rows[0]?.state, 'done');
});

test('a pause stops sending; going on goes on', async () => {
    const { there, line } = fake();
    const u = new Uploader(line, () => {});
    u.pause();
    u.add([{ name: 'a', source: source(SIZE) }], '1', {});
    u.pause(); // files added meanwhile wait too
    await new Promise((done) => setTimeout(done, 5));
    assert.equal(there.received, 0);
    u.resume();
    await settled(u);
    assert.equal(there.received, SIZE);
});

test('the same file is not sent twice, and an empty one not at all', async () => {
    const { line } = fake();
    const u = new Uploader(line, () => {});
    u.add([{ name: 'a', source: source(100) }], '1', {});
    u.add(
        [
            { name: 'a', source: source(100) },
            { name: 'empty', source: source(0) },
        ],
        '1',
        {},
    );
    await settled(u);
    assert.equal(u.rows.length, 2);
    assert.match(u.rows[1]?.words ?? '', /empty/);
    u.clear('all');
    assert.equal(u.rows.length, 0);
});

test('parts grow on a quick line and shrink on a slow one, within the limits', () => {
    assert.equal(partSize(1024 * 1024, 100), 2 * 1024 * 1024);
    assert.equal(partSize(1024 * 1024, 5_000), 1024 * 1024);
    assert.equal(partSize(1024 * 1024, 20_000), 512 * 1024);
    assert.equal(partSize(PART_MAX, 1), PART_MAX);
    assert.equal(partSize(PART_MIN, 60_000), PART_MIN);
});
