// Upload: files and folders into a batch, with what is known of them. Names only; nothing is shown
// of what is in the files, here or anywhere else before Assess.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { GradeForm } from '../parts/grade.tsx';
import { useScheme } from '../parts/schemes.ts';
import { count, Empty, Field, Head, Loads, many, Problem, useAct, useLoad } from '../parts/ui.tsx';
import { sizeWords } from '../sizes.ts';
import { hasRole, say, state } from '../state.ts';
import type { BatchRow, UploadSaid } from '../types.ts';
import { drawn, type FileRow, type Source, uploader } from '../upload.ts';

interface Picked {
    name: string;
    source: Source;
}

const ROWS_SHOWN = 200; // a folder of thousands would only slow the page

/** What was picked, with its path below the folder where there is one. */
function picked(list: FileList): Picked[] {
    return [...list].map((f) => ({ name: f.webkitRelativePath || f.name, source: f }));
}

/** Files and folders that were dropped, folders walked to their ends. */
async function dropped(data: DataTransfer): Promise<Picked[]> {
    const out: Picked[] = [];
    const walk = async (entry: FileSystemEntry): Promise<void> => {
        if (entry.isFile) {
            const file = await new Promise<File>((good, bad) =>
                (entry as FileSystemFileEntry).file(good, bad),
            );
            out.push({ name: entry.fullPath.replace(/^\//, ''), source: file });
            return;
        }
        const reader = (entry as FileSystemDirectoryEntry).createReader();
        for (;;) {
            const some = await new Promise<FileSystemEntry[]>((good, bad) =>
                reader.readEntries(good, bad),
            );
            if (some.length === 0) return;
            for (const one of some) await walk(one);
        }
    };
    // All entries are asked for before the first wait: the list is gone after it.
    const entries = [...data.items].map((i) => i.webkitGetAsEntry()).filter((e) => e !== null);
    for (const entry of entries) await walk(entry);
    return out;
}

function NewBatch({ onOpen }: { onOpen: (batch: BatchRow) => void }) {
    const schemes = state.workspace.value?.schemes ?? [];
    const name = useSignal('');
    const scheme = useSignal(schemes[0] ?? '');
    const sender = useSignal('');
    const act = useAct();
    return (
        <form
            class="card"
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    const batch = await api.openBatch({
                        name: name.value,
                        scheme: scheme.value,
                        sender: sender.value,
                    });
                    say(`Batch ${batch.name} is open.`);
                    onOpen(batch);
                });
            }}
        >
            <div class="fields">
                <Field label="Name of the batch" id="batch-name">
                    <input
                        id="batch-name"
                        required
                        maxLength={200}
                        autocomplete="off"
                        value={name.value}
                        onInput={(e) => {
                            name.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Field label="Graded under" id="batch-scheme">
                    <select
                        id="batch-scheme"
                        value={scheme.value}
                        onChange={(e) => {
                            scheme.value = e.currentTarget.value;
                        }}
                    >
                        {schemes.map((s) => (
                            <option key={s} value={s}>
                                {s}
                            </option>
                        ))}
                    </select>
                </Field>
                <Field label="Sender" id="batch-sender">
                    <input
                        id="batch-sender"
                        maxLength={200}
                        autocomplete="off"
                        value={sender.value}
                        onInput={(e) => {
                            sender.value = e.currentTarget.value;
                        }}
                    />
                </Field>
            </div>
            <Problem words={act.problem} />
            <button type="submit" disabled={act.busy}>
                Open batch
            </button>
        </form>
    );
}

/** The fields that go with every file that is added while they stand. */
function Said({ scheme, onChange }: { scheme: string; onChange: (said: UploadSaid) => void }) {
    const said = useSignal<UploadSaid>({});
    const found = useScheme(scheme === '' ? null : scheme);
    const set = (more: UploadSaid): void => {
        said.value = { ...said.value, ...more };
        onChange(said.value);
    };
    const field = (name: 'url' | 'page_url' | 'host_country', label: string, hint: string) => (
        <Field label={label} id={`said-${name}`} hint={hint}>
            <input
                id={`said-${name}`}
                autocomplete="off"
                maxLength={name === 'host_country' ? 2 : 4096}
                onInput={(e) => {
                    const text = e.currentTarget.value.trim();
                    set({ [name]: name === 'host_country' ? text.toUpperCase() : text });
                }}
            />
        </Field>
    );
    return (
        <details class="of-files">
            <summary>What is known of these files</summary>
            <p class="quiet">
                Goes with every file that you add from now on. Sealed, and shown to assessors only
                when they ask for it.
            </p>
            <div class="fields">
                {field('url', 'Source URL', 'Where the file itself lay')}
                {field('page_url', 'Page URL', 'The page that showed it')}
                <Field label="Time found" id="said-found">
                    <input
                        id="said-found"
                        type="datetime-local"
                        onInput={(e) => {
                            const at = new Date(e.currentTarget.value);
                            const { found_at: _, ...rest } = said.value;
                            said.value = rest;
                            set(Number.isNaN(at.valueOf()) ? {} : { found_at: at.toISOString() });
                        }}
                    />
                </Field>
                {field('host_country', 'Host country', 'Two letters, such as DE')}
                <Field label="Note" id="said-note">
                    <textarea
                        id="said-note"
                        maxLength={8000}
                        rows={2}
                        onInput={(e) => set({ note: e.currentTarget.value })}
                    />
                </Field>
            </div>
            {found !== null && (
                <details>
                    <summary>Your own grade</summary>
                    <p class="quiet">
                        Kept as a hidden vote: assessors do not see it before they have decided, and
                        the items are not handed to you.
                    </p>
                    <GradeForm
                        scheme={found}
                        name="said"
                        code={said.value.code ?? ''}
                        tags={[...(said.value.tags ?? [])]}
                        onChange={(code, tags) => set({ code, tags })}
                    />
                    {said.value.code !== undefined && said.value.code !== '' && (
                        <button type="button" onClick={() => set({ code: '', tags: [] })}>
                            No grade
                        </button>
                    )}
                </details>
            )}
        </details>
    );
}

const STATE_WORDS: Record<FileRow['state'], string> = {
    waiting: 'waits',
    sending: 'is sent',
    paused: 'paused',
    taking: 'all there, being taken in',
    done: 'done',
    failed: 'not taken',
};

function sendingWords(row: FileRow): string {
    const rate = row.rate > 0 ? `, ${sizeWords(row.rate)} a second` : '';
    return `${sizeWords(row.sent)} of ${sizeWords(row.source.size)}${rate}`;
}

function Row({ row }: { row: FileRow }) {
    const size = row.source.size;
    return (
        <li class={`file file-${row.state}`}>
            <span class="file-name">{row.name}</span>
            <progress
                value={row.sent}
                max={Math.max(size, 1)}
                aria-label={`${row.name}: ${count(Math.floor((row.sent * 100) / Math.max(size, 1)))} %`}
            />
            <span class="file-words">
                {row.state === 'sending' ? sendingWords(row) : STATE_WORDS[row.state]}
                {row.words !== '' && ` · ${row.words}`}
            </span>
            {row.state === 'failed' && (
                <button
                    type="button"
                    aria-label={`Try ${row.name} again`}
                    onClick={() => uploader.again(row.key)}
                >
                    Try again
                </button>
            )}
        </li>
    );
}

function Files() {
    void drawn.value; // drawn anew as the engine goes on
    const rows = uploader.rows;
    if (rows.length === 0) return null;
    const left = uploader.unsent;
    const failed = rows.filter((r) => r.state === 'failed').length;
    const order = ['sending', 'failed', 'taking', 'waiting', 'paused', 'done'];
    const shown = [...rows]
        .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.key - b.key)
        .slice(0, ROWS_SHOWN);
    return (
        <section aria-labelledby="files">
            <h2 id="files">Files</h2>
            <p role="status">
                {left === 0 ? 'Nothing left to send.' : `${many(left, 'file')} on the way.`}{' '}
                {count(rows.length - left - failed)} done
                {failed > 0 && `, ${count(failed)} not taken`}.
            </p>
            <div class="row">
                {left > 0 && (
                    <button
                        type="button"
                        onClick={() => (uploader.paused ? uploader.resume() : uploader.pause())}
                    >
                        {uploader.paused ? 'Go on' : 'Pause'}
                    </button>
                )}
                <button
                    type="button"
                    disabled={left === rows.length}
                    onClick={() => uploader.clear('ended')}
                >
                    Clear what has ended
                </button>
            </div>
            <ul class="file-list">
                {shown.map((row) => (
                    <Row key={row.key} row={row} />
                ))}
            </ul>
            {rows.length > shown.length && (
                <p class="quiet">and {many(rows.length - shown.length, 'file')} more</p>
            )}
        </section>
    );
}

