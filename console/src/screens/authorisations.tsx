// Authorisations: who may view material, authorised by whom, from and to. Never oneself.
import { useSignal } from '@preact/signals';
import { api } from '../api.ts';
import {
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
import type { Authorisation, Me } from '../types.ts';

const DAYS_DEFAULT = 90; // how long a new authorisation lasts unless another day is chosen

function day(offset: number): string {
    const at = new Date();
    at.setDate(at.getDate() + offset);
    const two = (n: number): string => String(n).padStart(2, '0');
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** In force, to come, over or ended, in a word. */
export function authorisationState(a: Authorisation, nowMs: number): string {
    if (a.revoked_at !== null) return 'ended early';
    if (nowMs < Date.parse(a.from_at)) return 'to come';
    return nowMs < Date.parse(a.to_at) ? 'in force' : 'over';
}

function Add({ me, again }: { me: Me; again: () => void }) {
    const people = useLoad(api.staff);
    const staff = useSignal('');
    const purpose = useSignal('');
    const reference = useSignal('');
    const from = useSignal(day(0));
    const to = useSignal(day(DAYS_DEFAULT));
    const act = useAct();
    const others = (people.value?.staff ?? []).filter((s) => s.staff !== me.staff && !s.disabled);
    return (
        <form
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    await api.addAuthorisation({
                        staff: staff.value,
                        purpose: purpose.value,
                        reference: reference.value,
                        // Whole days of this place, from the first moment to the last.
                        from_at: new Date(`${from.value}T00:00:00`).toISOString(),
                        to_at: new Date(`${to.value}T23:59:59`).toISOString(),
                    });
                    say('Authorised.');
                    purpose.value = '';
                    reference.value = '';
                    again();
                });
            }}
        >
            <Problem words={people.problem} />
            <div class="fields">
                <Field label="Person" id="auth-staff">
                    <select
                        id="auth-staff"
                        required
                        value={staff.value}
                        onChange={(e) => {
                            staff.value = e.currentTarget.value;
                        }}
                    >
                        <option value="">Choose</option>
                        {others.map((s) => (
                            <option key={s.staff} value={s.staff}>
                                {s.label}
                            </option>
                        ))}
                    </select>
                </Field>
                <TextField label="Purpose" id="auth-purpose" of={purpose} required maxLength={80} />
                <TextField label="Reference" id="auth-reference" of={reference} maxLength={200} />
                <TextField label="From" id="auth-from" of={from} type="date" required />
                <TextField
                    label="To, this day included"
                    id="auth-to"
                    of={to}
                    type="date"
                    required
                    min={from.value}
                />
            </div>
            <Problem words={act.problem} />
            <button type="submit" class="primary" disabled={act.busy}>
                Authorise
            </button>
        </form>
    );
}

export function Authorisations({ me }: { me: Me }) {
    const list = useLoad(api.authorisations);
    const act = useAct();
    const mayEnd = hasRole('compliance', 'lead');
    return (
        <>
            <Head title="Authorisations">
                Without one in force nobody is handed a task. Nobody authorises themselves.
            </Head>
            <Problem words={act.problem} />
            <Loads from={list}>
                {({ authorisations }) => (
                    <Table
                        label="Authorisations"
                        empty="Nobody is authorised."
                        rows={authorisations}
                        rowKey={(a) => a.authorisation}
                        columns={[
                            { title: 'Person', cell: (a) => a.staff_name },
                            {
                                title: 'State',
                                cell: (a) => authorisationState(a, Date.now()),
                            },
                            { title: 'Purpose', cell: (a) => a.purpose },
                            { title: 'Reference', cell: (a) => a.reference || '–' },
                            { title: 'From', cell: (a) => when(a.from_at) },
                            { title: 'To', cell: (a) => when(a.to_at) },
                            { title: 'By', cell: (a) => a.authorised_by },
                            {
                                title: '',
                                cell: (a) =>
                                    mayEnd && a.revoked_at === null ? (
                                        <button
                                            type="button"
                                            disabled={act.busy}
                                            aria-label={`End now: ${a.staff_name}`}
                                            onClick={() =>
                                                act.run(async () => {
                                                    await api.revokeAuthorisation(a.authorisation);
                                                    list.again();
                                                })
                                            }
                                        >
                                            End now
                                        </button>
                                    ) : null,
                            },
                        ]}
                    />
                )}
            </Loads>
            {hasRole('compliance') && (
                <section aria-labelledby="add">
                    <h2 id="add">Authorise a person</h2>
                    <Add me={me} again={list.again} />
                </section>
            )}
        </>
    );
}
