// One task of an item's record: every decision, reading, correction, escalation, vote and view.

import type { Scheme } from '../scheme.ts';
import { hasRole } from '../state.ts';
import { ESCALATION_REASONS, type ItemTask } from '../types.ts';
import { CodeName, TagList } from './grade.tsx';
import { useScheme } from './schemes.ts';
import { SupersedeForm } from './supersede.tsx';
import { Empty, many, Table, when } from './ui.tsx';

const STATE_WORDS: Record<string, string> = {
    received: 'waits for the decoder',
    unsupported: 'of a type that is not shown yet',
    undecodable: 'damaged beyond showing',
    waiting: 'waits in the queue',
    later: 'on a Later pile',
    second_look: 'waits for a second look',
    escalated: 'waits for a lead',
    graded: 'graded, its shift is open',
    submitted: 'submitted, its lot is being read',
    passed: 'passed',
};

const RENDITION_WORDS: Record<string, string> = {
    cover: 'cover, blurred',
    small_grey: 'small, grey',
    small_colour: 'small, colour',
    full_grey: 'full size, grey',
    full_colour: 'full size, colour',
    strip: 'strip, covered',
};

function seconds(ms: number): string {
    return `${(ms / 1000).toFixed(1)} s`;
}

interface Part {
    task: ItemTask;
    scheme: Scheme | null;
}

function Who({ who }: { who: string | null }) {
    return <span class={who === null ? 'quiet' : undefined}>{who ?? 'not told'}</span>;
}

function Note({ words }: { words: string | null }) {
    return words === null ? null : <p class="text quiet">“{words}”</p>;
}

function Decisions({ task, scheme }: Part) {
    return (
        <>
            <h3>Decisions</h3>
            <Table
                label={`Decisions of task ${task.task}`}
                empty="It is not graded yet."
                rows={[...task.decisions].reverse()}
                rowKey={(d) => d.decision}
                columns={[
                    {
                        title: 'Version',
                        cell: (d) => (d.stands ? <b>{d.version}, stands</b> : d.version),
                    },
                    {
                        title: 'Grade',
                        cell: (d) => (
                            <>
                                {d.code === null ? (
                                    'taken back'
                                ) : (
                                    <CodeName scheme={scheme} code={d.code} />
                                )}
                                {d.tags.length > 0 && (
                                    <p class="quiet">
                                        <TagList scheme={scheme} tags={d.tags} />
                                    </p>
                                )}
                                <Note words={d.note} />
                            </>
                        ),
                    },
                    { title: 'Basis', cell: (d) => d.basis },
                    { title: 'By', cell: (d) => <Who who={d.who} /> },
                    { title: 'When', cell: (d) => when(d.decided_at) },
                    { title: 'Seen sharp', cell: (d) => seconds(d.revealed_ms), number: true },
                    {
                        title: 'Scheme, guidance',
                        cell: (d) =>
                            `${d.scheme_version}, ${d.guidance_version === 0 ? 'none' : d.guidance_version}`,
                    },
                ]}
            />
        </>
    );
}

function Readings({ task, scheme }: Part) {
    if (task.readings.length === 0) return null;
    return (
        <>
            <h3>Readings</h3>
            <Table
                label={`Readings of task ${task.task}`}
                empty=""
                rows={task.readings}
                rowKey={(r) => r.reading}
                columns={[
                    { title: 'Kind', cell: (r) => `${r.kind}, of version ${r.of_version}` },
                    {
                        title: 'Grade',
                        cell: (r) =>
                            r.code === null ? (
                                'waits for a reader'
                            ) : (
                                <>
                                    <CodeName scheme={scheme} code={r.code} />
                                    {r.tags.length > 0 && (
                                        <p class="quiet">
                                            <TagList scheme={scheme} tags={r.tags} />
                                        </p>
                                    )}
                                    <Note words={r.reason} />
                                </>
                            ),
                    },
                    {
                        title: 'Outcome',
                        cell: (r) =>
                            r.outcome === null
                                ? '–'
                                : r.severity === 'none'
                                  ? r.outcome
                                  : `${r.outcome}, ${r.severity}`,
                    },
                    { title: 'By', cell: (r) => (r.code === null ? '–' : <Who who={r.who} />) },
                    { title: 'When', cell: (r) => (r.code === null ? '–' : when(r.decided_at)) },
                ]}
            />
        </>
    );
}

function Corrections({ task, scheme }: Part) {
    if (task.corrections.length === 0) return null;
    return (
        <>
            <h3>Corrections</h3>
            <Table
                label={`Corrections of task ${task.task}`}
                empty=""
                rows={task.corrections}
                rowKey={(c) => c.correction}
                columns={[
                    {
                        title: 'Upheld grade',
                        cell: (c) => (
                            <>
                                <CodeName scheme={scheme} code={c.code} />
                                {c.tags.length > 0 && (
                                    <p class="quiet">
                                        <TagList scheme={scheme} tags={c.tags} />
                                    </p>
                                )}
                                <Note words={c.answer} />
                            </>
                        ),
                    },
                    { title: 'Severity', cell: (c) => c.severity },
                    {
                        title: 'State',
                        cell: (c) => (c.outcome === null ? c.state : `${c.state}, ${c.outcome}`),
                    },
                    { title: 'For', cell: (c) => <Who who={c.who} /> },
                    { title: 'Opened', cell: (c) => when(c.opened_at) },
                    { title: 'Closed', cell: (c) => when(c.closed_at) },
                ]}
            />
        </>
    );
}

