// Releases: what could go out and what is held back and why; ask, look through, approve, fetch.
import { useSignal } from '@preact/signals';
import { api, idempotencyKey } from '../api.ts';
import { CodeName, TagList } from '../parts/grade.tsx';
import { ItemLink } from '../parts/itemlink.tsx';
import { useScheme } from '../parts/schemes.ts';
import {
    count,
    Empty,
    Field,
    Head,
    Loads,
    many,
    Problem,
    Table,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { Candidate, Me, Release } from '../types.ts';

const FILES = ['manifest.json', 'hashes.jsonl', 'hashes.csv', 'manifest.json.minisig'] as const;

/** Items that are graded and yet go nowhere, because a list says so. */
function Guarded({ c }: { c: Candidate }) {
    if (c.guarded.length === 0) return null;
    return (
        <details>
            <summary>
                {c.more_guarded ? 'More than 100 items' : many(c.guarded.length, 'item')} held back
                by a list
            </summary>
            <Table
                label={`Items of ${c.scheme} that lists hold back`}
                empty=""
                rows={c.guarded}
                rowKey={(g) => `${g.item} ${g.list} ${g.hash}`}
                columns={[
                    { title: 'Item', cell: (g) => <ItemLink id={g.item} noun="item" /> },
                    { title: 'Grade', cell: (g) => g.code },
                    {
                        title: 'List',
                        cell: (g) =>
                            `${g.list} (${g.kind === 'known_good' ? 'known good' : 'never export'})`,
                    },
                    { title: 'Why', cell: (g) => g.reason ?? 'not said' },
                    {
                        title: 'By',
                        cell: (g) => (g.hash === 'pdq' ? `pdq, ${g.distance} bits off` : g.hash),
                    },
                    {
                        title: 'Until',
                        cell: (g) => (g.expires_at === null ? 'for good' : when(g.expires_at)),
                    },
                ]}
            />
        </details>
    );
}

function Request({ c, again }: { c: Candidate; again: () => void }) {
    const readings = useSignal(1);
    const key = useSignal(idempotencyKey());
    const act = useAct();
    const scheme = useScheme(c.scheme);
    const id = `readings-${c.scheme}`;
    return (
        <li class="card">
            <p class="card-head">
                <b>{scheme?.label ?? c.scheme}</b>
                <span>{many(c.rows, 'row')} could go out.</span>
            </p>
            {c.held_lots > 0 && (
                <p>
                    Held back: {many(c.held_lots, 'listed decision')} in lots that are not closed
                    {c.guarded.length > 0 && ', or by a list'}.
                </p>
            )}
            <Guarded c={c} />
            {c.held_readings > 0 && (
                <p>
                    {count(c.held_readings)} of them {c.held_readings === 1 ? 'was' : 'were'} read
                    by one person only; asking for two readings or more holds them back.
                </p>
            )}
            {hasRole('release') && (
                <form
                    class="row row-end"
                    onSubmit={(e) => {
                        e.preventDefault();
                        act.run(async () => {
                            try {
                                await api.requestRelease(c.scheme, readings.value, key.value);
                            } finally {
                                key.value = idempotencyKey();
                            }
                            say('Asked for. Another person approves it.');
                            again();
                        });
                    }}
                >
                    <Field label="At least this many readings" id={id}>
                        <input
                            id={id}
                            type="number"
                            min={1}
                            max={9}
                            required
                            value={readings.value}
                            onInput={(e) => {
                                readings.value = e.currentTarget.valueAsNumber || 1;
                            }}
                        />
                    </Field>
                    <button type="submit" class="primary" disabled={act.busy}>
                        Ask for a release
                    </button>
                </form>
            )}
            <Problem words={act.problem} />
        </li>
    );
}

function Preview({ release }: { release: Release }) {
    const scheme = useScheme(release.scheme);
    const rows = release.preview ?? [];
    return (
        <>
            <dl class="counts">
                {release.codes.map((c) => (
                    <div key={c.code}>
                        <dd>{count(c.count)}</dd>
                        <dt>
                            <CodeName scheme={scheme} code={c.code} />
                        </dt>
                    </div>
                ))}
            </dl>
            {(release.held ?? 0) > 0 && (
                <p>
                    {many(release.held ?? 0, 'passed item')} left out: fewer than{' '}
                    {many(release.min_readings, 'reading')}.
                </p>
            )}
            <p>
                Hash of exactly this content
                <br />
                <code class="hash">{release.content_sha256}</code>
            </p>
            <Table
                label={`First rows of release ${release.release}`}
                empty="The release has no rows."
                rows={rows}
                rowKey={(r) => r.sha256}
                columns={[
                    {
                        title: 'SHA-256',
                        cell: (r) => <code title={r.sha256}>{r.sha256.slice(0, 16)}…</code>,
                    },
                    { title: 'Grade', cell: (r) => <CodeName scheme={scheme} code={r.code} /> },
                    { title: 'Tags', cell: (r) => <TagList scheme={scheme} tags={r.tags} /> },
                    { title: 'Basis', cell: (r) => r.basis },
                    { title: 'Readings', cell: (r) => r.readings, number: true },
                    {
                        title: 'PDQ quality',
                        cell: (r) => r.pdq_quality ?? r.pdq_reason ?? 'none',
                        number: true,
                    },
                ]}
            />
            {rows.length < release.rows && (
                <p class="quiet">
                    The first {count(rows.length)} of {many(release.rows, 'row')}.
                </p>
            )}
        </>
    );
}

function Decide({ release, again }: { release: Release; again: () => void }) {
    const reason = useSignal('');
    const act = useAct();
    const id = `refuse-${release.release}`;
    if (release.mine)
        return (
            <p class="notice">You asked for this release; another person approves or refuses it.</p>
        );
    return (
        <div class="answer">
            <Problem words={act.problem} />
            <button
                type="button"
                class="primary"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        await api.approveRelease(release.release, release.content_sha256);
                        say('Approved.');
                        again();
                    })
                }
            >
                Approve exactly this content
            </button>
            <details>
                <summary>Refuse</summary>
                <Field label="Reason" id={id}>
                    <textarea
                        id={id}
                        rows={2}
                        maxLength={2000}
                        value={reason.value}
                        onInput={(e) => {
                            reason.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <button
                    type="button"
                    disabled={act.busy || reason.value.trim() === ''}
                    onClick={() =>
                        act.run(async () => {
                            await api.refuseRelease(release.release, reason.value.trim());
                            again();
                        })
                    }
                >
                    Refuse
                </button>
            </details>
        </div>
    );
}

