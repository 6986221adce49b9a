// The record of one item, as text and never a picture: found by an id or a hash, told in full.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiProblem, api } from '../api.ts';
import { ItemLink } from '../parts/itemlink.tsx';
import { ItemTaskPart } from '../parts/itemtask.tsx';
import {
    count,
    Empty,
    Facts,
    Head,
    Loads,
    many,
    Problem,
    Table,
    TextField,
    useAct,
    useLoad,
    when,
} from '../parts/ui.tsx';
import { hasRole } from '../state.ts';
import { FLAG_WORDS, facetWords, type Item, type ItemsFound, type Names } from '../types.ts';
import { LIST_KINDS } from './lists.tsx';

const TIGHT = 16; // bits: as good as the same picture

const BY_WORDS: Record<ItemsFound['items'][number]['by'], string> = {
    item: 'its id',
    task: 'a task’s id',
    md5: 'MD5',
    sha1: 'SHA-1',
    sha256: 'SHA-256',
    pdq: 'PDQ',
};

const HINT =
    'SHA-256, SHA-1, MD5 or PDQ: all hex digits, exactly. ' +
    'That you looked is on the record; the hash is not.';

function Hash({ of }: { of: string | null }) {
    return of === null ? <span class="quiet">none</span> : <code class="hash">{of}</code>;
}

function open(id: string): void {
    location.hash = `#/item/${id}`;
}

function Found({ found }: { found: ItemsFound }) {
    if (found.items.length === 0)
        return (
            <p class="notice" role="status">
                Nothing here has this id or hash. A hash finds only bytes that are here; it is
                matched exactly, and PDQ too.
            </p>
        );
    return (
        <Table
            label="Items found"
            empty=""
            rows={found.items}
            rowKey={(i) => i.item}
            columns={[
                {
                    title: 'Item',
                    cell: (i) => (
                        <a href={`#/item/${i.item}`} aria-label={`Item ${i.item}`}>
                            {i.item}
                        </a>
                    ),
                },
                { title: 'Found by', cell: (i) => BY_WORDS[i.by] },
                { title: 'Type', cell: (i) => i.mime },
                { title: 'Bytes', cell: (i) => count(i.size), number: true },
                { title: 'Came', cell: (i) => when(i.created_at) },
                {
                    title: 'Tasks',
                    cell: (i) => i.tasks.map((t) => `${t.scheme}: ${words(t.state)}`).join('; '),
                },
            ]}
        />
    );
}

function Search() {
    const query = useSignal('');
    const found = useSignal<ItemsFound | null>(null);
    const act = useAct();
    return (
        <section aria-label="Find an item">
            <form
                onSubmit={(e) => {
                    e.preventDefault();
                    act.run(async () => {
                        const answer = await api.searchItems(query.value.trim());
                        const only = answer.items[0];
                        if (answer.items.length === 1 && only !== undefined) open(only.item);
                        else found.value = answer;
                    });
                }}
            >
                <TextField
                    label="Id of an item or a task, or a hash"
                    hint={HINT}
                    id="item-query"
                    of={query}
                    required
                    maxLength={200}
                    class="mono"
                />
                <button type="submit" class="primary" disabled={act.busy}>
                    {act.busy ? 'Looking' : 'Find'}
                </button>
            </form>
            <Problem words={act.problem} />
            {found.value !== null && <Found found={found.value} />}
        </section>
    );
}

/** state and action names of the server as words. */
function words(name: string): string {
    return name.replace(/[._]/g, ' ');
}

function pdqWords(
    p: Pick<NonNullable<Item['picture']>, 'pdq' | 'pdq_quality' | 'pdq_reason'>,
): string {
    if (p.pdq === null) return 'none was made';
    return p.pdq_reason === null
        ? `${p.pdq_quality} of 100`
        : `${p.pdq_quality} of 100, not to be trusted: ${words(p.pdq_reason)}`;
}

/** What else the file holds to be seen, each in words with its PDQ. */
function Facets({ of }: { of: NonNullable<Item['picture']> }) {
    return (
        <ul>
            {of.facets.map((f) => (
                <li key={`${f.kind} ${f.place}`}>
                    {facetWords(f)}, {f.width} × {f.height} pixels; PDQ: {pdqWords(f)}
                    {f.pdq !== null && (
                        <>
                            {' '}
                            <Hash of={f.pdq} />
                        </>
                    )}
                </li>
            ))}
        </ul>
    );
}