function Escalations({ task }: { task: ItemTask }) {
    if (task.escalations.length === 0) return null;
    return (
        <>
            <h3>Escalations</h3>
            <Table
                label={`Escalations of task ${task.task}`}
                empty=""
                rows={task.escalations}
                rowKey={(x) => x.escalation}
                columns={[
                    {
                        title: 'Reason',
                        cell: (x) => (
                            <>
                                {ESCALATION_REASONS[x.reason - 1] ?? x.reason}
                                <Note words={x.note} />
                            </>
                        ),
                    },
                    { title: 'By', cell: (x) => <Who who={x.who} /> },
                    { title: 'When', cell: (x) => when(x.raised_at) },
                    {
                        title: 'Settled',
                        cell: (x) =>
                            x.settled_at === null
                                ? 'open'
                                : [
                                      x.outcome,
                                      when(x.settled_at),
                                      x.settled_by && `by ${x.settled_by}`,
                                  ]
                                      .filter(Boolean)
                                      .join(', '),
                    },
                ]}
            />
        </>
    );
}

function Votes({ task, scheme }: Part) {
    if (task.votes_hidden)
        return (
            <p class="notice">
                What a source said is not shown: you may yet grade or read this task, and its grade
                must not sway you.
            </p>
        );
    if (task.votes.length === 0) return null;
    return (
        <>
            <h3>Sources’ own grades</h3>
            <Table
                label={`Sources’ votes on task ${task.task}`}
                empty=""
                rows={task.votes}
                rowKey={(v) => v.source}
                columns={[
                    { title: 'Source', cell: (v) => v.source },
                    { title: 'Grade', cell: (v) => <CodeName scheme={scheme} code={v.code} /> },
                    { title: 'Tags', cell: (v) => <TagList scheme={scheme} tags={v.tags} /> },
                    { title: 'When', cell: (v) => when(v.created_at) },
                ]}
            />
        </>
    );
}

function Views({ task }: { task: ItemTask }) {
    if (task.view_count === 0) return null;
    return (
        <details>
            <summary>
                {many(task.view_count, 'view')}: who saw which picture, and for how long
            </summary>
            <Table
                label={`Views of task ${task.task}`}
                empty=""
                rows={task.views.map((v, at) => ({ ...v, at }))}
                rowKey={(v) => String(v.at)}
                columns={[
                    { title: 'Who', cell: (v) => <Who who={v.who} /> },
                    {
                        title: 'Picture',
                        cell: (v) => RENDITION_WORDS[v.rendition] ?? v.rendition,
                    },
                    { title: 'When', cell: (v) => when(v.started_at) },
                    {
                        title: 'Shown for',
                        number: true,
                        cell: (v) => (v.ended_at === null ? 'not told' : seconds(v.shown_ms)),
                    },
                ]}
            />
            {task.views.length < task.view_count && (
                <p class="quiet">The newest {task.views.length}.</p>
            )}
        </details>
    );
}

function Releases({ task }: { task: ItemTask }) {
    if (task.releases.length === 0) return null;
    return (
        <>
            <h3>Releases</h3>
            <Table
                label={`Releases with task ${task.task}`}
                empty=""
                rows={task.releases}
                rowKey={(r) => r.release}
                columns={[
                    { title: 'Release', cell: (r) => r.release },
                    {
                        title: 'State',
                        cell: (r) => <span class={`state state-${r.state}`}>{r.state}</span>,
                    },
                    { title: 'Holds version', cell: (r) => r.version, number: true },
                    { title: 'Decided', cell: (r) => when(r.decided_at) },
                    { title: 'Written', cell: (r) => when(r.written_at) },
                ]}
            />
        </>
    );
}

/** What there is none of, in one line instead of as many empty tables. */
function Absent({ task }: { task: ItemTask }) {
    const none = [
        task.readings.length === 0 && 'readings',
        task.corrections.length === 0 && 'corrections',
        task.escalations.length === 0 && 'escalations',
        !task.votes_hidden && task.votes.length === 0 && 'sources’ grades',
        task.releases.length === 0 && 'releases',
        task.view_count === 0 && 'views',
    ].filter((w) => w !== false);
    return none.length === 0 ? null : <p class="quiet">There are no {none.join(', ')}.</p>;
}

export function ItemTaskPart({
    task,
    inheriting,
    again,
}: {
    task: ItemTask;
    inheriting: number;
    again: () => void;
}) {
    const scheme = useScheme(task.scheme);
    return (
        <section aria-label={`Task ${task.task}`}>
            <h2>{scheme?.label ?? task.scheme}</h2>
            <p class="task-state">
                <span class={`state state-${task.state}`}>
                    {STATE_WORDS[task.state] ?? task.state}
                </span>
                <span class="quiet">
                    since {when(task.state_at)}; task {task.task}, first brought by {task.batch}
                    {task.lot !== null && `, lot ${task.lot}`}
                </span>
            </p>
            {task.blind ? (
                <Empty>
                    You may yet read this task blind, so nothing of what others decided is shown. It
                    is here when you have read it or its lot has passed.
                </Empty>
            ) : (
                <>
                    <Decisions task={task} scheme={scheme} />
                    {task.state === 'passed' && scheme !== null && hasRole('lead', 'arbiter') && (
                        <SupersedeForm
                            task={task}
                            scheme={scheme}
                            inheriting={inheriting}
                            again={again}
                        />
                    )}
                    <Readings task={task} scheme={scheme} />
                    <Corrections task={task} scheme={scheme} />
                    <Escalations task={task} />
                    <Votes task={task} scheme={scheme} />
                    <Releases task={task} />
                    <Views task={task} />
                    <Absent task={task} />
                </>
            )}
        </section>
    );
}
