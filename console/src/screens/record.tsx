// The record: its signed head, the proof that it is whole, and its entries, found and told in words.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import {
    count,
    Empty,
    Facts,
    Field,
    Head,
    Loads,
    many,
    Problem,
    TextField,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { hasRole } from '../state.ts';
import type { RecordHead, RecordLine, RecordSearch, Verifying } from '../types.ts';

const PAGE = 50;
const ASK_MS = 400; // between two looks at how far verifying is
const SCANS_MAX = 50; // answers without a fit before the person is asked to go on

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function SignedHead({ head }: { head: RecordHead }) {
    const check = head.last_check;
    return (
        <section aria-labelledby="head">
            <h2 id="head">Signed head</h2>
            <Facts
                rows={[
                    ['Entries', count(head.size)],
                    [
                        'Signed',
                        head.signed_at === null
                            ? 'the first head is not signed yet'
                            : `the first ${count(head.signed_size)}, ${when(head.signed_at)}`,
                    ],
                    [
                        'Last verified here',
                        check === null ? (
                            'never from the console'
                        ) : (
                            <span class={check.good ? undefined : 'is-bad'}>
                                {when(check.checked_at)}, by {check.by}:{' '}
                                {check.good
                                    ? `whole, ${many(check.entries, 'entry', 'entries')}`
                                    : `not whole. ${check.finding ?? ''}`}
                            </span>
                        ),
                    ],
                    ['Signing key', <code key="k">{head.key}</code>],
                ]}
            />
            {head.checkpoint !== null && (
                <details>
                    <summary>The signed head as text, for other programs</summary>
                    <pre tabIndex={0}>{head.checkpoint}</pre>
                    <p class="hint">
                        A C2SP checkpoint. Keep one elsewhere: a record that does not extend it was
                        rewritten.
                    </p>
                </details>
            )}
        </section>
    );
}

function Progress({ at }: { at: Verifying }) {
    return (
        <div class="progress">
            <label for="verifying">
                {at.size === 0
                    ? 'Beginning'
                    : `${count(at.done)} of ${many(at.size, 'entry', 'entries')}`}
            </label>
            <progress id="verifying" max={Math.max(1, at.size)} value={at.done} />
        </div>
    );
}

function Verify({ onDone }: { onDone: () => void }) {
    const state = useSignal<Verifying | null>(null);
    const gone = useRef(false);
    const act = useAct();
    const watch = async (first: Verifying): Promise<void> => {
        state.value = first;
        while (state.value.running && !gone.current) {
            await later(ASK_MS);
            state.value = await api.verifying();
        }
        if (!gone.current) onDone();
    };
    useEffect(() => {
        // One that somebody began goes on without us; we look on.
        api.verifying().then(
            (now) => {
                if (now.running) act.run(() => watch(now));
            },
            () => {},
        );
        return () => {
            gone.current = true;
        };
    }, []);
    const report = act.busy ? null : (state.value?.report ?? null);
    return (
        <section aria-labelledby="verify">
            <h2 id="verify">Proof</h2>
            <p class="quiet">
                Every entry is hashed again and held against the tree, the signed heads and the head
                that is kept outside the workspace.
            </p>
            <Problem words={act.problem} />
            {state.value?.running && <Progress at={state.value} />}
            {report !== null && (
                <p class={report.good ? 'good' : 'problem'} role="status">
                    {report.good
                        ? `Whole: ${many(report.entries, 'entry', 'entries')}, ${count(report.sequenced)} in the tree.`
                        : `Not whole. ${report.finding ?? ''}`}
                </p>
            )}
            <button
                type="button"
                class="primary"
                disabled={act.busy}
                onClick={() => act.run(async () => watch(await api.verifyRecord()))}
            >
                {act.busy ? 'Proving' : 'Prove the record whole'}
            </button>
        </section>
    );
}

type Loose = Record<string, unknown>;

const text = (v: unknown): string =>
    typeof v === 'string' ? v : v === undefined || v === null ? '' : JSON.stringify(v);
const listOf = (v: unknown): string[] => (Array.isArray(v) ? v.map(text) : []);
const loose = (v: unknown): Loose =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Loose) : {};

function dataWords(data: Loose): string {
    return Object.entries(data)
        .map(([name, value]) => `${name.replace(/_/g, ' ')}: ${text(value) || 'none'}`)
        .join('; ');
}

/** What an entry says, member by member, in words; then its bytes and its proof. */
function Details({ line }: { line: RecordLine }) {
    const entry = line.entry as Loose;
    const event = text(entry.event);
    const commits = Object.keys(loose(entry.commit));
    return (
        <div class="entry-details">
            <Facts
                rows={[
                    [
                        'Who',
                        line.who === null
                            ? text(entry.actor)
                            : `${line.who} (their name today), id ${text(entry.actor)}`,
                    ],
                    ['In the role', text(entry.role)],
                    ['Session', text(entry.session)],
                    [
                        'About',
                        listOf(entry.objects).length === 0
                            ? 'nothing by id'
                            : listOf(entry.objects).join(', '),
                    ],
                    ['Purpose', text(entry.purpose)],
                    ['Outcome', text(entry.outcome)],
                    ['Further', dataWords(loose(entry.data)) || 'nothing'],
                    [
                        'Sealed texts',
                        commits.length === 0
                            ? 'none'
                            : `${commits.join(', ')}: only a commitment stands here`,
                    ],
                    ['Clock', new Date(Number(entry.t_ms)).toISOString()],
                    ['Program', text(entry.software)],
                    ['Event', <code key="e">{event}</code>],
                ]}
            />
            <p class="files">
                <a href={api.recordFile(event, 'entry.json')} download={`${event}.json`}>
                    The entry’s exact bytes
                </a>
                <a
                    href={api.recordFile(event, 'entry.tlog-proof')}
                    download={`${event}.tlog-proof`}
                >
                    Its proof (C2SP tlog-proof)
                </a>
            </p>
        </div>
    );
}