function What({ item }: { item: Item }) {
    const p = item.picture;
    return (
        <section aria-labelledby="what">
            <h2 id="what">What it is</h2>
            <Facts
                rows={[
                    ['SHA-256', <Hash key="h" of={item.sha256} />],
                    ['SHA-1', <Hash key="h" of={item.sha1} />],
                    [
                        'MD5',
                        <>
                            <Hash of={item.md5} />
                            {item.md5_twin !== null && (
                                <p class="notice">
                                    <a href={`#/item/${item.md5_twin}`}>Another item</a> with other
                                    bytes has this MD5: somebody made them so.
                                </p>
                            )}
                        </>,
                    ],
                    ['PDQ', <Hash key="h" of={p?.pdq ?? null} />],
                    ...(p?.pdq_oriented
                        ? [['PDQ, turned by EXIF', <Hash key="h" of={p.pdq_oriented} />] as const]
                        : []),
                    ...(p ? [['PDQ quality', pdqWords(p)] as const] : []),
                    ['Type', `${item.mime}, ${many(item.size, 'byte')}`],
                    [
                        'Picture',
                        p === null
                            ? 'not decoded yet'
                            : p.failure !== null
                              ? `cannot be shown: ${words(p.failure)}`
                              : `${p.width} × ${p.height} pixels, ${many(p.frames, 'frame')}`,
                    ],
                    ...(p !== null && p.facets.length > 0
                        ? [['Other pictures in it', <Facets key="f" of={p} />] as const]
                        : []),
                    [
                        'Marked as',
                        p === null || p.flags.length === 0
                            ? 'nothing unusual'
                            : p.flags.map((f) => FLAG_WORDS[f]).join('; '),
                    ],
                    ['Came', when(item.created_at)],
                ]}
            />
        </section>
    );
}

function ShownNames({ item }: { item: Item }) {
    const names = useSignal<Names | null>(null);
    const title = useRef<HTMLHeadingElement>(null);
    const act = useAct();
    useEffect(() => {
        if (names.value !== null) title.current?.focus();
    }, [names.value]);
    if (!hasRole('lead', 'compliance')) return null;
    if (names.value === null)
        return (
            <>
                <Problem words={act.problem} />
                <button
                    type="button"
                    disabled={act.busy}
                    onClick={() =>
                        act.run(async () => {
                            names.value = await api.itemNames(item.item);
                        })
                    }
                >
                    Show names, URLs and notes
                </button>
                <p class="hint">They are content too: showing them is on the record.</p>
            </>
        );
    return (
        <>
            <h3 ref={title} tabIndex={-1}>
                Names, URLs and notes
            </h3>
            <ul class="cards">
                {names.value.sightings.map((s, at) => (
                    <li class="card" key={at}>
                        <Facts
                            rows={(
                                [
                                    ['Batch', s.batch],
                                    ['Path', s.path],
                                    ['Source', s.source],
                                    ['URL', s.url],
                                    ['Page', s.page_url],
                                    ['Note', s.note],
                                ] as const
                            ).filter(([, value]) => value !== '')}
                        />
                    </li>
                ))}
            </ul>
        </>
    );
}

type Match = Item['matches'][number];

const DONE: Record<Match['outcome'], string> = {
    vote: 'hidden vote of the list',
    candidate: 'a hint: near, by MD5 alone, or of a list that is not trusted',
    guard: 'held back from releases',
    quarantined: 'nothing: the hash was in quarantine',
    test: 'nothing: a test entry',
    noted: 'noted',
};

/** What lists knew of it; the server tells it only where it can sway nobody. */
function Matches({ item }: { item: Item }) {
    const stack = item.stack;
    return (
        <section aria-labelledby="matches">
            <h2 id="matches">What lists knew of it</h2>
            {item.matches_hidden ? (
                <p class="notice">
                    You may yet judge this item, so nothing of what lists know is shown. It is shown
                    when all its tasks have passed.
                </p>
            ) : (
                <>
                    {item.matches.length === 0 ? (
                        <p class="quiet">No list had it, or anything near it.</p>
                    ) : (
                        <Table
                            label="Matches"
                            empty=""
                            rows={item.matches}
                            rowKey={(m) => `${m.list} ${m.hash} ${m.distance} ${m.found_at}`}
                            columns={[
                                { title: 'When', cell: (m) => when(m.found_at) },
                                {
                                    title: 'List',
                                    cell: (m) => `${m.list} (${LIST_KINDS[m.list_kind]})`,
                                },
                                { title: 'Grade', cell: (m) => m.code ?? 'none' },
                                {
                                    title: 'By',
                                    cell: (m) =>
                                        m.hash === 'pdq' ? `pdq, ${m.distance} bits off` : m.hash,
                                },
                                { title: 'What came of it', cell: (m) => DONE[m.outcome] },
                            ]}
                        />
                    )}
                    {stack !== null && (
                        <p>
                            In the stack of <ItemLink id={stack.of_item} noun="item" />,{' '}
                            {stack.distance} bits off ({stack.distance <= TIGHT ? 'tight' : 'loose'}
                            ), since {when(stack.joined_at)}.
                        </p>
                    )}
                </>
            )}
        </section>
    );
}

