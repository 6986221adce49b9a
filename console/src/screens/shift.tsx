// Shift end: the check by text, what to put right, the statement, and submitting by a held key.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api, idempotencyKey } from '../api.ts';
import { CodeName, TagList } from '../parts/grade.tsx';
import { schemeOf, useSchemes } from '../parts/schemes.ts';
import {
    count,
    Empty,
    Head,
    HoldButton,
    Loads,
    many,
    Problem,
    useAct,
    useLoad,
} from '../parts/ui.tsx';
import type { Scheme } from '../scheme.ts';
import { go } from '../session.ts';
import { state } from '../state.ts';
import type { Check, CheckRow, Submitted } from '../types.ts';

/** Why a rule is there, on request. */
const RULE_WORDS: Record<CheckRow['rule'], string> = {
    open_leases:
        'A task that is still handed out to you has no decision yet. It goes back by itself.',
    later_pile: 'What you put off is decided or handed over before the shift ends.',
    required_tag_missing: 'The scheme asks for these tags with this grade.',
    tag_contradicts: 'The scheme does not allow this tag beside this grade or another tag.',
    never_revealed: 'Graded from the cover alone. A listed grade needs one sharp view.',
    hash_untrusted: 'The item’s hashes are incomplete or marked as not to be trusted.',
    stale_scheme: 'Graded under a version of the scheme that is no longer in force.',
    too_fast: 'Decided so soon after the picture was seen that a slip is likely.',
};

/** Rules that are put right by looking at the pile rather than at single decisions. */
const PILE_RULES: readonly CheckRow['rule'][] = ['later_pile', 'open_leases'];
const SHOWN_TASKS_MAX = 50;

function open(task: string, textOnly: boolean): void {
    go('assess', { queue: 'grade', task, textOnly, back: 'shift' });
}

function Tasks({ row, schemes }: { row: CheckRow; schemes: Scheme[] }) {
    if (row.rule === 'later_pile')
        return (
            <button type="button" onClick={() => go('later')}>
                To the Later pile
            </button>
        );
    if (PILE_RULES.includes(row.rule) || row.tasks.length === 0) return null;
    return (
        <ul class="check-tasks">
            {row.tasks.slice(0, SHOWN_TASKS_MAX).map((t) => {
                const scheme = schemeOf(schemes, t.code);
                return (
                    <li key={t.task}>
                        <div>
                            <CodeName scheme={scheme} code={t.code} />
                            <p class="quiet">
                                <TagList scheme={scheme} tags={t.tags} />
                                {t.detail && `: ${t.detail}`}
                            </p>
                        </div>
                        <div class="row">
                            <button type="button" onClick={() => open(t.task, true)}>
                                Fix without looking
                            </button>
                            <button type="button" onClick={() => open(t.task, false)}>
                                Look
                            </button>
                        </div>
                    </li>
                );
            })}
        </ul>
    );
}

function Row({ row, schemes }: { row: CheckRow; schemes: Scheme[] }) {
    const good = row.count === 0;
    const kind = good ? 'is-good' : row.blocking ? 'is-blocking' : 'is-note';
    return (
        <li class={`check-row ${kind}`}>
            <p class="check-count">
                {good ? 'none' : count(row.count)}
                <span>{good ? 'in order' : row.blocking ? 'to put right' : 'to know'}</span>
            </p>
            <div>
                <h2>{row.label}</h2>
                <details>
                    <summary>Explain</summary>
                    <p>{RULE_WORDS[row.rule]}</p>
                </details>
                {!good && <Tasks row={row} schemes={schemes} />}
            </div>
        </li>
    );
}

function Done({ submitted }: { submitted: Submitted }) {
    return (
        <>
            <Head title="Submitted">
                {many(submitted.size, 'decision')} sealed in lot {submitted.lot}.
            </Head>
            <p>
                {many(submitted.sample_size, 'item')} of it will be read by somebody else, blind. If
                anything is upheld, it comes back to you in text, under Corrections.
            </p>
            <button type="button" class="primary" onClick={() => go('home')}>
                Home
            </button>
        </>
    );
}

function Checked({
    check,
    again,
    onDone,
}: {
    check: Check;
    again: () => void;
    onDone: (s: Submitted) => void;
}) {
    const schemes = useSchemes();
    const act = useAct();
    const key = useSignal(idempotencyKey());
    const unsaved = state.unsaved.value;
    const rows = [...check.rows].sort(
        (a, b) =>
            Number(b.count > 0) - Number(a.count > 0) || Number(b.blocking) - Number(a.blocking),
    );
    return (
        <>
            {rows.length === 0 && <p class="good">In order: nothing is left to put right.</p>}
            {rows.length > 0 && (
                <ul class="check">
                    {rows.map((r) => (
                        <Row key={r.rule} row={r} schemes={schemes} />
                    ))}
                </ul>
            )}
            <button type="button" onClick={again}>
                Check again
            </button>
            <section class="statement" aria-labelledby="statement">
                <h2 id="statement">Statement</h2>
                <p>{check.statement}</p>
                <p>{many(check.decided, 'decision')} in this shift.</p>
                <Problem words={act.problem} />
                {unsaved > 0 && <Problem words={`${unsaved} decisions are not saved yet.`} />}
                {!check.ready && (
                    <p>The shift can be submitted when nothing is left to put right.</p>
                )}
                <HoldButton
                    label="Submit the shift"
                    disabled={!check.ready || act.busy || unsaved > 0}
                    onDone={() =>
                        act.run(async () => {
                            onDone(await api.submitShift(key.value));
                        })
                    }
                />
            </section>
        </>
    );
}

function CheckPart({ onDone }: { onDone: (s: Submitted) => void }) {
    const check = useLoad(api.checkShift);
    const saved = state.unsaved.value === 0;
    const wasSaved = useRef(saved);
    /* What was still on its way when the server checked is there now. */
    useEffect(() => {
        if (saved && !wasSaved.current) check.again();
        wasSaved.current = saved;
    }, [saved]);
    return (
        <Loads from={check}>
            {(c) => <Checked check={c} again={check.again} onDone={onDone} />}
        </Loads>
    );
}

export function ShiftEnd() {
    const shift = useLoad(api.shift);
    const done = useSignal<Submitted | null>(null);
    if (done.value !== null) return <Done submitted={done.value} />;
    return (
        <>
            <Head title="Shift end">
                Checked by text first. No picture is needed for most of it.
            </Head>
            <Loads from={shift}>
                {(s) =>
                    s.shift === null ? (
                        <Empty>No shift is open.</Empty>
                    ) : (
                        <CheckPart
                            onDone={(submitted) => {
                                done.value = submitted;
                            }}
                        />
                    )
                }
            </Loads>
        </>
    );
}