function Line({ line, what }: { line: RecordLine; what: ReadonlyMap<string, string> }) {
    const entry = line.entry as Loose;
    const open = useSignal(false);
    const action = text(entry.action);
    const outcome = text(entry.outcome);
    return (
        <li>
            <span class="entry-index">{line.index}</span>
            <div>
                <button
                    type="button"
                    class="entry-line"
                    aria-expanded={open.value}
                    onClick={() => {
                        open.value = !open.value;
                    }}
                >
                    <span class="entry-when">
                        {when(new Date(Number(entry.t_ms)).toISOString())}
                    </span>
                    <span>
                        <b>{action}</b> <span class="quiet">{what.get(action) ?? ''}</span>
                        {outcome !== 'done' && <span class="is-bad"> {outcome}</span>}
                    </span>
                    <span class="entry-who">{line.who ?? text(entry.role)}</span>
                </button>
                {open.value && <Details line={line} />}
            </div>
        </li>
    );
}

/** The moment that a field of date and time names, as the server takes it. */
function moment(local: string): string | undefined {
    return local === '' ? undefined : new Date(local).toISOString();
}

function Entries({ head, from }: { head: RecordHead; from: string }) {
    const action = useSignal('');
    const person = useSignal('');
    const object = useSignal('');
    const after = useSignal('');
    const before = useSignal('');
    const lines = useSignal<RecordLine[] | null>(null);
    const next = useSignal<number | null>(null);
    const looking = useSignal<number | null>(null);
    const act = useAct();
    const what = new Map(head.actions.map((a) => [a.action, a.what]));
    const filter = (): RecordSearch => {
        const since = moment(after.value);
        const until = moment(before.value);
        return {
            action: action.value,
            person: person.value.trim(),
            object: object.value.trim(),
            ...(since === undefined ? {} : { from_at: since }),
            ...(until === undefined ? {} : { to_at: until }),
            count: PAGE,
        };
    };
    /** Goes on through answers without a fit: a rare entry may lie far back. */
    const look = async (at: number | null, kept: RecordLine[]): Promise<void> => {
        let where = at;
        let found: RecordLine[] = [];
        for (let n = 0; n < SCANS_MAX && found.length === 0; n++) {
            const body = filter();
            const answer = await api.searchRecord(
                where === null ? body : { ...body, before: where },
            );
            found = answer.entries;
            where = answer.next;
            looking.value = where;
            if (where === null) break;
        }
        looking.value = null;
        lines.value = [...kept, ...found];
        next.value = where;
    };
    useEffect(() => act.run(() => look(from === '' ? null : Number(from) + 1, [])), []);
    const shown = lines.value;
    return (
        <section aria-labelledby="entries">
            <h2 id="entries">Entries</h2>
            <form
                onSubmit={(e) => {
                    e.preventDefault();
                    act.run(() => look(null, []));
                }}
            >
                <div class="fields">
                    <Field label="What" id="find-action">
                        <select
                            id="find-action"
                            value={action.value}
                            onChange={(e) => {
                                action.value = e.currentTarget.value;
                            }}
                        >
                            <option value="">Everything</option>
                            {head.actions.map((a) => (
                                <option key={a.action} value={a.action}>
                                    {a.action}: {a.what}
                                </option>
                            ))}
                        </select>
                    </Field>
                    <TextField
                        label="Who"
                        hint="Sign-in name, id, operator or system"
                        id="find-person"
                        of={person}
                        maxLength={60}
                    />
                    <TextField
                        label="About"
                        hint="Such as task:123, item:45, lot:6"
                        id="find-object"
                        of={object}
                        maxLength={60}
                        pattern="[a-z_]+:[0-9]+"
                    />
                    <TextField label="From" id="find-from" of={after} type="datetime-local" />
                    <TextField label="Until" id="find-to" of={before} type="datetime-local" />
                </div>
                <button type="submit" disabled={act.busy}>
                    {act.busy ? 'Looking' : 'Find'}
                </button>
            </form>
            <Problem words={act.problem} />
            {act.busy && looking.value !== null && (
                <p class="quiet" role="status">
                    Looking before entry {count(looking.value)}.
                </p>
            )}
            {shown !== null && shown.length === 0 && (
                <Empty>
                    {next.value === null
                        ? 'No entry fits. Entries younger than a minute may have no index yet.'
                        : `No entry from ${count(next.value)} on fits.`}
                </Empty>
            )}
            {shown !== null && shown.length > 0 && (
                <ol class="entries">
                    {shown.map((l) => (
                        <Line key={l.index} line={l} what={what} />
                    ))}
                </ol>
            )}
            {next.value !== null && shown !== null && (
                <button
                    type="button"
                    disabled={act.busy}
                    onClick={() => act.run(() => look(next.value, shown))}
                >
                    Earlier entries
                </button>
            )}
        </section>
    );
}

export function RecordScreen({ from }: { from: string }) {
    const head = useLoad(api.recordHead);
    return (
        <>
            <Head title="Record">
                Every view, decision, release and sign-in, in a tree whose head is signed.
            </Head>
            <Loads from={head}>
                {(h) => (
                    <>
                        <SignedHead head={h} />
                        {hasRole('auditor') && <Verify onDone={head.again} />}
                        {hasRole('auditor') && <Entries head={h} from={from} />}
                    </>
                )}
            </Loads>
        </>
    );
}