/** Uploads of before, that this page holds no file of: chosen again they go on, or they are given up. */
function Unfinished() {
    void drawn.value;
    const list = useLoad(api.uploads);
    const act = useAct();
    const here = new Set(uploader.rows.map((r) => r.upload));
    const old = (list.value?.uploads ?? []).filter(
        (u) => (u.state === 'open' || u.state === 'differs') && !here.has(u.upload),
    );
    if (old.length === 0) return <Problem words={list.problem} />;
    return (
        <section aria-labelledby="unfinished">
            <h2 id="unfinished">Unfinished</h2>
            <p>
                Choose the same files again in the same batch and they go on where they stopped.
                What nobody goes on with is taken away after 7 days.
            </p>
            <Problem words={act.problem} />
            <ul class="file-list">
                {old.map((u) => (
                    <li key={u.upload} class="file">
                        <span class="file-name">{u.batch_name}</span>
                        <progress
                            value={u.received}
                            max={u.size}
                            aria-label={`${count(Math.floor((u.received * 100) / u.size))} % received`}
                        />
                        <span class="file-words">
                            {sizeWords(u.received)} of {sizeWords(u.size)}
                            {u.state === 'differs' && ' · its SHA-256 is not the one that was sent'}
                        </span>
                        <button
                            type="button"
                            disabled={act.busy}
                            aria-label={`Give up a file of ${sizeWords(u.size)} in ${u.batch_name}`}
                            onClick={() =>
                                act.run(async () => {
                                    await api.dropUpload(u.upload);
                                    say('Given up; its bytes are taken away.');
                                    list.again();
                                })
                            }
                        >
                            Give up
                        </button>
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Pick({ onPick }: { onPick: (files: Picked[]) => void }) {
    const folder = useRef<HTMLInputElement>(null);
    const over = useSignal(false);
    useEffect(() => {
        folder.current?.setAttribute('webkitdirectory', '');
    }, []);
    const take = (input: HTMLInputElement): void => {
        if (input.files !== null) onPick(picked(input.files));
        input.value = ''; // so that the same may be chosen again
    };
    return (
        <section
            class={`drop${over.value ? ' is-over' : ''}`}
            aria-label="Choose files"
            onDragOver={(e) => {
                e.preventDefault();
                over.value = true;
            }}
            onDragLeave={() => {
                over.value = false;
            }}
            onDrop={(e) => {
                e.preventDefault();
                over.value = false;
                if (e.dataTransfer !== null) void dropped(e.dataTransfer).then(onPick);
            }}
        >
            <p>Drop files or folders here, or choose them. No preview is shown.</p>
            <div class="fields">
                <Field label="Files" id="pick-files">
                    <input
                        id="pick-files"
                        type="file"
                        multiple
                        onChange={(e) => take(e.currentTarget)}
                    />
                </Field>
                <Field label="A folder with all that is in it" id="pick-folder">
                    <input
                        id="pick-folder"
                        type="file"
                        multiple
                        ref={folder}
                        onChange={(e) => take(e.currentTarget)}
                    />
                </Field>
            </div>
        </section>
    );
}

export function UploadScreen() {
    const list = useLoad(api.batches);
    const chosen = useSignal('');
    const opened = useSignal<BatchRow[]>([]);
    const opening = useSignal(false);
    const said = useSignal<UploadSaid>({});
    return (
        <>
            <Head title="Upload">
                Files into a batch. Each is sealed as it comes, and goes on after a cut, a reload or
                a restart.
            </Head>
            <Loads from={list}>
                {({ batches }) => {
                    const all = [
                        ...opened.value,
                        ...batches.filter((b) => !opened.value.some((o) => o.batch === b.batch)),
                    ];
                    const batch = all.find((b) => b.batch === chosen.value);
                    return (
                        <>
                            <div class="row row-end">
                                <Field label="Batch" id="batch">
                                    <select
                                        id="batch"
                                        value={chosen.value}
                                        onChange={(e) => {
                                            chosen.value = e.currentTarget.value;
                                        }}
                                    >
                                        <option value="">Choose one</option>
                                        {all.map((b) => (
                                            <option key={b.batch} value={b.batch}>
                                                {b.name}
                                            </option>
                                        ))}
                                    </select>
                                </Field>
                                <button
                                    type="button"
                                    aria-expanded={opening.value}
                                    onClick={() => {
                                        opening.value = !opening.value;
                                    }}
                                >
                                    New batch
                                </button>
                            </div>
                            {opening.value && (
                                <NewBatch
                                    onOpen={(b) => {
                                        opened.value = [b, ...opened.value];
                                        chosen.value = b.batch;
                                        opening.value = false;
                                    }}
                                />
                            )}
                            {batch === undefined ? (
                                <Empty>
                                    {all.length === 0
                                        ? 'There is no batch yet. Open one, then choose files.'
                                        : 'Choose the batch that the files belong to.'}
                                </Empty>
                            ) : (
                                <>
                                    <Said
                                        key={batch.scheme}
                                        scheme={hasRole('intake', 'analyst') ? batch.scheme : ''}
                                        onChange={(s) => {
                                            said.value = s;
                                        }}
                                    />
                                    <Pick
                                        onPick={(files) => {
                                            uploader.add(files, batch.batch, said.value);
                                            say(`${many(files.length, 'file')} added.`);
                                        }}
                                    />
                                </>
                            )}
                        </>
                    );
                }}
            </Loads>
            <Files />
            <Unfinished />
        </>
    );
}