function inheritedWords(i: NonNullable<Item['sightings'][number]['inherits']>): string {
    return `version ${i.version} of task ${i.task}, since ${when(i.linked_at)}`;
}

function Sightings({ item }: { item: Item }) {
    return (
        <section aria-labelledby="sightings">
            <h2 id="sightings">Where it was seen: {many(item.sighting_count, 'sighting')}</h2>
            <Table
                label="Sightings"
                empty="No sighting may be shown to you."
                rows={item.sightings}
                rowKey={(s) => s.sighting}
                columns={[
                    { title: 'Batch', cell: (s) => s.batch },
                    { title: 'Came in', cell: (s) => when(s.created_at) },
                    { title: 'Found', cell: (s) => (s.found_at ? when(s.found_at) : 'not said') },
                    {
                        title: 'Inherits',
                        cell: (s) => (s.inherits === null ? '–' : inheritedWords(s.inherits)),
                    },
                ]}
            />
            {item.sightings.length < item.sighting_count && (
                <p class="quiet">The first {count(item.sightings.length)}.</p>
            )}
            <ShownNames item={item} />
        </section>
    );
}

function History({ item }: { item: Item }) {
    const auditor = hasRole('auditor');
    return (
        <section aria-labelledby="history">
            <h2 id="history">History</h2>
            <p class="quiet">
                Entries of the record, without those of looking. An entry appears here once it has
                its index, within a minute.
            </p>
            <Table
                label="Entries about this item"
                empty="Nothing has its index yet."
                rows={item.history}
                rowKey={(h) => String(h.index)}
                columns={[
                    {
                        title: 'Entry',
                        number: true,
                        cell: (h) =>
                            auditor ? <a href={`#/record/${h.index}`}>{h.index}</a> : h.index,
                    },
                    { title: 'When', cell: (h) => when(h.at) },
                    { title: 'What', cell: (h) => words(h.action) },
                    {
                        title: 'Who',
                        cell: (h) => (h.who === null ? h.role : `${h.who}, ${h.role}`),
                    },
                    { title: 'Outcome', cell: (h) => words(h.outcome) },
                ]}
            />
        </section>
    );
}

/** An address may name an item, or a task of it: lists elsewhere know only tasks. */
async function itemOf(id: string): Promise<Item> {
    try {
        return await api.item(id);
    } catch (problem) {
        if (!(problem instanceof ApiProblem && problem.status === 404)) throw problem;
        const found = await api.searchItems(id);
        const first = found.items[0];
        if (first === undefined) throw problem;
        return api.item(first.item);
    }
}

function Opened({ id }: { id: string }) {
    const loaded = useLoad(() => itemOf(id));
    return (
        <Loads from={loaded}>
            {(item) => (
                <>
                    <What item={item} />
                    <Sightings item={item} />
                    <Matches item={item} />
                    {item.tasks.length === 0 && <Empty>It is a task under no scheme.</Empty>}
                    {item.tasks.map((t) => (
                        <ItemTaskPart
                            key={`${t.task} ${t.decisions.length}`}
                            task={t}
                            inheriting={
                                item.sightings.filter((s) => s.inherits?.task === t.task).length
                            }
                            again={loaded.again}
                        />
                    ))}
                    <History item={item} />
                </>
            )}
        </Loads>
    );
}

export function ItemScreen({ id }: { id: string }) {
    return (
        <>
            <Head title="Item record">
                {id === ''
                    ? 'All that is known of one item, as text. There are no pictures here.'
                    : 'As text, without pictures. That you opened it is on the record.'}
            </Head>
            {id === '' ? (
                <Search />
            ) : (
                <>
                    <p>
                        <a href="#/item">Look for another item</a>
                    </p>
                    <Opened id={id} />
                </>
            )}
        </>
    );
}
