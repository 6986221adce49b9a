// Look up: what the lists know of hashes, or of a file, which is hashed by the server and never shown.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { FileDrop } from '../parts/filedrop.tsx';
import { count, Facts, Field, Head, many, Problem, Table, useAct } from '../parts/ui.tsx';
import type { LookupAnswer, LookupAnswers, LookupRow } from '../types.ts';
import { LIST_KINDS } from './lists.tsx';

const LINES_MAX = 500;
const FILE_MAX = 15 * 1024 * 1024;

const STATUS: Record<LookupAnswer['status'], string> = {
    match: 'Match',
    no_match: 'No match',
    unmatchable: 'Cannot be searched',
    test: 'Test entry',
};

const REASONS: Record<string, string> = {
    not_a_picture: 'no picture, so only its exact bytes were looked up',
    too_small: 'the picture is too small to compare',
    low_quality: 'the picture has too little detail to compare',
    degenerate: 'the picture is flat and cannot be compared',
    damaged: 'the picture is damaged',
    unsupported: 'a type of picture that is not supported',
    undecodable: 'the picture cannot be decoded',
};

/** The lines that are asked, without the empty ones and those that lists have as remarks. */
function linesOf(text: string): string[] {
    return text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
}

interface Asked {
    of: readonly string[]; // how each answer is called
    got: LookupAnswers;
}

interface Line {
    key: string;
    of: string;
    answer: LookupAnswer;
    row: LookupRow | null; // null: the answer has none
}

function linesIn(asked: Asked): Line[] {
    return asked.got.answers.flatMap((answer, i): Line[] => {
        const of = asked.of[i] ?? '';
        if (answer.rows.length === 0) return [{ key: `${i}`, of, answer, row: null }];
        return answer.rows.map((row, k) => ({ key: `${i} ${k}`, of, answer, row }));
    });
}

function statusOf({ answer }: Line) {
    const reason = answer.reason === null ? '' : (REASONS[answer.reason] ?? answer.reason);
    return (
        <>
            <b>{STATUS[answer.status]}</b>
            {reason !== '' && <span class="quiet">: {reason}</span>}
        </>
    );
}

const gradeOf = (row: LookupRow): string => {
    if (row.code === null) return 'no grade';
    const version = row.scheme_version > 0 ? ` ${row.scheme_version}` : '';
    return `${row.code} (${row.scheme ?? 'no scheme'}${version})`;
};

function remarks(row: LookupRow): string {
    const said = [
        ...row.tags,
        ...(row.collage ? ['collage: near it lies more than is meant'] : []),
        ...(row.quarantined ? ['in quarantine: too many matches'] : []),
        ...(row.expires_at !== null && Date.parse(row.expires_at) < Date.now() ? ['expired'] : []),
    ];
    return said.join(', ') || '–';
}

function FileFacts({ file }: { file: NonNullable<LookupAnswers['file']> }) {
    const why = file.pdq_reason === null ? '' : (REASONS[file.pdq_reason] ?? file.pdq_reason);
    return (
        <Facts
            rows={[
                ['Type', `${file.type}, ${many(file.size, 'byte')}`],
                ['SHA-256', <code key="s">{file.sha256}</code>],
                ['MD5', <code key="m">{file.md5}</code>],
                [
                    'PDQ',
                    file.pdq === null ? (
                        `none: ${why}`
                    ) : (
                        <span key="p">
                            <code>{file.pdq}</code>, quality {file.pdq_quality}
                            {why !== '' && `, not compared: ${why}`}
                        </span>
                    ),
                ],
            ]}
        />
    );
}