function Files({ release }: { release: Release }) {
    return (
        <ul class="files">
            {FILES.map((file) => (
                <li key={file}>
                    <a href={api.packageFile(release.release, file)} download={file}>
                        {file}
                    </a>
                </li>
            ))}
        </ul>
    );
}

function Opened({ id, again }: { id: string; again: () => void }) {
    const release = useLoad(() => api.release(id));
    const both = (): void => {
        release.again();
        again();
    };
    return (
        <Loads from={release}>
            {(r) => (
                <>
                    <Preview release={r} />
                    {r.state === 'requested' && hasRole('release', 'compliance') && (
                        <Decide release={r} again={both} />
                    )}
                    {r.state === 'approved' && hasRole('release') && <Files release={r} />}
                </>
            )}
        </Loads>
    );
}

function Card({ r, me, again }: { r: Release; me: Me; again: () => void }) {
    const open = useSignal(r.state === 'requested');
    return (
        <li class="card">
            <p class="card-head">
                <b>
                    {r.scheme}, version {r.scheme_version}: {many(r.rows, 'row')}
                </b>
                <span class={`state state-${r.state}`}>{r.state}</span>
            </p>
            <p class="quiet">
                Asked for by {r.mine ? me.label || 'you' : r.requested_by}, {when(r.requested_at)}
                {r.decided_by && `; ${r.state} by ${r.decided_by}, ${when(r.decided_at)}`}
            </p>
            <button
                type="button"
                aria-expanded={open.value}
                onClick={() => {
                    open.value = !open.value;
                }}
            >
                {open.value ? 'Close' : 'Look through'}
            </button>
            {open.value && <Opened id={r.release} again={again} />}
        </li>
    );
}

export function Releases({ me }: { me: Me }) {
    const list = useLoad(api.releases);
    return (
        <>
            <Head title="Release">
                Only lots that passed and have no open correction go out, and only when another
                person approves.
            </Head>
            <Loads from={list}>
                {(l) => (
                    <>
                        <section aria-labelledby="could">
                            <h2 id="could">What could go out</h2>
                            {l.candidates.length === 0 ? (
                                <Empty>Nothing has passed yet.</Empty>
                            ) : (
                                <ul class="cards">
                                    {l.candidates.map((c) => (
                                        <Request key={c.scheme} c={c} again={list.again} />
                                    ))}
                                </ul>
                            )}
                        </section>
                        <section aria-labelledby="releases">
                            <h2 id="releases">Releases</h2>
                            {l.releases.length === 0 ? (
                                <Empty>None was asked for yet.</Empty>
                            ) : (
                                <ul class="cards">
                                    {l.releases.map((r) => (
                                        <Card
                                            key={`${r.release} ${r.state}`}
                                            r={r}
                                            me={me}
                                            again={list.again}
                                        />
                                    ))}
                                </ul>
                            )}
                        </section>
                    </>
                )}
            </Loads>
        </>
    );
}
