// Schemes: what is graded by, each version, and taking a new one from a file after a look at it.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { CodeName, Mark } from '../parts/grade.tsx';
import {
    count,
    Empty,
    Head,
    Loads,
    many,
    Problem,
    Table,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { readScheme } from '../scheme.ts';
import { schemeChanges } from '../schemediff.ts';
import { hasRole, say } from '../state.ts';
import type { SchemeChecked, SchemeList, SchemeRow } from '../types.ts';

const FILE_BYTES_MAX = 60_000; // what fits a request; more goes by the command line

function Version({ name, version }: { name: string; version: number }) {
    const loaded = useLoad(() => api.schemeVersion(name, version));
    return (
        <Loads from={loaded}>
            {(v) => {
                const scheme = readScheme(v.scheme);
                return (
                    <>
                        <Table
                            label={`Codes of ${name}, version ${version}`}
                            empty="It has no codes."
                            rows={scheme.codes}
                            rowKey={(c) => c.code}
                            columns={[
                                {
                                    title: 'Code',
                                    cell: (c) => <CodeName scheme={scheme} code={c.code} />,
                                },
                                { title: 'Legal reference', cell: (c) => c.legal || '–' },
                                { title: 'Goes on lists', cell: (c) => (c.listed ? 'yes' : 'no') },
                                {
                                    title: 'Needs',
                                    cell: (c) => c.required_groups.join(', ') || '–',
                                },
                                { title: 'Key', cell: (c) => <kbd>{c.key}</kbd> },
                            ]}
                        />
                        {scheme.groups.map((g) => (
                            <p key={g.group}>
                                <b>{g.label}</b>{' '}
                                <span class="quiet">
                                    {g.values.map((value) => value.label).join(' · ')}
                                </span>
                            </p>
                        ))}
                        <p class="quiet">
                            SHA-256 of the file <code class="hash">{v.sha256}</code>
                        </p>
                    </>
                );
            }}
        </Loads>
    );
}

function Card({ row }: { row: SchemeRow }) {
    const open = useSignal(0);
    return (
        <li class="card">
            <p class="card-head">
                <b>{row.label}</b>
                <span class="quiet">
                    {row.name}, {row.kind === 'live' ? 'for real work' : 'for training'}
                </span>
            </p>
            <p>
                Version {row.version} is in force, with {many(row.codes, 'code')}.
            </p>
            <ul class="versions">
                {row.versions.map((v) => (
                    <li key={v.version}>
                        <button
                            type="button"
                            aria-expanded={open.value === v.version}
                            aria-label={`Version ${v.version} of ${row.name}`}
                            onClick={() => {
                                open.value = open.value === v.version ? 0 : v.version;
                            }}
                        >
                            Version {v.version}
                        </button>
                        <span class="quiet">taken {when(v.loaded_at)}</span>
                    </li>
                ))}
            </ul>
            {open.value !== 0 && <Version key={open.value} name={row.name} version={open.value} />}
        </li>
    );
}

interface Looked {
    text: string;
    checked: SchemeChecked;
    changes: string[] | null; // null: there is no version to compare with
}

async function look(text: string): Promise<Looked> {
    const checked = await api.checkScheme(text);
    if (checked.name === null || checked.in_force === 0) return { text, checked, changes: null };
    const before = await api.schemeVersion(checked.name, checked.in_force);
    return { text, checked, changes: schemeChanges(before.scheme, JSON.parse(text)) };
}

function Preview({ looked }: { looked: Looked }) {
    const { checked, changes, text } = looked;
    if (checked.name === null) return null;
    const scheme = readScheme(JSON.parse(text));
    return (
        <>
            <p>
                <b>{checked.label}</b>, {checked.name}, version {checked.version}
                {checked.in_force === 0
                    ? ': the first version here.'
                    : `, after version ${checked.in_force}.`}
            </p>
            {changes === null ? (
                <ul class="row">
                    {scheme.codes.map((c) => (
                        <li key={c.code}>
                            <Mark code={c} /> {c.label}
                        </li>
                    ))}
                </ul>
            ) : changes.length === 0 ? (
                <p>Nothing that grades differently changes.</p>
            ) : (
                <>
                    <p>{many(changes.length, 'change')}:</p>
                    <ul class="changes">
                        {changes.map((w) => (
                            <li key={w}>{w}</li>
                        ))}
                    </ul>
                </>
            )}
        </>
    );
}

function Take({ onList }: { onList: (list: SchemeList) => void }) {
    const looked = useSignal<Looked | null>(null);
    const file = useRef<HTMLInputElement>(null);
    const title = useRef<HTMLHeadingElement>(null);
    const act = useAct();
    useEffect(() => {
        if (looked.value !== null) title.current?.focus();
    }, [looked.value]);
    const now = looked.value;
    const forget = (): void => {
        looked.value = null;
        if (file.current !== null) file.current.value = '';
    };
    return (
        <section aria-labelledby="take">
            <h2 id="take">Take a scheme from a file</h2>
            <div class="field">
                <label for="scheme-file">Scheme file (JSON)</label>
                <input
                    id="scheme-file"
                    ref={file}
                    type="file"
                    accept=".json,application/json"
                    onChange={(e) => {
                        const chosen = e.currentTarget.files?.[0];
                        looked.value = null;
                        if (chosen === undefined) return;
                        act.run(async () => {
                            if (chosen.size > FILE_BYTES_MAX)
                                throw new Error(
                                    `The file has ${count(chosen.size)} bytes; at most ${count(FILE_BYTES_MAX)} ` +
                                        'are taken here. Use the command: assay scheme load FILE',
                                );
                            looked.value = await look(await chosen.text());
                        });
                    }}
                />
                <p class="hint">It is checked and compared first; nothing is taken yet.</p>
            </div>
            <Problem words={act.problem} />
            {now !== null && (
                <div class="card">
                    <h3 ref={title} tabIndex={-1}>
                        {now.checked.problem === null
                            ? 'What it would change'
                            : 'It cannot be taken'}
                    </h3>
                    <Problem words={now.checked.problem ?? ''} />
                    <Preview looked={now} />
                    {now.checked.problem === null && (
                        <p class="notice">
                            It is in force at once, for every decision from then on. Decisions that
                            stand keep the version they were made by. There is no way back but a
                            further version.
                        </p>
                    )}
                    <div class="row">
                        {now.checked.problem === null && (
                            <button
                                type="button"
                                class="primary"
                                disabled={act.busy}
                                onClick={() =>
                                    act.run(async () => {
                                        const list = await api.addScheme(now.text);
                                        say(
                                            `Version ${now.checked.version} of ${now.checked.name} is in force.`,
                                        );
                                        forget();
                                        onList(list);
                                    })
                                }
                            >
                                Take version {now.checked.version}
                            </button>
                        )}
                        <button type="button" onClick={forget}>
                            {now.checked.problem === null ? 'Leave it' : 'Choose another file'}
                        </button>
                    </div>
                </div>
            )}
        </section>
    );
}

export function Schemes() {
    const loaded = useLoad(api.schemes);
    const taken = useSignal<SchemeList | null>(null);
    return (
        <>
            <Head title="Schemes">
                What is graded by. A version is never changed; a new one takes its place, and each
                decision keeps the version it was made by.
            </Head>
            <Loads from={loaded}>
                {(list) => {
                    const { schemes } = taken.value ?? list;
                    return schemes.length === 0 ? (
                        <Empty>No scheme is loaded: nothing can be graded yet.</Empty>
                    ) : (
                        <ul class="cards">
                            {schemes.map((row) => (
                                <Card key={`${row.name} ${row.version}`} row={row} />
                            ))}
                        </ul>
                    );
                }}
            </Loads>
            {hasRole('admin') && (
                <Take
                    onList={(list) => {
                        taken.value = list;
                    }}
                />
            )}
        </>
    );
}
