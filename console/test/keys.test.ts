// Keys as a table: each press in each mode, what is ignored, the guard, and the printed help.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    type Act,
    actOf,
    type Cap,
    conflicts,
    GUARD_MS,
    helpOf,
    holdOf,
    keyWords,
    type Mode,
    opensTags,
    releaseOf,
    type Situation,
    type Stroke,
    VERBS,
} from '../src/keys.ts';
import { SCHEME } from './fixtures.ts';

const ALL: readonly Cap[] = ['undo', 'later', 'second', 'escalate', 'names'];

function stroke(key: string, more: Partial<Stroke> = {}): Stroke {
    return {
        key,
        ctrl: false,
        alt: false,
        meta: false,
        shift: false,
        repeat: false,
        inText: false,
        onButton: false,
        ...more,
    };
}

function at(mode: Mode, more: Partial<Situation> = {}): Situation {
    return {
        mode,
        scheme: SCHEME,
        code: null,
        row: 0,
        caps: ALL,
        shownMs: 0,
        nowMs: 1_000,
        ...more,
    };
}

const verb = (name: string): Act => ({ do: 'verb', verb: name }) as Act;

const TABLE: [Mode, string, Act | null][] = [
    ['grade', '1', { do: 'grade', code: 'R1' }],
    ['grade', '9', { do: 'grade', code: 'N' }],
    ['grade', '5', null],
    ['grade', 'z', verb('undo')],
    ['grade', 'Z', verb('undo')],
    ['grade', 'Backspace', verb('undo')],
    ['grade', 'l', verb('later')],
    ['grade', 's', verb('second')],
    ['grade', 'x', verb('escalate')],
    ['grade', 'n', verb('note')],
    ['grade', 't', verb('tags')],
    ['grade', 'i', verb('info')],
    ['grade', '?', verb('guidance')],
    ['grade', 'b', verb('break')],
    ['grade', 'Enter', verb('commit')],
    ['grade', 'q', null],
    ['grade', 'Tab', null],
    ['grade', 'c', null],
    ['grade', 'f', null],
    ['tags', 'q', { do: 'tag', tag: 'size:big', row: 0 }],
    ['tags', 'Q', { do: 'tag', tag: 'size:big', row: 0 }],
    ['tags', 'a', { do: 'tag', tag: 'side:left', row: 1 }],
    ['tags', 's', { do: 'tag', tag: 'side:right', row: 1 }],
    ['tags', 'u', { do: 'tag', tag: 'size:unclear', row: 0 }],
    ['tags', 'z', null],
    ['tags', 'l', null],
    ['tags', 'x', null],
    ['tags', 'b', null],
    ['tags', 'Backspace', null],
    ['tags', '9', { do: 'grade', code: 'N' }],
    ['tags', 'Enter', verb('commit')],
    ['tags', 'Tab', verb('leave_tags')],
    ['tags', '/', verb('find')],
    ['tags', '=', verb('copy')],
    ['tags', 'ArrowUp', verb('row_up')],
    ['tags', 'ArrowDown', verb('row_down')],
    ['tags', '?', verb('guidance')],
    ['escalate', '1', { do: 'reason', reason: 1 }],
    ['escalate', '6', { do: 'reason', reason: 6 }],
    ['escalate', '7', null],
    ['escalate', '0', null],
    ['escalate', 'x', verb('escalate')],
    ['escalate', 'Enter', null],
    ['info', 'Enter', verb('show_names')],
    ['info', 'i', verb('info')],
    ['info', '1', null],
    ['guidance', '?', verb('guidance')],
    ['guidance', '9', null],
    ['note', '9', null],
    ['find', 'q', null],
];

for (const [mode, key, act] of TABLE)
    test(`in mode ${mode}, ${keyWords(key)} ${act === null ? 'does nothing' : JSON.stringify(act)}`, () => {
        assert.deepEqual(actOf(stroke(key), at(mode)), act);
    });

test('a letter that two groups have means the active group', () => {
    assert.deepEqual(actOf(stroke('u'), at('tags', { row: 1 })), {
        do: 'tag',
        tag: 'side:unclear',
        row: 1,
    });
});

test('a key without a value never sets the value that has no key', () => {
    assert.equal(actOf(stroke(''), at('tags')), null);
});

