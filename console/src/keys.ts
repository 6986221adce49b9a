// The keys of the assess screen as a table that also prints the help, and the pure function that
// turns a key press into an act. Nothing here touches the page.
import type { Scheme } from './scheme.ts';
import { findCode, tagId } from './scheme.ts';

/** A second grade so soon after a new item is a run-on press, not a judgement. */
export const GUARD_MS = 150;

export type Mode = 'grade' | 'tags' | 'find' | 'escalate' | 'note' | 'info' | 'guidance';
export type Hold = 'sharp' | 'full' | 'sheet' | 'colour';

/** What the queue at hand lets one do besides grading. */
export type Cap = 'undo' | 'later' | 'second' | 'escalate' | 'names';

export type Verb =
    | 'undo'
    | 'later'
    | 'second'
    | 'escalate'
    | 'note'
    | 'info'
    | 'tags'
    | 'guidance'
    | 'break'
    | 'commit'
    | 'copy'
    | 'find'
    | 'row_up'
    | 'row_down'
    | 'leave_tags'
    | 'show_names';

export type Act =
    | { do: 'grade'; code: string }
    | { do: 'tag'; tag: string; row: number }
    | { do: 'reason'; reason: number }
    | { do: 'verb'; verb: Verb }
    | { do: 'say'; words: string };

export interface Stroke {
    key: string;
    ctrl: boolean;
    alt: boolean;
    meta: boolean;
    shift: boolean;
    repeat: boolean;
    inText: boolean; // the press went to a text field
    onButton: boolean; // the press went to a button or link, which Space and Enter belong to
}

export interface Situation {
    mode: Mode;
    scheme: Scheme;
    code: string | null; // chosen, not saved yet
    row: number; // the active tag group
    caps: readonly Cap[];
    shownMs: number | null; // since when the item is on the screen; null: not yet
    nowMs: number;
}

interface VerbRow {
    verb: Verb;
    keys: readonly string[];
    modes: readonly Mode[];
    says: string;
    cap?: Cap;
}

export const VERBS: readonly VerbRow[] = [
    { verb: 'commit', keys: ['Enter'], modes: ['grade', 'tags'], says: 'Save and go on' },
    {
        verb: 'undo',
        keys: ['z', 'Backspace'],
        modes: ['grade'],
        says: 'Take back the last decision',
        cap: 'undo',
    },
    { verb: 'later', keys: ['l'], modes: ['grade'], says: 'Later: onto my pile', cap: 'later' },
    {
        verb: 'second',
        keys: ['s'],
        modes: ['grade'],
        says: 'Second look: to somebody else, blind',
        cap: 'second',
    },
    {
        verb: 'escalate',
        keys: ['x'],
        modes: ['grade', 'escalate'],
        says: 'Escalate, then 1 to 6 for the reason',
        cap: 'escalate',
    },
    { verb: 'note', keys: ['n'], modes: ['grade'], says: 'Note with the decision' },
    { verb: 'tags', keys: ['t'], modes: ['grade'], says: 'Back to the tags' },
    { verb: 'info', keys: ['i'], modes: ['grade', 'info'], says: 'What is known of the item' },
    {
        verb: 'show_names',
        keys: ['Enter'],
        modes: ['info'],
        says: 'Show names, paths and addresses (recorded)',
        cap: 'names',
    },
    {
        verb: 'guidance',
        keys: ['?'],
        modes: ['grade', 'tags', 'guidance'],
        says: 'Guidance of this site',
    },
    { verb: 'break', keys: ['b'], modes: ['grade'], says: 'Break now' },
    { verb: 'row_up', keys: ['ArrowUp'], modes: ['tags'], says: 'Tag group above' },
    { verb: 'row_down', keys: ['ArrowDown'], modes: ['tags'], says: 'Tag group below' },
    { verb: 'find', keys: ['/'], modes: ['tags'], says: 'Find a tag by its name' },
    { verb: 'copy', keys: ['='], modes: ['tags'], says: 'Same tags as the item before' },
    { verb: 'leave_tags', keys: ['Tab'], modes: ['tags'], says: 'Leave the tags' },
];

export const HOLDS: readonly { hold: Hold; key: string; modes: readonly Mode[]; says: string }[] = [
    { hold: 'sharp', key: ' ', modes: ['grade', 'tags'], says: 'Hold: see it sharp, small, grey' },
    { hold: 'full', key: 'f', modes: ['grade'], says: 'Hold: see it in full size' },
    {
        hold: 'sheet',
        key: 'a',
        modes: ['grade'],
        says: 'Hold: see all pictures of the file, where it has several',
    },
    { hold: 'colour', key: 'c', modes: ['grade'], says: 'Hold with Space, F or A: in colour' },
];

/** A letter means the same with and without caps lock; named keys stay as they are. */
export function keyName(key: string): string {
    return key.length === 1 ? key.toLowerCase() : key;
}

