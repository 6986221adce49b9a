// Lists of hashes: what there is, taking one in with a look at what would be refused, single hashes off and on.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { FileDrop } from '../parts/filedrop.tsx';
import {
    count,
    Empty,
    Facts,
    Field,
    Head,
    Loads,
    many,
    Problem,
    Table,
    TextField,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { HashList, HeldRow, ListCounts, ListNew } from '../types.ts';

const FILE_MAX = 15 * 1024 * 1024;

export const LIST_KINDS: Record<HashList['kind'], string> = {
    hashes: 'source',
    own: 'own decisions',
    known_good: 'known good',
    never_export: 'never export',
    test: 'test',
    client: 'a client’s own',
};

const mayChange = (): boolean => hasRole('lead') || hasRole('admin');
const isGuard = (kind: string | undefined): boolean =>
    kind === 'known_good' || kind === 'never_export';
const isKept = (list: HashList): boolean => ['own', 'test', 'client'].includes(list.kind);

/* ---- a file, looked through before it is taken ---- */

interface Checked {
    file: File;
    counts: ListCounts;
}

function Refused({ counts }: { counts: ListCounts }) {
    if (counts.refused === 0) return null;
    return (
        <>
            <Table
                label="Lines that cannot be used"
                empty=""
                rows={counts.lines}
                rowKey={(l) => `${l.line} ${l.reason}`}
                columns={[
                    { title: 'Line', number: true, cell: (l) => count(l.line) },
                    { title: 'Why it cannot be used', cell: (l) => l.reason },
                ]}
            />
            {counts.refused > counts.lines.length && (
                <p class="quiet">and {count(counts.refused - counts.lines.length)} more.</p>
            )}
        </>
    );
}

/** What was found in the file, and whether to go on. */
function Check({
    checked,
    go,
    words,
    busy,
}: {
    checked: Checked;
    go: () => void;
    words: string;
    busy: boolean;
}) {
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => title.current?.focus(), [checked]);
    const { counts, file } = checked;
    const good = counts.added;
    return (
        <div class="card">
            <h3 ref={title} tabIndex={-1}>
                {file.name}: looked through, nothing taken yet
            </h3>
            <p class={counts.refused > 0 ? 'problem' : 'good'}>
                {many(good, 'record')} can be used
                {counts.refused > 0 && `, ${many(counts.refused, 'line')} cannot`}.
            </p>
            <Refused counts={counts} />
            <button type="button" class="primary" disabled={busy || good === 0} onClick={go}>
                {counts.refused > 0
                    ? `${words}, leaving out ${many(counts.refused, 'line')}`
                    : words}
            </button>
        </div>
    );
}

/** Choose a file, see what it holds, import it; make goes before, where the list is new. */
function Import({
    id,
    label,
    words,
    query,
    make,
    done,
}: {
    id: string;
    label: string;
    words: string;
    query: { expires: string };
    make: () => Promise<string>;
    done: () => void;
}) {
    const checked = useSignal<Checked | null>(null);
    const act = useAct();
    const look = async (file: File): Promise<void> => {
        checked.value = null;
        if (file.size > FILE_MAX)
            throw new Error(
                'The file has more than 15 MiB. Use the command line for it: assay list import.',
            );
        checked.value = { file, counts: await api.checkList(file) };
    };
    const take = async (now: Checked): Promise<void> => {
        const name = await make();
        const got = await api.importList(name, now.file, {
            expires: query.expires,
            skip: now.counts.refused > 0,
        });
        checked.value = null;
        say(
            got.same
                ? `Version ${got.version} is this very file; nothing was done.`
                : `Version ${got.version}: ${count(got.added)} added, ${count(got.removed)} removed.`,
        );
        done();
    };
    const now = checked.value;
    return (
        <>
            <FileDrop
                id={id}
                label={label}
                hint="Text with a hash a line, CSV, JSON Lines or VICS; up to 15 MiB"
                busy={act.busy}
                onFile={(file) => act.run(() => look(file))}
            />
            <Problem words={act.problem} />
            {now !== null && (
                <Check
                    checked={now}
                    words={words}
                    busy={act.busy}
                    go={() => act.run(() => take(now))}
                />
            )}
        </>
    );
}

