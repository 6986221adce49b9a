// Taking a list of hashes in: a file is looked through, what would be refused is shown, then it is imported.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { say } from '../state.ts';
import type { ListCounts, ListNew } from '../types.ts';
import { FileDrop } from './filedrop.tsx';
import { count, Field, many, Problem, Table, TextField, useAct } from './ui.tsx';

const FILE_MAX = 15 * 1024 * 1024;

export const isGuard = (kind: string | undefined): boolean =>
    kind === 'known_good' || kind === 'never_export';

/* ---- a file, looked through before it is taken ---- */

interface Checked {
    file: File;
    counts: ListCounts;
}

function Refused({ counts }: { counts: ListCounts }) {
    if (counts.refused === 0) return null;
    return (
        <>
            <Table
                label="Lines that cannot be used"
                empty=""
                rows={counts.lines}
                rowKey={(l) => `${l.line} ${l.reason}`}
                columns={[
                    { title: 'Line', number: true, cell: (l) => count(l.line) },
                    { title: 'Why it cannot be used', cell: (l) => l.reason },
                ]}
            />
            {counts.refused > counts.lines.length && (
                <p class="quiet">and {count(counts.refused - counts.lines.length)} more.</p>
            )}
        </>
    );
}

/** What was found in the file, and whether to go on. */
function Check({
    checked,
    go,
    words,
    busy,
}: {
    checked: Checked;
    go: () => void;
    words: string;
    busy: boolean;
}) {
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => title.current?.focus(), [checked]);
    const { counts, file } = checked;
    const good = counts.added;
    return (
        <div class="card">
            <h3 ref={title} tabIndex={-1}>
                {file.name}: looked through, nothing taken yet
            </h3>
            <p class={counts.refused > 0 ? 'problem' : 'good'}>
                {many(good, 'record')} can be used
                {counts.refused > 0 && `, ${many(counts.refused, 'line')} cannot`}.
            </p>
            <Refused counts={counts} />
            <button type="button" class="primary" disabled={busy || good === 0} onClick={go}>
                {counts.refused > 0
                    ? `${words}, leaving out ${many(counts.refused, 'line')}`
                    : words}
            </button>
        </div>
    );
}

/** Choose a file, see what it holds, import it; make goes before, where the list is new. */
export function Import({
    id,
    label,
    words,
    query,
    make,
    done,
}: {
    id: string;
    label: string;
    words: string;
    query: { expires: string };
    make: () => Promise<string>;
    done: () => void;
}) {
    const checked = useSignal<Checked | null>(null);
    const act = useAct();
    const look = async (file: File): Promise<void> => {
        checked.value = null;
        if (file.size > FILE_MAX)
            throw new Error(
                'The file has more than 15 MiB. Use the command line for it: assay list import.',
            );
        checked.value = { file, counts: await api.checkList(file) };
    };
    const take = async (now: Checked): Promise<void> => {
        const name = await make();
        const got = await api.importList(name, now.file, {
            expires: query.expires,
            skip: now.counts.refused > 0,
        });
        checked.value = null;
        say(
            got.same
                ? `Version ${got.version} is this very file; nothing was done.`
                : `Version ${got.version}: ${count(got.added)} added, ${count(got.removed)} removed.`,
        );
        done();
    };
    const now = checked.value;
    return (
        <>
            <FileDrop
                id={id}
                label={label}
                hint="Text with a hash a line, CSV, JSON Lines, VICS, ICSE or NSRLFile.txt; up to 15 MiB"
                busy={act.busy}
                onFile={(file) => act.run(() => look(file))}
            />
            <Problem words={act.problem} />
            {now !== null && (
                <Check
                    checked={now}
                    words={words}
                    busy={act.busy}
                    go={() => act.run(() => take(now))}
                />
            )}
        </>
    );
}

/* ---- a new list ---- */

export function NewList({ again }: { again: () => void }) {
    const name = useSignal('');
    const kind = useSignal<NonNullable<ListNew['kind']>>('hashes');
    const trust = useSignal<NonNullable<ListNew['trust']>>('candidate');
    const texts = {
        source: useSignal(''),
        licence: useSignal(''),
        contact: useSignal(''),
        reason: useSignal(''),
        expires: useSignal(''),
    };
    const made = useSignal('');
    const make = async (): Promise<string> => {
        if (made.value === name.value) return made.value; // the import after it failed
        const said = (of: string): string | undefined => (of.trim() === '' ? undefined : of.trim());
        const about = Object.entries({
            source: said(texts.source.value),
            licence: said(texts.licence.value),
            contact: said(texts.contact.value),
            reason: isGuard(kind.value) ? said(texts.reason.value) : undefined,
        }).filter(([, words]) => words !== undefined);
        await api.addList({
            name: name.value,
            kind: kind.value,
            trust: trust.value,
            ...Object.fromEntries(about),
        });
        made.value = name.value;
        return name.value;
    };
    return (
        <section aria-labelledby="new-list">
            <h2 id="new-list">Take a new list in</h2>
            <div class="fields">
                <TextField
                    label="Name"
                    hint="Small letters, digits, . _ -"
                    id="list-name"
                    of={name}
                    maxLength={40}
                />
                <Field
                    label="Kind"
                    id="list-kind"
                    hint="Known good and never export are held back from releases"
                >
                    <select
                        id="list-kind"
                        value={kind.value}
                        onChange={(e) => {
                            kind.value = e.currentTarget.value as typeof kind.value;
                        }}
                    >
                        <option value="hashes">source</option>
                        <option value="known_good">known good</option>
                        <option value="never_export">never export</option>
                    </select>
                </Field>
                <Field
                    label="Trust"
                    id="list-trust"
                    hint="A trusted list’s exact hash with a grade is a hidden vote"
                >
                    <select
                        id="list-trust"
                        value={trust.value}
                        onChange={(e) => {
                            trust.value = e.currentTarget.value as typeof trust.value;
                        }}
                    >
                        <option value="candidate">candidate</option>
                        <option value="trusted">trusted</option>
                    </select>
                </Field>
                <TextField label="Source" id="list-source" of={texts.source} maxLength={1000} />
                <TextField label="Licence" id="list-licence" of={texts.licence} maxLength={1000} />
                <TextField label="Contact" id="list-contact" of={texts.contact} maxLength={1000} />
                {isGuard(kind.value) && (
                    <>
                        <TextField
                            label="Why its files are held back"
                            id="list-reason"
                            of={texts.reason}
                            maxLength={1000}
                        />
                        <TextField
                            label="Until when"
                            hint="Empty: for good"
                            id="list-expires"
                            of={texts.expires}
                            type="date"
                        />
                    </>
                )}
            </div>
            <Import
                id="new-list-file"
                label="A file of hashes"
                words="Make the list and import"
                query={{ expires: texts.expires.value }}
                make={make}
                done={() => {
                    for (const field of [name, made, ...Object.values(texts)]) field.value = '';
                    again();
                }}
            />
        </section>
    );
}
