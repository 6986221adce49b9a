// Home: what waits, in words and numbers, and what the person's roles let them do. No pictures.
import { api } from '../api.ts';
import { StateCounts } from '../parts/states.tsx';
import { count, Head, Loads, many, Problem, useAct, useLoad, when } from '../parts/ui.tsx';
import { go } from '../session.ts';
import { hasRole, mayOpen, SCREENS, type Screen, state } from '../state.ts';
import type { Me, Shift, Stats, Waiting, WaitingRow } from '../types.ts';

function Counts({ stats }: { stats: Stats }) {
    return (
        <section aria-labelledby="counts">
            <h2 id="counts">In this workspace</h2>
            <p>
                {many(stats.items, 'item')} from {many(stats.sightings, 'sighting')},{' '}
                {many(stats.decisions, 'decision')} made.
            </p>
            <StateCounts states={stats.states} />
        </section>
    );
}

const COUNT_MAX = 1000; // the server counts a queue no further

/** What waits, where one goes for it, in words behind the number, and behind the number one. */
const WAITING: Record<WaitingRow['what'], [Screen | null, string, string?]> = {
    grade: ['assess', 'to be graded'],
    later: ['later', 'on your Later pile'],
    shift: ['shift', 'graded in your open shift'],
    corrections: [
        'corrections',
        'corrections that want your answer',
        'correction that wants your answer',
    ],
    readings: ['reading', 'quality readings', 'quality reading'],
    thirds: ['third', 'third readings', 'third reading'],
    contested: ['corrections', 'contested corrections', 'contested correction'],
    escalations: ['escalations', 'escalated items', 'escalated item'],
    approvals: ['release', 'releases to approve or refuse', 'release to approve or refuse'],
    uploads: [
        'upload',
        'uploads of yours that are unfinished',
        'upload of yours that is unfinished',
    ],
    decoder: ['intake', 'items to be hashed and rendered', 'item to be hashed and rendered'],
    authorisations: [
        'authorisations',
        'authorisations that end within 30 days',
        'authorisation that ends within 30 days',
    ],
    not_authorised: [null, 'No authorisation to view is in force for you: nothing is handed out.'],
    differs: [
        'upload',
        'uploads whose bytes are not what was sent',
        'upload whose bytes are not what was sent',
    ],
    referrals_overdue: [
        'referrals',
        'referrals that nobody has acknowledged in time',
        'referral that nobody has acknowledged in time',
    ],
    for_nobody: [
        'batches',
        'items of batches for named people of whom none assesses',
        'item of a batch for named people of whom none assesses',
    ],
    not_shown: [
        null,
        'files kept of which no picture can be shown',
        'file kept of which no picture can be shown',
    ],
};

function Rows({ rows, roles }: { rows: readonly WaitingRow[]; roles: Me['roles'] }) {
    return (
        <dl class="counts">
            {rows.map(({ what, count: n }) => {
                const [screen, more, one] = WAITING[what];
                const words = n === 1 ? (one ?? more) : more;
                const entry = SCREENS.find((s) => s.screen === screen);
                const open = entry !== undefined && mayOpen(roles, entry);
                return (
                    <div key={what}>
                        <dd>
                            {what === 'not_authorised'
                                ? '!'
                                : `${count(n)}${n === COUNT_MAX ? '+' : ''}`}
                        </dd>
                        <dt>{open ? <a href={`#/${screen}`}>{words}</a> : words}</dt>
                    </div>
                );
            })}
        </dl>
    );
}

function WaitingPart({ waiting, roles }: { waiting: Waiting; roles: Me['roles'] }) {
    return (
        <>
            <section aria-labelledby="waiting">
                <h2 id="waiting">Waiting for you</h2>
                {waiting.waiting.length === 0 ? (
                    <p class="empty">Nothing waits for you.</p>
                ) : (
                    <Rows rows={waiting.waiting} roles={roles} />
                )}
            </section>
            {waiting.blocked.length > 0 && (
                <section aria-labelledby="blocked">
                    <h2 id="blocked">Stuck</h2>
                    <Rows rows={waiting.blocked} roles={roles} />
                </section>
            )}
        </>
    );
}

function ShiftPart({ shift, again }: { shift: Shift | null; again: () => void }) {
    const act = useAct();
    if (shift === null)
        return (
            <section aria-labelledby="shift">
                <h2 id="shift">Shift</h2>
                <p>No shift is open. Nothing is shown to you before one is.</p>
                <Problem words={act.problem} />
                <button
                    type="button"
                    class="primary"
                    disabled={act.busy}
                    onClick={() =>
                        act.run(async () => {
                            await api.startShift();
                            again();
                            go('assess');
                        })
                    }
                >
                    Start shift
                </button>
            </section>
        );
    return (
        <section aria-labelledby="shift">
            <h2 id="shift">Shift</h2>
            <p>
                Open since {when(shift.started_at)}.{' '}
                {shift.later > 0 && `${many(shift.later, 'item')} on your Later pile.`}
            </p>
            <div class="row">
                <button type="button" class="primary" onClick={() => go('assess')}>
                    Go on assessing
                </button>
                <button type="button" onClick={() => go('shift')}>
                    End the shift
                </button>
            </div>
        </section>
    );
}

function OpenShift() {
    const shift = useLoad(api.shift);
    return <Loads from={shift}>{(s) => <ShiftPart shift={s.shift} again={shift.again} />}</Loads>;
}

export function Home({ me }: { me: Me }) {
    const stats = useLoad(api.stats);
    const waiting = useLoad(api.waiting);
    const open = SCREENS.filter((s) => s.says !== '' && mayOpen(me.roles, s));
    const needsAuthorisation = hasRole('assessor', 'quality', 'arbiter', 'lead');
    return (
        <>
            <Head title={me.label || me.name}>
                {state.workspace.value?.label ?? me.workspace}
                {' · '}
                {me.roles.length === 0 ? 'no role yet' : me.roles.join(', ')}
            </Head>
            {needsAuthorisation && !me.authorised_until && (
                <p class="notice">
                    No authorisation to view material is in force for you, so no task can be handed
                    out. A compliance officer grants it.
                </p>
            )}
            {needsAuthorisation && me.authorised_until && (
                <p class="quiet">Authorised to view material until {when(me.authorised_until)}.</p>
            )}
            {hasRole('assessor', 'lead') && <OpenShift />}
            {me.roles.length > 0 && (
                <Loads from={waiting}>{(w) => <WaitingPart waiting={w} roles={me.roles} />}</Loads>
            )}
            {open.length > 0 && (
                <section aria-labelledby="open">
                    <h2 id="open">What you can do</h2>
                    <ul class="doors">
                        {open.map((s) => (
                            <li key={s.screen}>
                                <a href={`#/${s.screen}`}>{s.title}</a>
                                <span>{s.says}</span>
                            </li>
                        ))}
                    </ul>
                </section>
            )}
            <Loads from={stats}>{(s) => <Counts stats={s} />}</Loads>
        </>
    );
}
