// Batches: what came in, from whom, how far it is; its place in the queue and who may see it.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { Cases } from '../parts/cases.tsx';
import { StateCounts } from '../parts/states.tsx';
import { count, Field, Head, Loads, Problem, Table, useAct, useLoad, when } from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { BatchChange, BatchRow } from '../types.ts';

const FIELDS: readonly [keyof BatchRow, string][] = [
    ['sender', 'Sender'],
    ['contact', 'Contact'],
    ['case_reference', 'Case'],
    ['authority', 'Authority'],
    ['purpose', 'Purpose'],
    ['handling', 'Handling'],
];

function Facts({ batch }: { batch: BatchRow }) {
    const fields = FIELDS.filter(([name]) => batch[name] !== '');
    return (
        <>
            {fields.length > 0 && (
                <dl class="facts">
                    {fields.map(([name, words]) => (
                        <div key={name}>
                            <dt>{words}</dt>
                            <dd>{String(batch[name])}</dd>
                        </div>
                    ))}
                </dl>
            )}
            {batch.items === 0 ? (
                <p class="empty">It brought no item of its own yet.</p>
            ) : (
                <StateCounts states={batch.states} />
            )}
        </>
    );
}

type Change = (body: BatchChange, words: string) => void;

function Place({ batch, busy, change }: { batch: BatchRow; busy: boolean; change: Change }) {
    const priority = useSignal(batch.priority);
    const due = useSignal(batch.due_at?.slice(0, 10) ?? '');
    return (
        <form
            class="row row-end"
            onSubmit={(e) => {
                e.preventDefault();
                change(
                    { priority: priority.value, due_at: due.value === '' ? 'none' : due.value },
                    'The queue follows already.',
                );
            }}
        >
            <Field label="Priority" id="batch-priority">
                <select
                    id="batch-priority"
                    value={priority.value}
                    onChange={(e) => {
                        priority.value = e.currentTarget.value as BatchRow['priority'];
                    }}
                >
                    <option value="urgent">urgent</option>
                    <option value="normal">normal</option>
                    <option value="background">background</option>
                </select>
            </Field>
            <Field label="Due (empty: no date)" id="batch-due">
                <input
                    id="batch-due"
                    type="date"
                    value={due.value}
                    onInput={(e) => {
                        due.value = e.currentTarget.value;
                    }}
                />
            </Field>
            <button type="submit" disabled={busy}>
                Set its place
            </button>
        </form>
    );
}

function People({ batch, busy, change }: { batch: BatchRow; busy: boolean; change: Change }) {
    const list = useLoad(api.colleagues);
    const named = useSignal<string[]>(batch.people.map((p) => p.staff));
    return (
        <Loads from={list}>
            {({ colleagues }) => (
                <form
                    onSubmit={(e) => {
                        e.preventDefault();
                        change(
                            { people: named.value },
                            named.value.length === 0
                                ? 'It is for everybody with the role.'
                                : 'It is for the people named, and nobody else holds any of it.',
                        );
                    }}
                >
                    <fieldset>
                        <legend>Who may see it (nobody named: everybody with the role)</legend>
                        {colleagues.map((c) => (
                            <label key={c.staff} class="choice">
                                <input
                                    type="checkbox"
                                    checked={named.value.includes(c.staff)}
                                    onChange={() => {
                                        named.value = named.value.includes(c.staff)
                                            ? named.value.filter((s) => s !== c.staff)
                                            : [...named.value, c.staff];
                                    }}
                                />
                                <span>
                                    {c.label} <span class="quiet">{c.roles.join(', ')}</span>
                                </span>
                            </label>
                        ))}
                    </fieldset>
                    <p class="quiet">
                        Holds for the items that it brought first: their pictures, readings and
                        texts, and the names that came with it.
                    </p>
                    <button type="submit" disabled={busy}>
                        Set who may see it
                    </button>
                </form>
            )}
        </Loads>
    );
}

function Details({ batch, again }: { batch: BatchRow; again: () => void }) {
    const act = useAct();
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => title.current?.focus(), []);
    const change: Change = (body, words) =>
        act.run(async () => {
            await api.changeBatch(batch.batch, body);
            say(words);
            again();
        });
    return (
        <div class="card">
            <h2 ref={title} tabIndex={-1}>
                {batch.name}
            </h2>
            <Facts batch={batch} />
            <Cases key={batch.batch} batch={batch} />
            <Problem words={act.problem} />
            {hasRole('intake', 'lead') && (
                <>
                    <Place batch={batch} busy={act.busy} change={change} />
                    <People batch={batch} busy={act.busy} change={change} />
                </>
            )}
        </div>
    );
}

export function Batches() {
    const list = useLoad(api.batches);
    const chosen = useSignal('');
    return (
        <>
            <Head title="Batches">
                What came in, the newest first. Files come by upload, by the command or by the
                watched drop folder.
            </Head>
            <Loads from={list}>
                {({ batches }) => {
                    const batch = batches.find((b) => b.batch === chosen.value);
                    return (
                        <>
                            <Table
                                label="Batches"
                                empty="Nothing has been taken in yet. Upload files, or use assay import or assay drop."
                                rows={batches}
                                rowKey={(b) => b.batch}
                                columns={[
                                    { title: 'Batch', cell: (b) => b.name },
                                    { title: 'Sender', cell: (b) => b.sender || '–' },
                                    { title: 'Priority', cell: (b) => b.priority },
                                    {
                                        title: 'Due',
                                        cell: (b) => (b.due_at ? when(b.due_at) : 'no date'),
                                    },
                                    {
                                        title: 'Files',
                                        cell: (b) => count(b.sightings),
                                        number: true,
                                    },
                                    { title: 'New', cell: (b) => count(b.fresh), number: true },
                                    {
                                        title: 'Refused',
                                        cell: (b) => count(b.refused),
                                        number: true,
                                    },
                                    {
                                        title: 'Undecided',
                                        cell: (b) => count(b.waiting),
                                        number: true,
                                    },
                                    {
                                        title: 'For',
                                        cell: (b) =>
                                            b.people.length === 0
                                                ? 'everybody'
                                                : b.people.map((p) => p.label).join(', '),
                                    },
                                    {
                                        title: '',
                                        cell: (b) => (
                                            <button
                                                type="button"
                                                aria-label={`Open ${b.name}`}
                                                onClick={() => {
                                                    chosen.value = b.batch;
                                                }}
                                            >
                                                Open
                                            </button>
                                        ),
                                    },
                                ]}
                            />
                            {batch !== undefined && (
                                <Details
                                    key={`${batch.batch} ${batch.priority} ${batch.due_at} ${batch.people.length}`}
                                    batch={batch}
                                    again={list.again}
                                />
                            )}
                        </>
                    );
                }}
            </Loads>
        </>
    );
}