/* ---- a new list ---- */

function NewList({ again }: { again: () => void }) {
    const name = useSignal('');
    const kind = useSignal<NonNullable<ListNew['kind']>>('hashes');
    const trust = useSignal<NonNullable<ListNew['trust']>>('candidate');
    const texts = {
        source: useSignal(''),
        licence: useSignal(''),
        contact: useSignal(''),
        reason: useSignal(''),
        expires: useSignal(''),
    };
    const made = useSignal('');
    const make = async (): Promise<string> => {
        if (made.value === name.value) return made.value; // the import after it failed
        const said = (of: string): string | undefined => (of.trim() === '' ? undefined : of.trim());
        const about = Object.entries({
            source: said(texts.source.value),
            licence: said(texts.licence.value),
            contact: said(texts.contact.value),
            reason: isGuard(kind.value) ? said(texts.reason.value) : undefined,
        }).filter(([, words]) => words !== undefined);
        await api.addList({
            name: name.value,
            kind: kind.value,
            trust: trust.value,
            ...Object.fromEntries(about),
        });
        made.value = name.value;
        return name.value;
    };
    return (
        <section aria-labelledby="new-list">
            <h2 id="new-list">Take a new list in</h2>
            <div class="fields">
                <TextField
                    label="Name"
                    hint="Small letters, digits, . _ -"
                    id="list-name"
                    of={name}
                    maxLength={40}
                />
                <Field
                    label="Kind"
                    id="list-kind"
                    hint="Known good and never export are held back from releases"
                >
                    <select
                        id="list-kind"
                        value={kind.value}
                        onChange={(e) => {
                            kind.value = e.currentTarget.value as typeof kind.value;
                        }}
                    >
                        <option value="hashes">source</option>
                        <option value="known_good">known good</option>
                        <option value="never_export">never export</option>
                    </select>
                </Field>
                <Field
                    label="Trust"
                    id="list-trust"
                    hint="A trusted list’s exact hash with a grade is a hidden vote"
                >
                    <select
                        id="list-trust"
                        value={trust.value}
                        onChange={(e) => {
                            trust.value = e.currentTarget.value as typeof trust.value;
                        }}
                    >
                        <option value="candidate">candidate</option>
                        <option value="trusted">trusted</option>
                    </select>
                </Field>
                <TextField label="Source" id="list-source" of={texts.source} maxLength={1000} />
                <TextField label="Licence" id="list-licence" of={texts.licence} maxLength={1000} />
                <TextField label="Contact" id="list-contact" of={texts.contact} maxLength={1000} />
                {isGuard(kind.value) && (
                    <>
                        <TextField
                            label="Why its files are held back"
                            id="list-reason"
                            of={texts.reason}
                            maxLength={1000}
                        />
                        <TextField
                            label="Until when"
                            hint="Empty: for good"
                            id="list-expires"
                            of={texts.expires}
                            type="date"
                        />
                    </>
                )}
            </div>
            <Import
                id="new-list-file"
                label="A file of hashes"
                words="Make the list and import"
                query={{ expires: texts.expires.value }}
                make={make}
                done={() => {
                    for (const field of [name, made, ...Object.values(texts)]) field.value = '';
                    again();
                }}
            />
        </section>
    );
}

/* ---- one list ---- */

function hashOf(row: HeldRow): string {
    return row.sha256 ?? row.sha1 ?? row.md5 ?? row.pdq ?? '';
}

function whyHeld(row: HeldRow): string {
    if (row.off_at === null)
        return `in quarantine since ${when(row.quarantined_at)}: too many matches on a day`;
    const by = row.off_by ?? 'the command line';
    return `off since ${when(row.off_at)}, by ${by}: ${row.reason ?? ''}`;
}

