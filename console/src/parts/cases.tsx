// The cases of a batch: files of VICS as they came, the receipt, and the answers that were made.
import { useSignal } from '@preact/signals';
import { api } from '../api.ts';
import { hasRole, say } from '../state.ts';
import type { BatchCases, BatchRow, Receipt as ReceiptText } from '../types.ts';
import { count, Loads, many, Problem, Table, useAct, useLoad, when } from './ui.tsx';

/** A text as a file to save. */
function Save({ name, text }: { name: string; text: string }) {
    return (
        <p>
            <a href={`data:application/octet-stream,${encodeURIComponent(text)}`} download={name}>
                {name}
            </a>
        </p>
    );
}

const STATES: Record<string, string> = {
    graded: 'graded',
    cannot_be_assessed: 'cannot be assessed',
    media_missing: 'media missing',
    media_mismatch: 'other media than the record says',
    record_refused: 'wrong records',
    cannot_be_decoded: 'cannot be decoded',
    type_not_supported: 'of a type not supported yet',
    waiting: 'waiting',
    disputed: 'disputed',
    too_few_votes: 'with too few readings',
};

function Receipt({ batch }: { batch: BatchRow }) {
    const made = useSignal<ReceiptText | null>(null);
    const act = useAct();
    const file = `${batch.name.replace(/[^\w.-]+/g, '-')}.receipt.json`;
    return (
        <>
            <button
                type="button"
                disabled={act.busy}
                onClick={() =>
                    act.run(async () => {
                        made.value = await api.makeReceipt(batch.batch);
                        say('The receipt is made. Save both files.');
                    })
                }
            >
                Make a signed receipt
            </button>
            <Problem words={act.problem} />
            {made.value !== null && (
                <>
                    <Save name={file} text={made.value.receipt} />
                    <Save name={`${file}.minisig`} text={made.value.signature} />
                </>
            )}
        </>
    );
}

function Files({ files }: Pick<BatchCases, 'files'>) {
    return (
        <Table
            label="Files of VICS"
            empty=""
            rows={files}
            rowKey={(f) => f.sha256}
            columns={[
                {
                    title: 'File',
                    cell: (f) => <code title={f.sha256}>{f.sha256.slice(0, 16)}…</code>,
                },
                {
                    title: 'Form',
                    cell: (f) => `VICS ${f.vics}${f.region && `, ${f.region}`}, by ${f.profile}`,
                },
                {
                    title: 'Here',
                    cell: (f) => (f.done_at === null ? 'being taken in' : when(f.done_at)),
                },
                { title: 'Records', cell: (f) => count(f.records), number: true },
                { title: 'Taken', cell: (f) => count(f.taken), number: true },
                { title: 'Missing', cell: (f) => count(f.missing), number: true },
                { title: 'Mismatch', cell: (f) => count(f.mismatch), number: true },
                { title: 'Wrong', cell: (f) => count(f.refused), number: true },
            ]}
        />
    );
}

function Answers({ answers }: Pick<BatchCases, 'answers'>) {
    return (
        <Table
            label="Answers"
            empty="No answer was made yet: assay answer writes one."
            rows={answers}
            rowKey={(a) => String(a.number)}
            columns={[
                {
                    title: 'Answer',
                    cell: (a) => `${a.number}${a.part ? ', a part' : ''}, ${when(a.made_at)}`,
                },
                { title: 'Form', cell: (a) => a.profile },
                { title: 'Readings needed', cell: (a) => a.votes, number: true },
                { title: 'Records', cell: (a) => count(a.answered), number: true },
                {
                    title: 'Of them',
                    cell: (a) =>
                        Object.entries(a.states)
                            .map(([state, n]) => `${count(n)} ${STATES[state] ?? state}`)
                            .join(', '),
                },
            ]}
        />
    );
}

export function Cases({ batch }: { batch: BatchRow }) {
    const list = useLoad(() => api.batchCases(batch.batch));
    return (
        <Loads from={list}>
            {({ files, answers }) => (
                <>
                    {files.length > 0 && (
                        <>
                            <h3>{many(files.length, 'file')} of cases</h3>
                            <Files files={files} />
                            <Answers answers={answers} />
                        </>
                    )}
                    {hasRole('intake', 'lead') && <Receipt batch={batch} />}
                </>
            )}
        </Loads>
    );
}
