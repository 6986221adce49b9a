// The states of a task in words, counted.
import { count } from './ui.tsx';

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

/** How many are in each state that has any. */
export function StateCounts({ states }: { states: Readonly<Record<string, number>> }) {
    const rows = STATE_WORDS.filter(([name]) => (states[name] ?? 0) > 0);
    if (rows.length === 0) return null;
    return (
        <dl class="counts">
            {rows.map(([name, words]) => (
                <div key={name}>
                    <dd>{count(states[name] ?? 0)}</dd>
                    <dt>{words}</dt>
                </div>
            ))}
        </dl>
    );
}
