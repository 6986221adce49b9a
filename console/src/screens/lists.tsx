// Lists of hashes: what there is, their versions, single hashes off and on, what a match comes to.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { Import, isGuard, NewList } from '../parts/listimport.tsx';
import {
    count,
    Empty,
    Facts,
    Field,
    Head,
    Loads,
    Problem,
    Table,
    TextField,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { HashList, HeldRow } from '../types.ts';

export const LIST_KINDS: Record<HashList['kind'], string> = {
    hashes: 'source',
    own: 'own decisions',
    known_good: 'known good',
    never_export: 'never export',
    test: 'test',
    client: 'a client’s own',
};

const mayChange = (): boolean => hasRole('lead') || hasRole('admin');
const isKept = (list: HashList): boolean => ['own', 'test', 'client'].includes(list.kind);

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
