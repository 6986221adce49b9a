// A grading scheme as the console uses it: reading the loaded file, and the rules of a decision.
// Pure. The server checks every decision again; this only spares a round trip and says it sooner.

export interface Code {
    code: string;
    label: string;
    legal: string;
    key: string;
    mark: string;
    colour: string;
    outcome: 'illegal' | 'other' | 'not_illegal' | 'cannot_assess';
    rank: number;
    listed: boolean;
    tags: boolean;
    required_groups: string[];
}

export interface Value {
    tag: string;
    label: string;
    key: string;
    synonyms: string[];
}

export interface Group {
    group: string;
    label: string;
    multiple: boolean;
    values: Value[];
}

export interface Rule {
    when: string;
    forbids: string;
    reason: string;
}

export interface Scheme {
    name: string;
    label: string;
    version: number;
    kind: string;
    codes: Code[];
    groups: Group[];
    rules: Rule[];
}

type Loose = Record<string, unknown>;

const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const loose = (v: unknown): Loose => (typeof v === 'object' && v !== null ? (v as Loose) : {});

function readCode(v: unknown): Code {
    const c = loose(v);
    const outcome = text(c.outcome);
    const required = list(c.required_groups).map(text);
    return {
        code: text(c.code),
        label: text(c.label),
        legal: text(c.legal),
        key: text(c.key).toLowerCase(),
        mark: text(c.mark),
        // A colour becomes part of a style: anything but plain hex falls back to grey.
        colour: /^#[0-9a-f]{6}$/i.test(text(c.colour)) ? text(c.colour) : '#8a97a6',
        outcome:
            outcome === 'illegal' || outcome === 'other' || outcome === 'not_illegal'
                ? outcome
                : 'cannot_assess',
        rank: Number(c.rank ?? 0),
        listed: c.listed === true,
        tags: c.tags === true || required.length > 0,
        required_groups: required,
    };
}

function readGroup(v: unknown): Group {
    const g = loose(v);
    return {
        group: text(g.group),
        label: text(g.label),
        multiple: g.multiple === true,
        values: list(g.values).map((value) => {
            const x = loose(value);
            return {
                tag: text(x.tag),
                label: text(x.label),
                key: text(x.key).toLowerCase(),
                synonyms: list(x.synonyms).map(text),
            };
        }),
    };
}

/** Read the scheme file that the server has already checked; missing parts become empty. */
export function readScheme(file: unknown): Scheme {
    const s = loose(file);
    return {
        name: text(s.name),
        label: text(s.label),
        version: Number(s.version ?? 0),
        kind: text(s.kind),
        codes: list(s.codes).map(readCode),
        groups: list(s.groups).map(readGroup),
        rules: list(s.rules).map((r) => {
            const x = loose(r);
            return { when: text(x.when), forbids: text(x.forbids), reason: text(x.reason) };
        }),
    };
}

export function findCode(s: Scheme, code: string | null): Code | undefined {
    return s.codes.find((c) => c.code === code);
}

export function tagId(group: Group, value: Value): string {
    return `${group.group}:${value.tag}`;
}

/** A tag's words, "Group: value"; the bare tag when the scheme does not know it. */
export function tagWords(s: Scheme, tag: string): string {
    for (const group of s.groups)
        for (const value of group.values)
            if (tagId(group, value) === tag) return `${group.label}: ${value.label}`;
    return tag;
}

export function tagsOf(group: Group, tags: readonly string[]): string[] {
    return tags.filter((t) => t.startsWith(`${group.group}:`));
}

/** Set or clear a tag; in an exclusive group the new value takes the old one's place. */
export function toggleTag(s: Scheme, tags: readonly string[], tag: string): string[] {
    if (tags.includes(tag)) return tags.filter((t) => t !== tag);
    const group = s.groups.find((g) => g.values.some((v) => tagId(g, v) === tag));
    if (group === undefined) return [...tags];
    const kept = group.multiple ? tags : tags.filter((t) => !t.startsWith(`${group.group}:`));
    return [...kept, tag];
}

/** The groups that this code requires and these tags leave unset, in the scheme's order. */
export function missingGroups(s: Scheme, code: Code, tags: readonly string[]): Group[] {
    return s.groups.filter(
        (g) => code.required_groups.includes(g.group) && tagsOf(g, tags).length === 0,
    );
}

/** The first broken rule in words, or null. */
export function brokenRule(s: Scheme, code: string, tags: readonly string[]): string | null {
    const chosen = new Set([code, ...tags]);
    const broken = s.rules.find((r) => chosen.has(r.when) && chosen.has(r.forbids));
    return broken === undefined ? null : broken.reason;
}

/** What stands in the way of this decision, in words, or null when it can be saved. */
export function whyNotReady(s: Scheme, code: Code, tags: readonly string[]): string | null {
    const missing = missingGroups(s, code, tags)[0];
    if (missing !== undefined) return `Set "${missing.label}" first.`;
    return brokenRule(s, code.code, tags);
}

/** Values whose label, tag or a synonym matches the typed letters: whole prefixes first. */
export function findValues(s: Scheme, typed: string, max = 6): { group: Group; value: Value }[] {
    const want = typed.trim().toLowerCase();
    if (want === '') return [];
    const first: { group: Group; value: Value }[] = [];
    const rest: { group: Group; value: Value }[] = [];
    for (const group of s.groups)
        for (const value of group.values) {
            const names = [value.label, value.tag, ...value.synonyms].map((n) => n.toLowerCase());
            if (names.some((n) => n.startsWith(want))) first.push({ group, value });
            else if (names.some((n) => n.includes(want))) rest.push({ group, value });
        }
    return [...first, ...rest].slice(0, max);
}
