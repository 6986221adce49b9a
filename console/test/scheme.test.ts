// The rules of a decision as the console knows them before it asks the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    brokenRule,
    findCode,
    findValues,
    missingGroups,
    readScheme,
    tagWords,
    toggleTag,
    whyNotReady,
} from '../src/scheme.ts';
import { FILE, SCHEME } from './fixtures.ts';

const round = findCode(SCHEME, 'R1');
assert.ok(round);

test('a scheme file is read whole', () => {
    assert.equal(SCHEME.codes.length, FILE.codes.length);
    assert.equal(SCHEME.groups[1]?.values[3]?.key, '');
    assert.deepEqual(SCHEME.groups[0]?.values[0]?.synonyms, ['large']);
});

test('anything but plain hex never becomes a style', () => {
    assert.match(findCode(SCHEME, 'N')?.colour ?? '', /^#[0-9a-f]{6}$/);
    const evil = readScheme({ codes: [{ code: 'x', colour: 'red;background:url(//x)' }] });
    assert.match(evil.codes[0]?.colour ?? '', /^#[0-9a-f]{6}$/);
});

test('garbage makes an empty scheme, not an exception', () => {
    for (const bad of [null, 7, 'x', [], { codes: 'x', groups: [null], rules: {} }])
        assert.equal(readScheme(bad).codes.length, 0);
});

test('required groups make a code open the tags even if it does not say so', () => {
    const s = readScheme({ codes: [{ code: 'x', required_groups: ['g'] }] });
    assert.equal(s.codes[0]?.tags, true);
});

test('an exclusive group keeps one value, a multiple one keeps all', () => {
    assert.deepEqual(toggleTag(SCHEME, ['size:big'], 'size:small'), ['size:small']);
    assert.deepEqual(toggleTag(SCHEME, ['side:left'], 'side:right'), ['side:left', 'side:right']);
});

test('a tag that is set is cleared, and an unknown one changes nothing', () => {
    assert.deepEqual(toggleTag(SCHEME, ['size:big', 'side:left'], 'size:big'), ['side:left']);
    assert.deepEqual(toggleTag(SCHEME, ['size:big'], 'nope:nope'), ['size:big']);
});

test('missing groups come in the order of the scheme', () => {
    const names = (tags: string[]): string[] =>
        missingGroups(SCHEME, round, tags).map((g) => g.group);
    assert.deepEqual(names([]), ['size', 'side']);
    assert.deepEqual(names(['side:left']), ['size']);
    assert.deepEqual(names(['side:left', 'size:big']), []);
});

test('the first missing group is named before a broken rule', () => {
    assert.equal(whyNotReady(SCHEME, round, []), 'Set "Size" first.');
    assert.equal(
        whyNotReady(SCHEME, round, ['size:unclear', 'side:left']),
        'a round one has a size',
    );
    assert.equal(whyNotReady(SCHEME, round, ['size:big', 'side:left']), null);
});

test('a rule is broken only when both of its sides are chosen', () => {
    assert.equal(brokenRule(SCHEME, 'N', ['size:unclear']), null);
    assert.equal(brokenRule(SCHEME, 'R1', ['size:unclear']), 'a round one has a size');
});

test('tags have words; an unknown tag shows itself', () => {
    assert.equal(tagWords(SCHEME, 'size:big'), 'Size: Big');
    assert.equal(tagWords(SCHEME, 'x:y'), 'x:y');
});

test('type-ahead finds labels and synonyms, whole beginnings first', () => {
    assert.equal(findValues(SCHEME, 'la')[0]?.value.tag, 'big');
    assert.equal(findValues(SCHEME, ' LEFT ')[0]?.value.tag, 'left');
    const order = findValues(SCHEME, 'l').map((h) => h.value.tag);
    assert.deepEqual(order.slice(0, 2), ['big', 'left']);
    assert.deepEqual(findValues(SCHEME, '  '), []);
    assert.equal(findValues(SCHEME, 'e', 1).length, 1);
});