function Answers({ asked }: { asked: Asked }) {
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => title.current?.focus(), [asked]);
    const { answers, file } = asked.got;
    const of = (status: LookupAnswer['status']): number =>
        answers.filter((a) => a.status === status).length;
    const conflict = answers.some((a) => a.rows.some((r) => r.conflict));
    return (
        <section aria-labelledby="answers">
            <h2 id="answers" ref={title} tabIndex={-1}>
                {count(of('match'))} of {count(answers.length)} in a list
            </h2>
            {conflict && (
                <p class="problem" role="alert">
                    Conflict: a list has this MD5 or SHA-1 with another SHA-256. Somebody made one
                    file to be taken for another, or the list is wrong. Do not rely on this match.
                </p>
            )}
            {of('unmatchable') > 0 && (
                <p class="notice">
                    {many(of('unmatchable'), 'answer')} of “cannot be searched”: that is not clean.
                </p>
            )}
            {file !== undefined && <FileFacts file={file} />}
            <Table
                label="Answers"
                empty="Nothing was asked."
                rows={linesIn(asked)}
                rowKey={(l) => l.key}
                columns={[
                    { title: 'Asked', cell: (l) => <code class="cut">{l.of}</code> },
                    { title: 'Status', cell: statusOf },
                    {
                        title: 'List',
                        cell: (l) =>
                            l.row === null
                                ? '–'
                                : `${l.row.list} (${LIST_KINDS[l.row.kind]}, ${l.row.trust})`,
                    },
                    { title: 'Source', cell: (l) => l.row?.source ?? '–' },
                    { title: 'Grade', cell: (l) => (l.row === null ? '–' : gradeOf(l.row)) },
                    { title: 'Tags', cell: (l) => (l.row === null ? '–' : remarks(l.row)) },
                    {
                        title: 'By',
                        cell: (l) =>
                            l.row === null ? (
                                '–'
                            ) : (
                                <span class={l.row.conflict ? 'is-bad' : undefined}>
                                    {l.row.hash}
                                    {l.row.conflict && ', conflict'}
                                </span>
                            ),
                    },
                    {
                        title: 'Bits off',
                        number: true,
                        cell: (l) => (l.row?.hash === 'pdq' ? l.row.distance : '–'),
                    },
                ]}
            />
            {answers.some((a) => a.more) && (
                <p class="notice">There are more rows than these; ask for fewer hashes at once.</p>
            )}
        </section>
    );
}

export function LookUp() {
    const text = useSignal('');
    const asked = useSignal<Asked | null>(null);
    const act = useAct();
    const lines = linesOf(text.value);
    const askHashes = async (): Promise<void> => {
        if (lines.length > LINES_MAX)
            throw new Error(
                `These are ${count(lines.length)} lines; at most ${LINES_MAX} at once.`,
            );
        asked.value = { of: lines, got: await api.lookUp(lines) };
    };
    const askFile = async (file: File): Promise<void> => {
        if (file.size > FILE_MAX) throw new Error('The file has more than 15 MiB.');
        asked.value = { of: ['the file'], got: await api.lookUpFile(file) };
    };
    return (
        <>
            <Head title="Look up">
                What the lists know of a hash or of a file. Each question is on the record, without
                the hash.
            </Head>
            <form
                onSubmit={(e) => {
                    e.preventDefault();
                    act.run(askHashes);
                }}
            >
                <Field
                    label="Hashes"
                    id="hashes"
                    hint="One file a line: MD5, SHA-1, SHA-256 or PDQ; several hashes of one file with a blank between"
                >
                    <textarea
                        id="hashes"
                        class="mono"
                        rows={6}
                        spellcheck={false}
                        autocomplete="off"
                        value={text.value}
                        onInput={(e) => {
                            text.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <div class="row">
                    <button type="submit" class="primary" disabled={act.busy || lines.length === 0}>
                        Look up
                    </button>
                </div>
            </form>
            <FileDrop
                id="lookup-file"
                label="A file"
                hint="Up to 15 MiB. The server hashes it in memory and drops it; it is not taken in."
                busy={act.busy}
                onFile={(file) => act.run(() => askFile(file))}
            />
            <Problem words={act.problem} />
            {asked.value !== null && <Answers asked={asked.value} />}
        </>
    );
}