function Held({ list, again }: { list: HashList; again: () => void }) {
    const rows = useLoad(() => api.heldRows(list.name));
    const hash = useSignal('');
    const reason = useSignal('');
    const act = useAct();
    const after = (words: string): void => {
        say(words);
        rows.again();
        again();
    };
    return (
        <section aria-labelledby="held">
            <h3 id="held">Switched off or in quarantine</h3>
            <Loads from={rows}>
                {({ rows: held }) => (
                    <Table
                        label="Rows that match nothing"
                        empty="No row is switched off or in quarantine."
                        rows={held}
                        rowKey={(r) => r.row}
                        columns={[
                            { title: 'Hash', cell: (r) => <code class="cut">{hashOf(r)}</code> },
                            { title: 'Matches', number: true, cell: (r) => count(r.hits) },
                            {
                                title: 'Why',
                                cell: whyHeld,
                            },
                            {
                                title: '',
                                cell: (r) =>
                                    mayChange() && (
                                        <button
                                            type="button"
                                            disabled={act.busy}
                                            aria-label={`Switch on ${hashOf(r)}`}
                                            onClick={() =>
                                                act.run(async () => {
                                                    await api.switchOn(list.name, hashOf(r));
                                                    after('It matches again.');
                                                })
                                            }
                                        >
                                            Switch on
                                        </button>
                                    ),
                            },
                        ]}
                    />
                )}
            </Loads>
            {mayChange() && (
                <form
                    onSubmit={(e) => {
                        e.preventDefault();
                        act.run(async () => {
                            await api.switchOff(list.name, hash.value.trim(), reason.value.trim());
                            hash.value = reason.value = '';
                            after('It is switched off and matches nothing.');
                        });
                    }}
                >
                    <div class="fields">
                        <TextField
                            label="Switch a hash off"
                            hint="32, 40 or 64 hex digits"
                            id="off-hash"
                            class="mono"
                            of={hash}
                            required
                            maxLength={64}
                        />
                        <TextField
                            label="Why"
                            id="off-reason"
                            of={reason}
                            required
                            maxLength={1000}
                        />
                    </div>
                    <button type="submit" disabled={act.busy}>
                        Switch off
                    </button>
                </form>
            )}
            <Problem words={act.problem} />
        </section>
    );
}

/** Whether one blind grade is enough where it is that of the list. */
function Confirm({ list, again }: { list: HashList; again: () => void }) {
    const act = useAct();
    return (
        <>
            <Field
                label="A file with a hash of this list and its grade"
                id="confirm"
                hint="Nobody sees the list’s grade before their own, either way"
            >
                <select
                    id="confirm"
                    disabled={act.busy}
                    value={list.confirm}
                    onChange={(e) => {
                        const confirm = e.currentTarget.value as HashList['confirm'];
                        act.run(async () => {
                            await api.confirmList(list.name, confirm);
                            say('It is set, for lots that are submitted from now on.');
                            again();
                        });
                    }}
                >
                    <option value="hidden_vote">is graded and sampled like any other</option>
                    <option value="one">passes when one person gives the same grade</option>
                </select>
            </Field>
            <Problem words={act.problem} />
        </>
    );
}

function Remove({ list, again }: { list: HashList; again: () => void }) {
    const name = useSignal('');
    const act = useAct();
    return (
        <form
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    await api.removeList(list.name);
                    say(`${list.name} is removed.`);
                    again();
                });
            }}
        >
            <TextField
                label="Remove the list"
                hint="Type its name. It matches nothing from then on, and its name cannot be used again"
                id="remove-name"
                of={name}
                autocomplete="off"
            />
            <Problem words={act.problem} />
            <button type="submit" disabled={act.busy || name.value !== list.name}>
                Remove
            </button>
        </form>
    );
}

