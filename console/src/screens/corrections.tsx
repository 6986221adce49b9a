// Corrections: what was upheld, in text; fix it or contest it, and the picture only if asked for.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, idempotencyKey } from '../api.ts';
import { CodeName, GradeForm, TagList } from '../parts/grade.tsx';
import { ItemLink } from '../parts/itemlink.tsx';
import { Peek } from '../parts/peek.tsx';
import { schemeOf, useSchemes } from '../parts/schemes.ts';
import { Empty, Field, Head, Loads, Problem, useAct, useLoad, when } from '../parts/ui.tsx';
import { findCode, type Scheme, whyNotReady } from '../scheme.ts';
import { hasRole, say } from '../state.ts';
import type { Correction, Lease } from '../types.ts';

const SEVERITY_WORDS: Record<Correction['severity'], string> = {
    minor: 'Minor: tags differ',
    major: 'Major: another category',
    critical: 'Critical: across the legal line',
};

function Compare({ c, scheme }: { c: Correction; scheme: Scheme | null }) {
    return (
        <dl class="compare">
            <div>
                <dt>Given</dt>
                <dd>
                    <CodeName scheme={scheme} code={c.given_code} />
                    <p class="quiet">
                        <TagList scheme={scheme} tags={c.given_tags} />
                    </p>
                </dd>
            </div>
            <div>
                <dt>Upheld</dt>
                <dd>
                    <CodeName scheme={scheme} code={c.upheld_code} />
                    <p class="quiet">
                        <TagList scheme={scheme} tags={c.upheld_tags} />
                    </p>
                </dd>
            </div>
        </dl>
    );
}

function Picture({ c, lease }: { c: Correction; lease: Signal<Lease | null> }) {
    const act = useAct();
    // The task goes back when the card closes; if that fails, the lease runs out by itself.
    useEffect(
        () => () => {
            const held = lease.peek();
            if (held !== null) void api.returnLease(held.lease).catch(() => {});
        },
        [],
    );
    if (lease.value !== null) return <Peek lease={lease.value} />;
    return (
        <>
            <Problem words={act.problem} />
            <button
                type="button"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        lease.value = await api.leaseCorrection(c.correction);
                    })
                }
            >
                Ask for the picture, covered
            </button>
        </>
    );
}

function Answer({ c, scheme, onDone }: { c: Correction; scheme: Scheme; onDone: () => void }) {
    const code = useSignal(c.upheld_code);
    const tags = useSignal<string[]>([...c.upheld_tags]);
    const words = useSignal('');
    const key = useSignal(idempotencyKey());
    const act = useAct();
    const chosen = findCode(scheme, code.value);
    const kept = chosen?.tags ? tags.value : [];
    const why = chosen === undefined ? 'Choose a grade.' : whyNotReady(scheme, chosen, kept);
    const answer = (body: Parameters<typeof api.answerCorrection>[1]): void =>
        act.run(async () => {
            try {
                await api.answerCorrection(c.correction, body, key.value);
            } finally {
                key.value = idempotencyKey();
            }
            say('Answered.');
            onDone();
        });
    return (
        <div class="answer">
            <Problem words={act.problem} />
            <details open>
                <summary>Fix it</summary>
                <GradeForm
                    scheme={scheme}
                    code={code.value}
                    tags={tags.value}
                    name={c.correction}
                    onChange={(newCode, newTags) => {
                        code.value = newCode;
                        tags.value = newTags;
                    }}
                />
                {why !== null && <p class="hint">{why}</p>}
                <button
                    type="button"
                    class="primary"
                    disabled={act.busy || why !== null}
                    onClick={() => answer({ fix: { code: code.value, tags: kept } })}
                >
                    Save the fix
                </button>
            </details>
            <details>
                <summary>Contest it</summary>
                <Field label="Why the given grade stands" id={`contest-${c.correction}`}>
                    <textarea
                        id={`contest-${c.correction}`}
                        rows={3}
                        maxLength={2000}
                        value={words.value}
                        onInput={(e) => {
                            words.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <button
                    type="button"
                    disabled={act.busy || words.value.trim() === ''}
                    onClick={() => answer({ contest: words.value.trim() })}
                >
                    Contest
                </button>
            </details>
        </div>
    );
}

function Close({ c, again }: { c: Correction; again: () => void }) {
    const act = useAct();
    const key = useSignal(idempotencyKey());
    const close = (outcome: 'upheld' | 'dropped'): void =>
        act.run(async () => {
            try {
                await api.closeCorrection(c.correction, outcome, key.value);
            } finally {
                key.value = idempotencyKey();
            }
            again();
        });
    return (
        <>
            <Problem words={act.problem} />
            <div class="row">
                <button type="button" disabled={act.busy} onClick={() => close('upheld')}>
                    Uphold the reading
                </button>
                <button type="button" disabled={act.busy} onClick={() => close('dropped')}>
                    The given grade stands
                </button>
            </div>
        </>
    );
}

function Card({ c, scheme, again }: { c: Correction; scheme: Scheme | null; again: () => void }) {
    const lease = useSignal<Lease | null>(null);
    return (
        <li class="card">
            <p class="card-head">
                <b>{SEVERITY_WORDS[c.severity]}</b>
                <span class="quiet">
                    Task <ItemLink id={c.task} />, lot {c.lot}, {when(c.opened_at)}
                </span>
            </p>
            <Compare c={c} scheme={scheme} />
            {c.reason && <p class="text">Reading: {c.reason}</p>}
            {c.answer && <p class="text">Answer: {c.answer}</p>}
            {c.state === 'closed' && <p>Closed: {c.outcome}.</p>}
            {c.state === 'contested' && c.mine && <p>Contested; a lead or an arbiter decides.</p>}
            {c.state === 'open' && c.mine && scheme !== null && (
                <>
                    <Picture c={c} lease={lease} />
                    <Answer
                        c={c}
                        scheme={scheme}
                        onDone={() => {
                            lease.value = null; // the answer has ended it
                            again();
                        }}
                    />
                </>
            )}
            {c.state === 'contested' && !c.mine && hasRole('lead', 'arbiter') && (
                <Close c={c} again={again} />
            )}
        </li>
    );
}

export function Corrections() {
    const list = useLoad(api.corrections);
    const schemes = useSchemes();
    return (
        <>
            <Head title="Corrections">
                Upheld errors, in text. A lot stays closed to release until all of them are closed.
            </Head>
            <Loads from={list}>
                {({ corrections }) =>
                    corrections.length === 0 ? (
                        <Empty>There is nothing to correct.</Empty>
                    ) : (
                        <ul class="cards">
                            {corrections.map((c) => (
                                <Card
                                    key={`${c.correction} ${c.state}`}
                                    c={c}
                                    scheme={schemeOf(schemes, c.upheld_code)}
                                    again={list.again}
                                />
                            ))}
                        </ul>
                    )
                }
            </Loads>
        </>
    );
}
