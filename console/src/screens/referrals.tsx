// Referrals: what was handed to police at once, by when it is to be acknowledged, what came of it.
import { useSignal } from '@preact/signals';
import { api, idempotencyKey } from '../api.ts';
import { ItemLink } from '../parts/itemlink.tsx';
import { Field, Head, Loads, Problem, Table, useAct, useLoad, when } from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { Referral, ReferralStep } from '../types.ts';

const FILES = ['referral.json', 'referral.json.minisig'] as const;

const OUTCOMES: Record<NonNullable<ReferralStep['outcome']>, string> = {
    identified: 'Identified',
    known: 'Known already',
    investigating: 'Investigating',
    no_action: 'No action',
};

const STATES: Record<Referral['state'], string> = {
    made: 'Made, not sent yet',
    sent: 'Sent',
    acknowledged: 'Acknowledged',
    closed: 'Closed',
};

/** The form below an escalation: whom it goes to, and why. */
export function Refer({ escalation, task }: { escalation: string; task: string }) {
    const contact = useSignal('');
    const reason = useSignal('');
    const urgent = useSignal(false);
    const key = useSignal(idempotencyKey());
    const act = useAct();
    return (
        <details>
            <summary>Refer to police</summary>
            <form
                class="answer"
                onSubmit={(e) => {
                    e.preventDefault();
                    act.run(async () => {
                        try {
                            await api.refer(
                                escalation,
                                {
                                    contact: contact.value.trim(),
                                    reason: reason.value.trim(),
                                    urgent: urgent.value,
                                },
                                key.value,
                            );
                        } finally {
                            key.value = idempotencyKey();
                        }
                        contact.value = '';
                        reason.value = '';
                        say('The referral is made. Fetch its files under Referrals and send them.');
                    });
                }}
            >
                <Field label="Contact: a person or desk" id={`contact-${task}`}>
                    <input
                        id={`contact-${task}`}
                        type="text"
                        required
                        maxLength={200}
                        value={contact.value}
                        onInput={(e) => {
                            contact.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Field label="Why, in neutral words" id={`reason-${task}`}>
                    <textarea
                        id={`reason-${task}`}
                        rows={2}
                        required
                        maxLength={2000}
                        value={reason.value}
                        onInput={(e) => {
                            reason.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <label>
                    <input
                        type="checkbox"
                        checked={urgent.value}
                        onChange={(e) => {
                            urgent.value = e.currentTarget.checked;
                        }}
                    />{' '}
                    Urgent: to be acknowledged within an hour, not a day
                </label>
                <button type="submit" class="primary" disabled={act.busy}>
                    Make the referral
                </button>
                <Problem words={act.problem} />
            </form>
        </details>
    );
}

function Close({ row, again }: { row: Referral; again: () => void }) {
    const outcome = useSignal<NonNullable<ReferralStep['outcome']>>('investigating');
    const act = useAct();
    const id = `outcome-${row.referral}`;
    return (
        <div class="row row-end">
            <Field label="Outcome" id={id}>
                <select
                    id={id}
                    value={outcome.value}
                    onChange={(e) => {
                        outcome.value = e.currentTarget.value as typeof outcome.value;
                    }}
                >
                    {Object.entries(OUTCOMES).map(([value, words]) => (
                        <option key={value} value={value}>
                            {words}
                        </option>
                    ))}
                </select>
            </Field>
            <button
                type="button"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        await api.stepReferral(row.referral, {
                            state: 'closed',
                            outcome: outcome.value,
                        });
                        again();
                    })
                }
            >
                Close
            </button>
            <Problem words={act.problem} />
        </div>
    );
}

function Step({ row, again }: { row: Referral; again: () => void }) {
    const act = useAct();
    if (!hasRole('lead') || row.state === 'closed') return null;
    if (row.state === 'acknowledged') return <Close row={row} again={again} />;
    const next = row.state === 'made' ? 'sent' : 'acknowledged';
    return (
        <>
            <button
                type="button"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        await api.stepReferral(row.referral, { state: next });
                        again();
                    })
                }
            >
                {next === 'sent' ? 'It was sent' : 'It was acknowledged'}
            </button>
            <Problem words={act.problem} />
        </>
    );
}

function State({ row }: { row: Referral }) {
    return (
        <>
            {row.urgent && <b>Urgent. </b>}
            {STATES[row.state]}
            {row.outcome !== null && `: ${OUTCOMES[row.outcome].toLowerCase()}`}
            {row.overdue && (
                <p class="notice">Overdue: nobody has acknowledged it. Call the contact.</p>
            )}
        </>
    );
}

export function Referrals() {
    const list = useLoad(api.referrals);
    return (
        <>
            <Head title="Referrals">
                Escalated items that were handed to police at once. Each has a clock until it is
                acknowledged.
            </Head>
            <Loads from={list}>
                {({ referrals }) => (
                    <Table
                        label="Referrals"
                        empty="Nothing was referred. A lead refers an item from its escalation."
                        rows={referrals}
                        rowKey={(r) => r.referral}
                        columns={[
                            { title: 'State', cell: (r) => <State row={r} /> },
                            {
                                title: 'Contact',
                                cell: (r) => <span class="text">{r.contact}</span>,
                            },
                            {
                                title: 'Clock',
                                cell: (r) => (
                                    <>
                                        <p>
                                            Made {when(r.made_at)} by {r.made_by}
                                        </p>
                                        <p>
                                            {r.acknowledged_at === null
                                                ? `To be acknowledged by ${when(r.due_at)}`
                                                : `Acknowledged ${when(r.acknowledged_at)}`}
                                        </p>
                                    </>
                                ),
                            },
                            {
                                title: 'Task and files',
                                cell: (r) => (
                                    <>
                                        <ItemLink id={r.task} />
                                        {hasRole('lead') &&
                                            FILES.map((file) => (
                                                <p key={file}>
                                                    <a
                                                        href={api.referralFile(r.referral, file)}
                                                        download
                                                    >
                                                        {file}
                                                    </a>
                                                </p>
                                            ))}
                                    </>
                                ),
                            },
                            { title: '', cell: (r) => <Step row={r} again={list.again} /> },
                        ]}
                    />
                )}
            </Loads>
        </>
    );
}
