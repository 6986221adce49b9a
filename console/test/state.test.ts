// Who may open what, the sign-in link, and when the end of a session is announced.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkToken, mayOpen, SCREENS, type Screen, screenOf, sessionEnding } from '../src/state.ts';
import { ROLES } from '../src/types.ts';

const MAY: Record<string, Screen[]> = {
    assessor: ['assess', 'later', 'shift', 'corrections', 'lots'],
    analyst: ['upload', 'intake', 'batches', 'lookup', 'lists'],
    quality: ['lots', 'reading', 'item'],
    arbiter: ['corrections', 'lots', 'third', 'item'],
    lead: [
        'shift',
        'corrections',
        'lots',
        'escalations',
        'referrals',
        'escalated',
        'intake',
        'batches',
        'release',
        'authorisations',
        'guidance',
        'schemes',
        'item',
        'record',
        'lookup',
        'lists',
    ],
    intake: ['upload', 'intake', 'batches', 'lists'],
    release: ['release'],
    welfare: [],
    compliance: [
        'referrals',
        'release',
        'authorisations',
        'guidance',
        'schemes',
        'settings',
        'keys',
        'item',
        'record',
        'lookup',
        'lists',
    ],
    admin: ['guidance', 'people', 'schemes', 'settings', 'keys', 'backups', 'lists'],
    auditor: [
        'referrals',
        'release',
        'authorisations',
        'schemes',
        'settings',
        'keys',
        'item',
        'record',
        'lookup',
        'lists',
    ],
};

for (const role of ROLES)
    test(`${role} may open home and ${MAY[role]?.join(', ') || 'nothing else'}`, () => {
        const open = SCREENS.filter((s) => mayOpen([role], s)).map((s) => s.screen);
        assert.deepEqual([...open].sort(), ['home', ...(MAY[role] ?? [])].sort());
    });

test('an administrator reaches no screen with pictures', () => {
    assert.ok(!SCREENS.some((s) => s.queue !== undefined && mayOpen(['admin'], s)));
});

test('an address that is unknown or not mine is home', () => {
    assert.equal(screenOf('#/lots', ['quality']), 'lots');
    assert.equal(screenOf('#/people', ['quality']), 'home');
    assert.equal(screenOf('#/nope', ['quality']), 'home');
    assert.equal(screenOf('', ['quality']), 'home');
});

test('a sign-in link is read only in its exact form', () => {
    assert.equal(linkToken('#link=abc_DEF-1.2~3'), 'abc_DEF-1.2~3');
    for (const bad of [
        '',
        '#link=',
        '#link=a b',
        '#link=<x>',
        '#/link=a',
        '#link=a&b',
        `#link=${'a'.repeat(201)}`,
    ])
        assert.equal(linkToken(bad), null, bad);
});

const ME = { idle_minutes: 15, ends_at: '2026-01-01T12:00:00Z' };
const NOON = Date.parse(ME.ends_at);

test('two minutes before the idle end it is announced, and not earlier', () => {
    const contact = NOON - 3_600_000;
    assert.equal(sessionEnding(ME, contact, contact + 13 * 60_000), null);
    assert.deepEqual(sessionEnding(ME, contact, contact + 13 * 60_000 + 1_000), {
        kind: 'idle',
        leftMs: 119_000,
    });
});

test('the longest life of a session ends it though somebody works', () => {
    assert.deepEqual(sessionEnding(ME, NOON - 60_000, NOON - 60_000), {
        kind: 'final',
        leftMs: 60_000,
    });
});

test('after the end nothing is left, and without a session nothing is announced', () => {
    assert.equal(sessionEnding(ME, NOON, NOON + 1_000)?.leftMs, 0);
    assert.equal(sessionEnding(null, NOON, NOON), null);
});