export function keyWords(key: string): string {
    const names: Record<string, string> = {
        ' ': 'Space',
        ArrowUp: 'Up',
        ArrowDown: 'Down',
        Escape: 'Esc',
    };
    return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

function ignored(s: Stroke): boolean {
    if (s.repeat || s.ctrl || s.alt || s.meta || s.inText) return true;
    return s.onButton && (s.key === ' ' || s.key === 'Enter');
}

/** The held key that this press starts, or null. */
export function holdOf(s: Stroke, mode: Mode): Hold | null {
    if (ignored(s)) return null;
    const key = keyName(s.key);
    return HOLDS.find((h) => h.key === key && h.modes.includes(mode))?.hold ?? null;
}

/** The held key that this release ends; a release always counts, whatever the mode is by now. */
export function releaseOf(key: string): Hold | null {
    return HOLDS.find((h) => h.key === keyName(key))?.hold ?? null;
}

function verbOf(key: string, s: Situation): Act | null {
    const row = VERBS.find((v) => v.keys.includes(key) && v.modes.includes(s.mode));
    if (row === undefined) return null;
    if (row.cap !== undefined && !s.caps.includes(row.cap))
        return { do: 'say', words: `${keyWords(key)} has no use here.` };
    return { do: 'verb', verb: row.verb };
}

/** The tag of this key: in the active group first, else in the one other group that has the key. */
function tagOf(key: string, s: Situation): Act | null {
    const order = [s.row, ...s.scheme.groups.keys()];
    for (const row of order) {
        const group = s.scheme.groups[row];
        const value = group?.values.find((v) => v.key !== '' && v.key === key);
        if (group !== undefined && value !== undefined)
            return { do: 'tag', tag: tagId(group, value), row };
    }
    return null;
}

function gradeOf(key: string, s: Situation): Act | null {
    const code = s.scheme.codes.find((c) => c.key === key);
    if (code === undefined) return null;
    if (s.shownMs === null)
        return { do: 'say', words: 'Not counted: the item is not on the screen yet.' };
    if (s.nowMs - s.shownMs < GUARD_MS)
        return { do: 'say', words: 'Not counted: that key came too soon after the item changed.' };
    return { do: 'grade', code: code.code };
}

/** What a key press does, or null when it does nothing. */
export function actOf(stroke: Stroke, s: Situation): Act | null {
    if (ignored(stroke)) return null;
    const key = keyName(stroke.key);
    if (s.mode === 'escalate' && /^[1-6]$/.test(key)) return { do: 'reason', reason: Number(key) };
    if (s.mode === 'tags') {
        // Letters mean tags only; a digit that is no tag still changes the grade.
        return tagOf(key, s) ?? verbOf(key, s) ?? (/^[0-9]$/.test(key) ? gradeOf(key, s) : null);
    }
    if (s.mode === 'grade') {
        const hold = HOLDS.some((h) => h.key === key);
        return verbOf(key, s) ?? (hold ? null : gradeOf(key, s));
    }
    return verbOf(key, s);
}

/** Whether this code opens the tags, or is saved at once. */
export function opensTags(scheme: Scheme, code: string): boolean {
    return scheme.groups.length > 0 && (findCode(scheme, code)?.tags ?? false);
}

/** Keys of the scheme that a fixed verb or hold already has: they would never grade. */
export function conflicts(scheme: Scheme): string[] {
    const fixed = new Set<string>(HOLDS.map((h) => h.key));
    for (const v of VERBS) if (v.modes.includes('grade')) for (const k of v.keys) fixed.add(k);
    return scheme.codes
        .filter((c) => fixed.has(c.key))
        .map((c) => `${keyWords(c.key)} (${c.label})`);
}

export interface HelpRow {
    keys: string;
    says: string;
}
export interface HelpPart {
    title: string;
    rows: HelpRow[];
}

const EVERYWHERE: readonly HelpRow[] = [
    { keys: 'Esc', says: 'Hide everything; Enter comes back' },
    { keys: 'Esc Esc', says: 'Lock: gives tasks back and signs out' },
    { keys: 'F1', says: 'This list' },
    { keys: 'F2', says: 'Stay signed in, when the end is announced' },
];

/** The help, printed from the same tables that the keys are read by. */
export function helpOf(scheme: Scheme | null, caps: readonly Cap[]): HelpPart[] {
    const everywhere = { title: 'Everywhere', rows: [...EVERYWHERE] };
    if (scheme === null) return [everywhere];
    const rows = (mode: Mode): HelpRow[] =>
        VERBS.filter(
            (v) => v.modes[0] === mode && (v.cap === undefined || caps.includes(v.cap)),
        ).map((v) => ({ keys: v.keys.map(keyWords).join(' or '), says: v.says }));
    return [
        {
            title: 'Grade',
            rows: scheme.codes.map((c) => ({ keys: keyWords(c.key), says: c.label })),
        },
        {
            title: 'See',
            rows: [
                ...HOLDS.map((h) => ({ keys: keyWords(h.key), says: h.says })),
                { keys: 'Space Space', says: 'Keep it sharp; covers again after 20 seconds' },
            ],
        },
        { title: 'Item', rows: rows('grade') },
        {
            title: 'Tags',
            rows: [{ keys: 'letters', says: 'Set or clear a tag' }, ...rows('tags')],
        },
        { title: 'Information', rows: rows('info') },
        everywhere,
    ];
}
