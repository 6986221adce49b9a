// Backups: the last one, the last restore that was tried, and all before them. Made by commands.
import { api } from '../api.ts';
import { count, Facts, Head, Loads, many, Table, useLoad, when } from '../parts/ui.tsx';
import type { Backup, BackupList } from '../types.ts';

const LATE_DAYS = 7; // a backup older than this is pointed out
const DAY_MS = 86_400_000;

/** How long ago, in the words that matter for a backup. */
export function ago(at: string, nowMs: number): string {
    const days = Math.floor((nowMs - Date.parse(at)) / DAY_MS);
    if (days <= 0) return 'within the last day';
    return days === 1 ? 'a day ago' : `${count(days)} days ago`;
}

function late(b: Backup | null, nowMs: number): boolean {
    return b === null || nowMs - Date.parse(b.done) > LATE_DAYS * DAY_MS;
}

function size(bytes: number): string {
    const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
    let value = bytes;
    let unit = 0;
    for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
    return `${unit === 0 ? count(value) : value.toFixed(1)}\u00a0${units[unit]}`;
}

function Last({ of, none }: { of: Backup | null; none: string }) {
    if (of === null) return <span class="is-bad">{none}</span>;
    return (
        <>
            {when(of.done)}, {ago(of.done, Date.now())}: {of.backup}, {many(of.files, 'file')},{' '}
            {size(of.bytes)}
        </>
    );
}

function Content({ list }: { list: BackupList }) {
    const now = Date.now();
    return (
        <>
            <section aria-labelledby="state">
                <h2 id="state">Where it stands</h2>
                <Facts
                    rows={[
                        [
                            'Last backup',
                            <Last key="b" of={list.last_backup} none="none was ever made" />,
                        ],
                        [
                            'Last restore tried',
                            <Last key="t" of={list.last_test} none="none was ever tried" />,
                        ],
                    ]}
                />
                {late(list.last_backup, now) && (
                    <p class="notice">
                        Make a backup at the machine that runs the server, while it serves:{' '}
                        <code>assay backup FOLDER</code>
                    </p>
                )}
                {late(list.last_test, now) && (
                    <p class="notice">
                        A backup that was never restored is a hope. Try one, beside the server:{' '}
                        <code>assay backup test FOLDER</code>
                    </p>
                )}
                <p class="quiet">
                    No backup holds the site key. Without it nothing in a backup can be read: keep a
                    copy apart from them.
                </p>
            </section>
            <section aria-labelledby="all">
                <h2 id="all">All, newest first</h2>
                <Table
                    label="Backups and restores"
                    empty="Nothing yet."
                    rows={list.backups}
                    rowKey={(b) => b.id}
                    columns={[
                        {
                            title: 'What',
                            cell: (b) => (b.act === 'made' ? 'backup made' : 'restore tried'),
                        },
                        { title: 'Backup', cell: (b) => b.backup },
                        { title: 'When', cell: (b) => when(b.done) },
                        { title: 'Entries', cell: (b) => count(b.entries), number: true },
                        { title: 'Files', cell: (b) => count(b.files), number: true },
                        { title: 'Size', cell: (b) => size(b.bytes), number: true },
                        {
                            title: 'Took',
                            cell: (b) => `${(b.took_ms / 1000).toFixed(1)} s`,
                            number: true,
                        },
                    ]}
                />
            </section>
        </>
    );
}

export function Backups() {
    const loaded = useLoad(api.backups);
    return (
        <>
            <Head title="Backups">
                Made and tried by commands at the machine; told here so that nobody has to ask.
            </Head>
            <Loads from={loaded}>{(list) => <Content list={list} />}</Loads>
        </>
    );
}
