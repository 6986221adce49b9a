// Home: what waits, in words and numbers, and what the person's roles let them do. No pictures.
import { api } from '../api.ts';
import { count, Head, Loads, many, Problem, useAct, useLoad, when } from '../parts/ui.tsx';
import { go } from '../session.ts';
import { hasRole, mayOpen, SCREENS, state } from '../state.ts';
import type { Me, Shift, Stats } from '../types.ts';

/** The states of a task in the words of the glossary, in the order of the way. */
const STATE_WORDS: readonly [string, string][] = [
    ['received', 'being identified'],
    ['waiting', 'waiting to be graded'],
    ['later', 'on somebody’s Later pile'],
    ['second_look', 'waiting for a second look'],
    ['escalated', 'escalated'],
    ['graded', 'graded in an open shift'],
    ['submitted', 'in lots under quality reading'],
    ['passed', 'passed'],
    ['undecodable', 'kept, but without a picture'],
    ['unsupported', 'of a type not shown yet'],
];

function Counts({ stats }: { stats: Stats }) {
    const rows = STATE_WORDS.filter(([name]) => (stats.states[name] ?? 0) > 0);
    return (
        <section aria-labelledby="counts">
            <h2 id="counts">In this workspace</h2>
            <p>
                {many(stats.items, 'item')} from {many(stats.sightings, 'sighting')},{' '}
                {many(stats.decisions, 'decision')} made.
            </p>
            {rows.length > 0 && (
                <dl class="counts">
                    {rows.map(([name, words]) => (
                        <div key={name}>
                            <dd>{count(stats.states[name] ?? 0)}</dd>
                            <dt>{words}</dt>
                        </div>
                    ))}
                </dl>
            )}
        </section>
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