for (const how of ['repeat', 'ctrl', 'alt', 'meta', 'inText'] as const)
    test(`nothing happens with ${how}`, () => {
        for (const [mode, key] of TABLE)
            assert.equal(actOf(stroke(key, { [how]: true }), at(mode)), null);
        for (const key of [' ', 'f', 'c'])
            assert.equal(holdOf(stroke(key, { [how]: true }), 'grade'), null);
    });

test('Space and Enter on a button belong to the button, other keys do not', () => {
    assert.equal(holdOf(stroke(' ', { onButton: true }), 'grade'), null);
    assert.equal(actOf(stroke('Enter', { onButton: true }), at('tags')), null);
    assert.deepEqual(actOf(stroke('9', { onButton: true }), at('grade')), {
        do: 'grade',
        code: 'N',
    });
});

test('a grade within the guard after the item changed is dropped and announced', () => {
    const soon = at('grade', { shownMs: 1_000, nowMs: 1_000 + GUARD_MS - 1 });
    assert.equal(actOf(stroke('9'), soon)?.do, 'say');
    const late = at('grade', { shownMs: 1_000, nowMs: 1_000 + GUARD_MS });
    assert.deepEqual(actOf(stroke('9'), late), { do: 'grade', code: 'N' });
});

test('an item that is not on the screen yet cannot be graded', () => {
    assert.equal(actOf(stroke('9'), at('grade', { shownMs: null }))?.do, 'say');
});

test('the guard holds back grades only', () => {
    assert.deepEqual(
        actOf(stroke('z'), at('grade', { shownMs: 1_000, nowMs: 1_001 })),
        verb('undo'),
    );
});

test('a verb that this queue has no use for is said, not done', () => {
    for (const key of ['z', 'l', 's', 'x'])
        assert.equal(actOf(stroke(key), at('grade', { caps: [] }))?.do, 'say');
    assert.equal(actOf(stroke('Enter'), at('info', { caps: [] }))?.do, 'say');
});

test('Space, F, A and C are held in grade mode; of them only Space in tag mode', () => {
    assert.equal(holdOf(stroke(' '), 'grade'), 'sharp');
    assert.equal(holdOf(stroke('F'), 'grade'), 'full');
    assert.equal(holdOf(stroke('a'), 'grade'), 'sheet');
    assert.equal(holdOf(stroke('c'), 'grade'), 'colour');
    assert.equal(holdOf(stroke(' '), 'tags'), 'sharp');
    assert.equal(holdOf(stroke('f'), 'tags'), null);
    assert.equal(holdOf(stroke('a'), 'tags'), null);
    assert.equal(holdOf(stroke('c'), 'tags'), null);
});

test('no held key works in a panel or a text field', () => {
    for (const mode of ['find', 'escalate', 'note', 'info', 'guidance'] as const)
        assert.equal(holdOf(stroke(' '), mode), null);
});

test('a release counts in every mode and with caps lock', () => {
    assert.equal(releaseOf('F'), 'full');
    assert.equal(releaseOf(' '), 'sharp');
    assert.equal(releaseOf('g'), null);
});

test('a code opens the tags only if the scheme says so', () => {
    assert.equal(opensTags(SCHEME, 'R1'), true);
    assert.equal(opensTags(SCHEME, 'N'), false);
    assert.equal(opensTags(SCHEME, 'unknown'), false);
});

test('a scheme key that a fixed verb has is reported, and the verb wins', () => {
    assert.deepEqual(conflicts(SCHEME), ['Z (Clash)']);
    assert.deepEqual(actOf(stroke('z'), at('grade')), verb('undo'));
});

test('no key has two meanings in one mode', () => {
    const seen = new Set<string>();
    for (const row of VERBS)
        for (const mode of row.modes)
            for (const key of row.keys) {
                assert.ok(!seen.has(`${mode} ${key}`), `${mode} ${key} twice`);
                seen.add(`${mode} ${key}`);
            }
});

test('the help prints every verb, every code and the keys that work everywhere', () => {
    const words = JSON.stringify(helpOf(SCHEME, ALL));
    for (const row of VERBS) assert.ok(words.includes(row.says), row.says);
    for (const code of SCHEME.codes) assert.ok(words.includes(code.label));
    assert.ok(words.includes('Esc Esc'));
});

test('the help leaves out what this queue cannot do', () => {
    assert.ok(!JSON.stringify(helpOf(SCHEME, [])).includes('Later'));
    assert.equal(helpOf(null, []).length, 1);
});
