// The record: its signed head, the proof that it is whole, and its entries as text.
import { useSignal } from '@preact/signals';
import { api } from '../api.ts';
import { count, Empty, Field, Head, Loads, many, Problem, useAct, useLoad } from '../parts/ui.tsx';
import { hasRole } from '../state.ts';
import type { RecordEntries, RecordReport } from '../types.ts';

const PAGE = 50;

function Verify() {
    const report = useSignal<RecordReport | null>(null);
    const act = useAct();
    const r = report.value;
    return (
        <section aria-labelledby="verify">
            <h2 id="verify">Proof</h2>
            <p>Every entry is hashed again and compared with the tree and the signed head.</p>
            <Problem words={act.problem} />
            {r !== null && (
                <p class={r.good ? 'good' : 'problem'} role="status">
                    {r.good
                        ? `Whole: ${many(r.entries, 'entry', 'entries')}, ${count(r.sequenced)} in the tree.`
                        : `Not whole. ${r.finding ?? ''}`}
                </p>
            )}
            <button
                type="button"
                class="primary"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        let now = await api.verifyRecord();
                        while (now.running) {
                            await new Promise((done) => setTimeout(done, 300));
                            now = await api.verifying();
                        }
                        report.value = now.report;
                    })
                }
            >
                {act.busy ? 'Proving' : 'Prove the record whole'}
            </button>
        </section>
    );
}

function Entries({ size }: { size: number }) {
    const from = useSignal(Math.max(0, size - PAGE));
    const page = useSignal<RecordEntries | null>(null);
    const act = useAct();
    const load = (at: number): void =>
        act.run(async () => {
            from.value = Math.max(0, at);
            page.value = await api.recordEntries(from.value, PAGE);
        });
    return (
        <section aria-labelledby="entries">
            <h2 id="entries">Entries</h2>
            <form
                class="row row-end"
                onSubmit={(e) => {
                    e.preventDefault();
                    load(from.value);
                }}
            >
                <Field label="From entry" id="from">
                    <input
                        id="from"
                        type="number"
                        min={0}
                        required
                        value={from.value}
                        onInput={(e) => {
                            from.value = e.currentTarget.valueAsNumber || 0;
                        }}
                    />
                </Field>
                <button type="submit" disabled={act.busy}>
                    Show {PAGE}
                </button>
                <button type="button" disabled={act.busy} onClick={() => load(from.value - PAGE)}>
                    Earlier
                </button>
                <button
                    type="button"
                    disabled={act.busy || page.value?.next == null}
                    onClick={() => load(page.value?.next ?? from.value)}
                >
                    Later
                </button>
            </form>
            <Problem words={act.problem} />
            {page.value?.entries.length === 0 && <Empty>No entries from there on.</Empty>}
            <ol class="entries">
                {page.value?.entries.map((e) => (
                    <li key={e.index}>
                        <span class="entry-index">{e.index}</span>
                        <code>{JSON.stringify(e.entry)}</code>
                    </li>
                ))}
            </ol>
        </section>
    );
}

export function RecordScreen() {
    const head = useLoad(api.recordHead);
    return (
        <>
            <Head title="Record">
                Every view, decision, release and sign-in, in a tree whose head is signed.
            </Head>
            <Loads from={head}>
                {(h) => (
                    <>
                        <section aria-labelledby="head">
                            <h2 id="head">Signed head</h2>
                            <p>{many(h.size, 'entry', 'entries')}.</p>
                            {h.checkpoint === null ? (
                                <Empty>The first head is not signed yet.</Empty>
                            ) : (
                                <pre tabIndex={0}>{h.checkpoint}</pre>
                            )}
                        </section>
                        {hasRole('auditor') && <Verify />}
                        {hasRole('auditor') && <Entries size={h.size} />}
                    </>
                )}
            </Loads>
        </>
    );
}
