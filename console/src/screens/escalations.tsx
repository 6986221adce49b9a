// Escalated items for leads: the reason in words, then settle it or send it back to the queue.
import { api } from '../api.ts';
import { ItemLink } from '../parts/itemlink.tsx';
import { Head, Loads, Problem, Table, useAct, useLoad, when } from '../parts/ui.tsx';
import { go } from '../session.ts';
import { ESCALATION_REASONS } from '../types.ts';
import { Refer } from './referrals.tsx';

export function Escalations() {
    const list = useLoad(api.escalations);
    const act = useAct();
    return (
        <>
            <Head title="Escalations">
                Items that assessors passed on. Safeguarding comes first; an item opens covered.
            </Head>
            <Problem words={act.problem} />
            <Loads from={list}>
                {({ escalations }) => (
                    <Table
                        label="Escalations"
                        empty="Nothing is escalated."
                        rows={[...escalations].sort((a, b) => a.reason - b.reason)}
                        rowKey={(e) => e.escalation}
                        columns={[
                            {
                                title: 'Reason',
                                cell: (e) => (
                                    <>
                                        {e.reason === 1 && <b>Urgent. </b>}
                                        {ESCALATION_REASONS[e.reason - 1] ?? `Reason ${e.reason}`}
                                        {e.note !== '' && <p class="quiet text">{e.note}</p>}
                                        <Refer escalation={e.escalation} task={e.task} />
                                    </>
                                ),
                            },
                            { title: 'From', cell: (e) => (e.mine ? 'you' : e.raised_by) },
                            { title: 'When', cell: (e) => when(e.raised_at) },
                            { title: 'Task', cell: (e) => <ItemLink id={e.task} /> },
                            {
                                title: '',
                                cell: (e) => (
                                    <div class="row">
                                        <button
                                            type="button"
                                            onClick={() =>
                                                go('escalated', {
                                                    queue: 'escalated',
                                                    task: e.task,
                                                    textOnly: false,
                                                    back: 'escalations',
                                                })
                                            }
                                        >
                                            Open, covered
                                        </button>
                                        <button
                                            type="button"
                                            disabled={act.busy}
                                            onClick={() =>
                                                act.run(async () => {
                                                    await api.returnEscalation(e.escalation);
                                                    list.again();
                                                })
                                            }
                                        >
                                            Back to the queue
                                        </button>
                                    </div>
                                ),
                            },
                        ]}
                    />
                )}
            </Loads>
        </>
    );
}
