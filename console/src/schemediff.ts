// What changes from one version of a scheme to the next, in sentences. Pure.
import { type Code, type Group, readScheme, type Scheme } from './scheme.ts';

type Named = { label: string };

function compare<A extends Named>(
    before: readonly A[],
    after: readonly A[],
    idOf: (a: A) => string,
    kind: string,
    changes: (was: A, is: A) => string[],
): string[] {
    const was = new Map(before.map((a) => [idOf(a), a]));
    const is = new Map(after.map((a) => [idOf(a), a]));
    const out: string[] = [];
    for (const a of before)
        if (!is.has(idOf(a))) out.push(`${kind} ${idOf(a)} (${a.label}) is taken away.`);
    for (const a of after) {
        const old = was.get(idOf(a));
        if (old === undefined) out.push(`${kind} ${idOf(a)} (${a.label}) is new.`);
        else out.push(...changes(old, a).map((w) => `${kind} ${idOf(a)}: ${w}`));
    }
    return out;
}

function member(name: string, was: unknown, is: unknown): string[] {
    const words = (v: unknown): string =>
        Array.isArray(v) ? v.join(', ') || 'none' : String(v) || 'none';
    return words(was) === words(is) ? [] : [`${name} was ${words(was)}, is ${words(is)}.`];
}

function codeChanges(was: Code, is: Code): string[] {
    return [
        ...member('label', was.label, is.label),
        ...member('legal reference', was.legal, is.legal),
        ...member('side of the line', was.outcome, is.outcome),
        ...member('rank', was.rank, is.rank),
        ...member('goes on lists', was.listed, is.listed),
        ...member('takes tags', was.tags, is.tags),
        ...member('needed groups', was.required_groups, is.required_groups),
        ...member('key', was.key, is.key),
        ...member('mark', was.mark, is.mark),
        ...member('colour', was.colour, is.colour),
    ];
}

function groupChanges(was: Group, is: Group): string[] {
    return [
        ...member('label', was.label, is.label),
        ...member('several values', was.multiple, is.multiple),
        ...compare(
            was.values,
            is.values,
            (v) => v.tag,
            'value',
            (a, b) => [
                ...member('label', a.label, b.label),
                ...member('key', a.key, b.key),
                ...member('synonyms', a.synonyms, b.synonyms),
            ],
        ),
    ];
}

function ruleChanges(was: Scheme, is: Scheme): string[] {
    const words = (s: Scheme): string[] =>
        s.rules.map((r) => `${r.when} forbids ${r.forbids} (${r.reason})`);
    const before = words(was);
    const after = words(is);
    return [
        ...before.filter((w) => !after.includes(w)).map((w) => `Rule “${w}” is taken away.`),
        ...after.filter((w) => !before.includes(w)).map((w) => `Rule “${w}” is new.`),
    ];
}

/** One sentence a change, none when nothing that grades differently has changed. */
export function schemeChanges(was: unknown, is: unknown): string[] {
    const before = readScheme(was);
    const after = readScheme(is);
    return [
        ...member('Label', before.label, after.label),
        ...compare(before.codes, after.codes, (c) => c.code, 'Code', codeChanges),
        ...compare(before.groups, after.groups, (g) => g.group, 'Group', groupChanges),
        ...ruleChanges(before, after),
    ];
}
