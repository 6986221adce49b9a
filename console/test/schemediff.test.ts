// What a new scheme version changes is told in sentences, and nothing is left out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemeChanges } from '../src/schemediff.ts';
import { partOf } from '../src/state.ts';

const code = (name: string, more: object = {}) => ({
    code: name,
    label: `Label ${name}`,
    legal: 'Act 1',
    outcome: 'illegal',
    rank: 1,
    listed: true,
    key: '1',
    mark: name,
    colour: '#112233',
    ...more,
});

const scheme = (more: object = {}) => ({
    name: 'made-up',
    label: 'Made up',
    version: 1,
    kind: 'training',
    codes: [code('A'), code('B')],
    groups: [
        {
            group: 'light',
            label: 'Light',
            multiple: false,
            values: [{ tag: 'day', label: 'Day', key: 'd' }],
        },
    ],
    rules: [{ when: 'A', forbids: 'light:day', reason: 'made up' }],
    ...more,
});

test('the same scheme under another version changes nothing that grades', () => {
    assert.deepEqual(schemeChanges(scheme(), scheme({ version: 2 })), []);
});

test('codes that come, go and change are each told', () => {
    const is = scheme({ codes: [code('A', { listed: false, label: 'Other' }), code('C')] });
    assert.deepEqual(schemeChanges(scheme(), is), [
        'Code B (Label B) is taken away.',
        'Code A: label was Label A, is Other.',
        'Code A: goes on lists was true, is false.',
        'Code C (Label C) is new.',
    ]);
});

test('a value of a group, its key, and a rule are told', () => {
    const values = [
        { tag: 'day', label: 'Day', key: 'y' },
        { tag: 'night', label: 'Night', key: 'n' },
    ];
    const groups = [{ group: 'light', label: 'Light', multiple: true, values }];
    assert.deepEqual(schemeChanges(scheme(), scheme({ groups, rules: [] })), [
        'Group light: several values was false, is true.',
        'Group light: value day: key was d, is y.',
        'Group light: value night (Night) is new.',
        'Rule “A forbids light:day (made up)” is taken away.',
    ]);
});

test('an address names an item by its id and nothing else', () => {
    assert.equal(partOf('#/item/123'), '123');
    assert.equal(partOf('#/record/0'), '0');
    for (const hash of ['#/item', '#/item/', '#/item/12a', '#/item/1/2', '#/item/../x', ''])
        assert.equal(partOf(hash), '');
});