function OneList({ name, again }: { name: string; again: () => void }) {
    const one = useLoad(() => api.list(name));
    const title = useRef<HTMLHeadingElement>(null);
    const expires = useSignal('');
    useEffect(() => title.current?.focus(), []);
    const changed = (): void => {
        one.again();
        again();
    };
    return (
        <section class="card" aria-labelledby="one-list">
            <h2 id="one-list" ref={title} tabIndex={-1}>
                {name}
            </h2>
            <Loads from={one}>
                {({ lists: [list] }) =>
                    list === undefined ? (
                        <Empty>It is not there any more.</Empty>
                    ) : (
                        <>
                            <Facts
                                rows={[
                                    ['Kind', `${LIST_KINDS[list.kind]}, ${list.trust}`],
                                    ['Source', list.about.source ?? 'not said'],
                                    ['Licence', list.about.licence ?? 'not said'],
                                    ['Contact', list.about.contact ?? 'not said'],
                                    ...(isGuard(list.kind)
                                        ? ([
                                              ['Held back because', list.about.reason ?? ''],
                                              [
                                                  'Until',
                                                  list.expires_at
                                                      ? when(list.expires_at)
                                                      : 'for good',
                                              ],
                                          ] as const)
                                        : []),
                                    ['Made', when(list.created_at)],
                                ]}
                            />
                            <Table
                                label="Versions"
                                empty="No file was imported yet."
                                rows={list.versions ?? []}
                                rowKey={(v) => `${v.version}`}
                                columns={[
                                    { title: 'Version', number: true, cell: (v) => v.version },
                                    {
                                        title: 'Imported',
                                        cell: (v) =>
                                            v.done_at ? when(v.done_at) : 'not to its end',
                                    },
                                    { title: 'Form', cell: (v) => v.form },
                                    {
                                        title: 'Records',
                                        number: true,
                                        cell: (v) => count(v.records),
                                    },
                                    { title: 'Added', number: true, cell: (v) => count(v.added) },
                                    {
                                        title: 'Removed',
                                        number: true,
                                        cell: (v) => count(v.removed),
                                    },
                                    {
                                        title: 'Refused',
                                        number: true,
                                        cell: (v) => count(v.refused),
                                    },
                                ]}
                            />
                            {(mayChange() || hasRole('compliance')) && (
                                <Held key={name} list={list} again={changed} />
                            )}
                            {mayChange() && list.kind === 'hashes' && list.trust === 'trusted' && (
                                <Confirm list={list} again={changed} />
                            )}
                            {mayChange() && !isKept(list) && (
                                <section aria-labelledby="next-version">
                                    <h3 id="next-version">The next version</h3>
                                    <p class="quiet">
                                        What the last version had and the file has not is removed.
                                    </p>
                                    {isGuard(list.kind) && (
                                        <TextField
                                            label="Until when its rows hold"
                                            hint="Empty: for good"
                                            id="next-expires"
                                            of={expires}
                                            type="date"
                                        />
                                    )}
                                    <Import
                                        id="next-version-file"
                                        label="The file of the next version"
                                        words="Import as the next version"
                                        query={{ expires: expires.value }}
                                        make={async () => name}
                                        done={changed}
                                    />
                                    <Remove list={list} again={again} />
                                </section>
                            )}
                        </>
                    )
                }
            </Loads>
        </section>
    );
}

export function Lists() {
    const all = useLoad(api.lists);
    const chosen = useSignal('');
    return (
        <>
            <Head title="Lists">
                Hashes of others, what is held back, and the workspace’s own decisions. Each change
                is on the record.
            </Head>
            <Loads from={all}>
                {({ lists }) => (
                    <>
                        <Table
                            label="Lists"
                            empty="There is no list yet."
                            rows={lists}
                            rowKey={(l) => l.id}
                            columns={[
                                { title: 'Name', cell: (l) => l.name },
                                { title: 'Kind', cell: (l) => `${LIST_KINDS[l.kind]}, ${l.trust}` },
                                { title: 'Version', number: true, cell: (l) => l.version || '–' },
                                { title: 'Hashes', number: true, cell: (l) => count(l.hashes) },
                                { title: 'Matches', number: true, cell: (l) => count(l.hits) },
                                {
                                    title: 'Off',
                                    number: true,
                                    cell: (l) => count(l.switched_off),
                                },
                                {
                                    title: 'In quarantine',
                                    number: true,
                                    cell: (l) => (
                                        <span class={l.quarantined > 0 ? 'is-bad' : undefined}>
                                            {count(l.quarantined)}
                                        </span>
                                    ),
                                },
                                {
                                    title: '',
                                    cell: (l) => (
                                        <button
                                            type="button"
                                            aria-label={`Open ${l.name}`}
                                            onClick={() => {
                                                chosen.value = l.name;
                                            }}
                                        >
                                            Open
                                        </button>
                                    ),
                                },
                            ]}
                        />
                        {lists.some((l) => l.name === chosen.value) && (
                            <OneList key={chosen.value} name={chosen.value} again={all.again} />
                        )}
                    </>
                )}
            </Loads>
            {mayChange() && <NewList again={all.again} />}
        </>
    );
}
