// Small parts that every screen is made of.
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { sentence } from '../api.ts';

export function Kbd({ children }: { children: ComponentChildren }) {
    return <kbd>{children}</kbd>;
}

export function Head({ title, children }: { title: string; children?: ComponentChildren }) {
    return (
        <header class="head">
            <h1>{title}</h1>
            {children !== undefined && <p class="lead">{children}</p>}
        </header>
    );
}

export function Problem({ words }: { words: string }) {
    return words === '' ? null : (
        <p class="problem" role="alert">
            {words}
        </p>
    );
}

export function Empty({ children }: { children: ComponentChildren }) {
    return <p class="empty">{children}</p>;
}

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const COUNT = new Intl.NumberFormat('en-GB');

export function when(at: string | null | undefined): string {
    // No break inside a time: columns of a table stay one line high.
    return at ? TIME.format(new Date(at)).replaceAll(' ', '\u00a0') : 'not yet';
}

export function count(n: number): string {
    return COUNT.format(n);
}

/** "1 item", "3 items". */
export function many(n: number, one: string, more = `${one}s`): string {
    return `${count(n)} ${n === 1 ? one : more}`;
}

export interface Loaded<A> {
    value: A | null;
    problem: string;
    again: () => void;
}

/** Load once when the part appears, and again on demand. */
export function useLoad<A>(load: () => Promise<A>): Loaded<A> {
    const value = useSignal<A | null>(null);
    const problem = useSignal('');
    const gone = useRef(false);
    const again = (): void => {
        load().then(
            (answer) => {
                if (gone.current) return;
                value.value = answer;
                problem.value = '';
            },
            (failure: unknown) => {
                if (!gone.current) problem.value = sentence(failure);
            },
        );
    };
    useEffect(() => {
        again();
        return () => {
            gone.current = true;
        };
    }, []);
    return { value: value.value, problem: problem.value, again };
}

/** Run an act of a button: disabled while it runs, its problem in words. */
export function useAct(): {
    busy: boolean;
    problem: string;
    run: (act: () => Promise<unknown>) => void;
} {
    const busy = useSignal(false);
    const problem = useSignal('');
    const run = (act: () => Promise<unknown>): void => {
        if (busy.value) return;
        busy.value = true;
        problem.value = '';
        act()
            .catch((failure: unknown) => {
                problem.value = sentence(failure);
            })
            .finally(() => {
                busy.value = false;
            });
    };
    return { busy: busy.value, problem: problem.value, run };
}

/** Wait for the first answer in words; then the content. */
export function Loads<A>({
    from,
    children,
}: {
    from: Loaded<A>;
    children: (value: A) => ComponentChildren;
}) {
    return (
        <>
            <Problem words={from.problem} />
            {from.problem !== '' && (
                <button type="button" onClick={from.again}>
                    Try again
                </button>
            )}
            {from.value === null
                ? from.problem === '' && <Empty>Loading.</Empty>
                : children(from.value)}
        </>
    );
}

export interface Column<R> {
    title: string;
    cell: (row: R) => ComponentChildren;
    number?: true;
}

/** A table that scrolls by itself when the window is narrower than its rows. */
export function Table<R>({
    label,
    columns,
    rows,
    rowKey,
    empty,
}: {
    label: string;
    columns: readonly Column<R>[];
    rows: readonly R[];
    rowKey: (row: R) => string;
    empty: string;
}) {
    if (rows.length === 0) return <Empty>{empty}</Empty>;
    return (
        <section class="scroll" aria-label={label} tabIndex={0}>
            <table>
                <thead>
                    <tr>
                        {columns.map((c) => (
                            <th key={c.title} scope="col" class={c.number ? 'number' : undefined}>
                                {c.title || <span class="unseen">Act</span>}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row) => (
                        <tr key={rowKey(row)}>
                            {columns.map((c) => (
                                <td key={c.title} class={c.number ? 'number' : undefined}>
                                    {c.cell(row)}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}

export function Field({
    label,
    hint,
    children,
    id,
}: {
    label: string;
    hint?: string;
    id: string;
    children: ComponentChildren;
}) {
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {children}
            {hint !== undefined && <p class="hint">{hint}</p>}
        </div>
    );
}

/** What an input of a TextField may be told beside its words. */
interface TextRules {
    type?: 'text' | 'password' | 'date' | 'datetime-local';
    required?: boolean;
    minLength?: number;
    maxLength?: number;
    min?: string;
    pattern?: string;
    autocomplete?: 'off' | 'new-password';
    class?: string;
}

/** A line of text that a signal holds, with its label. */
export function TextField({
    label,
    hint,
    id,
    of,
    ...rules
}: { label: string; hint?: string; id: string; of: Signal<string> } & TextRules) {
    // One of the kinds of input that the types tell apart; which, they cannot see from here.
    const attributes = {
        type: 'text',
        autocomplete: 'off',
        ...rules,
    } as InputHTMLAttributes<HTMLInputElement>;
    return (
        <Field label={label} id={id} {...(hint === undefined ? {} : { hint })}>
            <input
                {...attributes}
                id={id}
                spellcheck={false}
                value={of.value}
                onInput={(e: { currentTarget: HTMLInputElement }) => {
                    of.value = e.currentTarget.value;
                }}
            />
        </Field>
    );
}

/** Names and what they are, as a list that reads as two columns. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
    return (
        <dl class="told">
            {rows.map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}

const HOLD_MS = 1_000;
const ARMED_MS = 6_000;

/**
 * A button that has to be held for a second, by key or pointer. Who cannot hold presses twice, a
 * second or more apart.
 */
export function HoldButton({
    label,
    disabled,
    onDone,
}: {
    label: string;
    disabled: boolean;
    onDone: () => void;
}) {
    const holding = useSignal(false);
    const armedMs = useSignal(0);
    const timer = useRef(0);
    const begin = (): void => {
        if (disabled || holding.value) return;
        holding.value = true;
        timer.current = window.setTimeout(() => {
            holding.value = false;
            armedMs.value = 0;
            onDone();
        }, HOLD_MS);
    };
    const end = (): void => {
        if (!holding.value) return;
        holding.value = false;
        clearTimeout(timer.current);
        const since = performance.now() - armedMs.value;
        if (armedMs.value > 0 && since >= HOLD_MS && since <= ARMED_MS) {
            armedMs.value = 0;
            onDone();
        } else armedMs.value = performance.now();
    };
    const isKey = (e: KeyboardEvent): boolean => e.key === 'Enter' || e.key === ' ';
    return (
        <div class="hold">
            <button
                type="button"
                class={`primary hold-button${holding.value ? ' is-holding' : ''}`}
                disabled={disabled}
                onKeyDown={(e) => {
                    if (!isKey(e)) return;
                    e.preventDefault();
                    if (!e.repeat) begin();
                }}
                onKeyUp={(e) => {
                    if (isKey(e)) end();
                }}
                onPointerDown={begin}
                onPointerUp={end}
                onPointerLeave={end}
                onBlur={() => {
                    holding.value = false;
                    clearTimeout(timer.current);
                }}
            >
                <span>{label}</span>
            </button>
            <p class="hint" role="status">
                {armedMs.value > 0
                    ? 'Let go too early. Hold for one second, or press again after a second.'
                    : 'Hold Enter or Space for one second.'}
            </p>
        </div>
    );
}
