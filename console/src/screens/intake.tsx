// Intake monitor: what is coming in just now, asked for every two seconds. Counts only.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, sentence } from '../api.ts';
import { count, Empty, Head, many, Problem, Table, when } from '../parts/ui.tsx';
import { sizeWords } from '../sizes.ts';
import type { Intake } from '../types.ts';

const LOOK_MS = 2_000;
const ALONE_MS = 10 * 60_000; // nobody at the desk: looking on would keep the session open

const FAILURE_WORDS: Record<string, string> = {
    unsupported: 'of a type not shown yet',
    undecodable: 'damaged beyond showing',
    limit: 'over a limit of size or time',
    crashed: 'the decoder stopped on it',
};

/** Files a second by batch, from two looks. */
export function rates(before: Intake | null, now: Intake): Map<string, number> {
    const out = new Map<string, number>();
    if (before === null) return out;
    const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000;
    if (seconds <= 0) return out;
    const was = new Map(before.batches.map((b) => [b.batch, b.files]));
    for (const b of now.batches) {
        const more = b.files - (was.get(b.batch) ?? b.files);
        if (more > 0) out.set(b.batch, more / seconds);
    }
    return out;
}

function useLook() {
    const now = useSignal<Intake | null>(null);
    const before = useSignal<Intake | null>(null);
    const problem = useSignal('');
    const resting = useSignal(false);
    useEffect(() => {
        let gone = false;
        let inputMs = Date.now();
        const input = (): void => {
            inputMs = Date.now();
            resting.value = false;
        };
        const kinds = ['keydown', 'pointermove', 'pointerdown'] as const;
        for (const kind of kinds) addEventListener(kind, input);
        const look = async (): Promise<void> => {
            while (!gone) {
                resting.value = Date.now() - inputMs > ALONE_MS;
                if (resting.value || document.hidden) {
                    await new Promise((done) => setTimeout(done, LOOK_MS));
                    continue;
                }
                try {
                    const answer = await api.intake();
                    before.value = now.value;
                    now.value = answer;
                    problem.value = '';
                } catch (failure) {
                    problem.value = sentence(failure);
                }
                await new Promise((done) => setTimeout(done, LOOK_MS));
            }
        };
        void look();
        return () => {
            gone = true;
            for (const kind of kinds) removeEventListener(kind, input);
        };
    }, []);
    return {
        now: now.value,
        before: before.value,
        problem: problem.value,
        resting: resting.value,
    };
}

function Batches({ now, before }: { now: Intake; before: Intake | null }) {
    const rate = rates(before, now);
    return (
        <section aria-labelledby="coming">
            <h2 id="coming">Batches of the last 24 hours</h2>
            <Table
                label="Files by batch"
                empty="Nothing has come in for 24 hours."
                rows={now.batches}
                rowKey={(b) => b.batch}
                columns={[
                    { title: 'Batch', cell: (b) => b.name },
                    { title: 'Files', cell: (b) => count(b.files), number: true },
                    { title: 'New', cell: (b) => count(b.fresh), number: true },
                    { title: 'Known', cell: (b) => count(b.files - b.fresh), number: true },
                    { title: 'Refused', cell: (b) => count(b.refused), number: true },
                    { title: 'To decode', cell: (b) => count(b.undecoded), number: true },
                    {
                        title: 'A second',
                        cell: (b) => {
                            const files = rate.get(b.batch);
                            return files === undefined ? '–' : files.toFixed(files < 10 ? 1 : 0);
                        },
                        number: true,
                    },
                    { title: 'Last file', cell: (b) => when(b.last_at) },
                ]}
            />
        </section>
    );
}

function Uploads({ now }: { now: Intake }) {
    return (
        <section aria-labelledby="uploads">
            <h2 id="uploads">Uploads under way</h2>
            <Table
                label="Uploads by part"
                empty="Nobody is uploading."
                rows={now.uploads}
                rowKey={(u) => u.upload}
                columns={[
                    { title: 'Batch', cell: (u) => u.batch_name },
                    { title: 'Person', cell: (u) => u.person },
                    { title: 'Size', cell: (u) => sizeWords(u.size), number: true },
                    {
                        title: 'Received',
                        cell: (u) => `${count(Math.floor((u.received * 100) / u.size))} %`,
                        number: true,
                    },
                    {
                        title: 'State',
                        cell: (u) =>
                            u.state === 'open'
                                ? 'coming in'
                                : `being taken in, ${count(Math.floor((u.taken * 100) / u.size))} %`,
                    },
                    { title: 'Last part', cell: (u) => when(u.changed_at) },
                ]}
            />
        </section>
    );
}

function Decoder({ now }: { now: Intake }) {
    return (
        <section aria-labelledby="decoder">
            <h2 id="decoder">Decoder</h2>
            <p>
                {now.waiting === 0
                    ? 'Nothing waits to be hashed and rendered.'
                    : `${many(now.waiting, 'item')} to be hashed and rendered.`}
            </p>
            {now.failures.length > 0 && (
                <>
                    <h3>Kept, but not shown</h3>
                    <dl class="counts">
                        {now.failures.map((f) => (
                            <div key={f.name}>
                                <dd>{count(f.count)}</dd>
                                <dt>{FAILURE_WORDS[f.name] ?? f.name}</dt>
                            </div>
                        ))}
                    </dl>
                </>
            )}
            {now.unsupported.length > 0 && (
                <>
                    <h3>Types not shown yet</h3>
                    <dl class="counts">
                        {now.unsupported.map((u) => (
                            <div key={u.name}>
                                <dd>{count(u.count)}</dd>
                                <dt class="mono">{u.name}</dt>
                            </div>
                        ))}
                    </dl>
                </>
            )}
        </section>
    );
}

export function IntakeMonitor() {
    const { now, before, problem, resting } = useLook();
    return (
        <>
            <Head title="Intake">What is coming in just now. Looked at every two seconds.</Head>
            <Problem words={problem} />
            {resting && <p class="notice">Stands still; press a key or move to go on.</p>}
            {now === null ? (
                problem === '' && <Empty>Loading.</Empty>
            ) : (
                <>
                    <Batches now={now} before={before} />
                    <Uploads now={now} />
                    <Decoder now={now} />
                </>
            )}
        </>
    );
}
