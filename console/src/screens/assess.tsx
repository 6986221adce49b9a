// The assess screen: a covered picture, codes by key, tags by key. Reading and third reading are
// this same screen, without a marker and with fewer verbs.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { Assess, type View } from '../assess.ts';
import { hide } from '../global.ts';
import { type Cap, type Hold, type Mode, type Stroke, VERBS, type Verb } from '../keys.ts';
import { GroupState, Mark } from '../parts/grade.tsx';
import { Panel } from '../parts/panels.tsx';
import { Kbd } from '../parts/ui.tsx';
import { type Code, findCode, findValues, type Scheme, tagId } from '../scheme.ts';
import { go } from '../session.ts';
import { Stage } from '../shield.ts';
import { entry, say, state } from '../state.ts';
import { flagWords, type Queue } from '../types.ts';

/** While one of these is open, digits do not grade: the codes make room for it. */
const PANELS: readonly Mode[] = ['escalate', 'note', 'info', 'guidance'];

function strokeOf(e: KeyboardEvent): Stroke {
    const target = e.target instanceof Element ? e.target : null;
    return {
        key: e.key,
        ctrl: e.ctrlKey,
        alt: e.altKey,
        meta: e.metaKey,
        shift: e.shiftKey,
        repeat: e.repeat,
        inText: target?.closest('input, textarea, select') != null,
        onButton: target?.closest('button, a') != null,
    };
}

function Bar({ view, onLeave }: { view: View; onLeave: () => void }) {
    const saved = view.unsaved === 0 ? 'All saved' : `${view.unsaved} unsaved`;
    return (
        <header class="bar">
            <p class="wordmark">assay</p>
            <h1 class="bar-what">
                {entry.value.title}
                {view.item && <span class="quiet"> {view.item.lease.batch}</span>}
            </h1>
            <p class={view.unsaved === 0 ? 'quiet' : ''} data-unsaved={view.unsaved}>
                {saved}
            </p>
            <button type="button" class="plain-button" onClick={onLeave}>
                Leave
            </button>
            <button type="button" class="plain-button" onClick={hide}>
                <Kbd>Esc</Kbd> Hide
            </button>
        </header>
    );
}

function Codes({ view, onGrade }: { view: View; onGrade: (code: string) => void }) {
    const { scheme, item } = view;
    if (scheme === null) return null;
    return (
        <ul class={view.mode === 'grade' ? 'codes' : 'codes is-small'} aria-label="Grades">
            {scheme.codes.map((c, at) => {
                const before = scheme.codes[at - 1];
                const line = before !== undefined && side(before) !== side(c);
                return (
                    <li key={c.code} class={line ? 'is-apart' : undefined}>
                        <button
                            type="button"
                            class="code"
                            aria-pressed={item?.code === c.code}
                            onClick={() => onGrade(c.code)}
                        >
                            <Kbd>{c.key.toUpperCase()}</Kbd>
                            <Mark code={c} />
                            <span class="code-words">{c.label}</span>
                        </button>
                    </li>
                );
            })}
        </ul>
    );
}

/** Codes that go on lists stand together, apart from all others. */
function side(code: Code): string {
    return code.outcome === 'illegal' ? 'illegal' : 'other';
}

function Tags({ view, assess }: { view: View; assess: Assess }) {
    const { scheme, item } = view;
    const active = useRef<HTMLDivElement>(null);
    const on = view.mode === 'tags' || view.mode === 'find';
    useEffect(() => {
        if (on) active.current?.scrollIntoView({ block: 'nearest' });
    }, [on, view.row]);
    const code = scheme && findCode(scheme, item?.code ?? null);
    if (!scheme || !item || !code?.tags) return null;
    return (
        <section class={`tags${on ? ' is-on' : ''}`} aria-label="Tags">
            <p class="tags-title">
                Tags for {code.label}
                <span class="quiet">
                    {on ? (
                        <>
                            <Kbd>Enter</Kbd> saves <Kbd>Tab</Kbd> leaves
                        </>
                    ) : (
                        <>
                            <Kbd>T</Kbd> back to the tags
                        </>
                    )}
                </span>
            </p>
            {view.mode === 'find' && <Find scheme={scheme} tags={item.tags} assess={assess} />}
            {scheme.groups.map((group, row) => (
                <div
                    key={group.group}
                    ref={row === view.row ? active : null}
                    class={`group${row === view.row && on ? ' is-row' : ''}`}
                    role="group"
                    aria-label={group.label}
                >
                    <p class="group-name">
                        {group.label}
                        <GroupState group={group} code={code} tags={item.tags} />
                    </p>
                    <div class="values">
                        {group.values.map((v) => {
                            const tag = tagId(group, v);
                            return (
                                <button
                                    key={tag}
                                    type="button"
                                    class="value"
                                    aria-pressed={item.tags.includes(tag)}
                                    onClick={() => assess.act({ do: 'tag', tag, row })}
                                >
                                    {v.key !== '' && <Kbd>{v.key}</Kbd>} {v.label}
                                </button>
                            );
                        })}
                    </div>
                </div>
            ))}
            {on && view.mode !== 'find' && (
                <p class="quiet keys-line">
                    <Kbd>/</Kbd> find <Kbd>=</Kbd> as before <Kbd>?</Kbd> guidance
                </p>
            )}
        </section>
    );
}

/** Type-ahead over all values and synonyms; Enter toggles the top hit and stays open. */
function Find({ scheme, tags, assess }: { scheme: Scheme; tags: string[]; assess: Assess }) {
    const typed = useSignal('');
    const input = useRef<HTMLInputElement>(null);
    useLayoutEffect(() => input.current?.focus(), []);
    const hits = findValues(scheme, typed.value);
    return (
        <div class="find">
            <label for="find">Find a tag</label>
            <input
                id="find"
                ref={input}
                autocomplete="off"
                spellcheck={false}
                value={typed.value}
                onInput={(e) => {
                    typed.value = e.currentTarget.value;
                }}
                onKeyDown={(e) => {
                    const hit = hits[0];
                    if (e.key === 'Tab' || (e.key === 'Enter' && typed.value === '')) {
                        e.preventDefault();
                        assess.setMode('tags');
                    } else if (e.key === 'Enter' && hit !== undefined) {
                        e.preventDefault();
                        const row = scheme.groups.indexOf(hit.group);
                        assess.act({ do: 'tag', tag: tagId(hit.group, hit.value), row });
                        say(`${hit.value.label}, set or cleared.`);
                        typed.value = '';
                    }
                }}
            />
            <ol class="hits">
                {hits.map(({ group, value }, at) => (
                    <li key={tagId(group, value)} class={at === 0 ? 'is-top' : undefined}>
                        {group.label}: {value.label}
                        {tags.includes(tagId(group, value)) && ' (set)'}
                    </li>
                ))}
                {typed.value !== '' && hits.length === 0 && <li>No tag of that name.</li>}
            </ol>
            <p class="quiet keys-line">
                <Kbd>Enter</Kbd> set or clear the first <Kbd>Tab</Kbd> done
            </p>
        </div>
    );
}

function tileWords(view: View, textOnly: boolean): { title: string; says: string } {
    const { item } = view;
    if (view.undoing) return { title: 'Taking the last decision back', says: '' };
    if (item === null) {
        if (view.problem !== '') return { title: 'No task can be had now', says: view.problem };
        if (view.waiting === null) return { title: '', says: '' };
        return { title: 'Nothing waiting', says: 'New items appear here by themselves.' };
    }
    if (textOnly) return { title: 'By text', says: 'The picture is not fetched.' };
    if (item.cover === 'missing')
        return {
            title: 'There is no picture to show',
            says: 'Mark it as one that cannot be assessed, or escalate it as technical.',
        };
    return { title: '', says: '' };
}

const BUTTON_VERBS: readonly { verb: Verb; label: string }[] = [
    { verb: 'undo', label: 'Undo' },
    { verb: 'later', label: 'Later' },
    { verb: 'second', label: 'Second look' },
    { verb: 'escalate', label: 'Escalate' },
    { verb: 'note', label: 'Note' },
    { verb: 'info', label: 'Info' },
    { verb: 'guidance', label: 'Guidance' },
    { verb: 'break', label: 'Break' },
];

function Foot({ view, assess }: { view: View; assess: Assess }) {
    const may = (verb: Verb): boolean => {
        const cap: Cap | undefined = VERBS.find((v) => v.verb === verb)?.cap;
        return cap === undefined || assess.caps.includes(cap);
    };
    return (
        <footer class="foot">
            <p class="last">
                <span class="quiet">Last:</span> {view.last === '' ? 'nothing yet' : view.last}
            </p>
            <div class="verbs">
                {BUTTON_VERBS.filter((b) => may(b.verb)).map((b) => (
                    <button
                        key={b.verb}
                        type="button"
                        class="plain-button"
                        onClick={() => assess.act({ do: 'verb', verb: b.verb })}
                    >
                        <Kbd>{VERBS.find((v) => v.verb === b.verb)?.keys[0]?.toUpperCase()}</Kbd>{' '}
                        {b.label}
                    </button>
                ))}
                <button
                    type="button"
                    class="plain-button"
                    onClick={() => {
                        state.help.value = true;
                    }}
                >
                    <Kbd>F1</Kbd> Keys
                </button>
            </div>
        </footer>
    );
}

/** Buttons that do what the held keys do, while they are pressed; and the latch. */
function Holds({ view, assess }: { view: View; assess: Assess }) {
    const hold = (which: Hold, key: string, label: string) => (
        <button
            type="button"
            class="plain-button"
            onPointerDown={() => {
                if (which === 'colour') assess.press('sharp');
                assess.press(which);
            }}
            onPointerUp={() => assess.letGo()}
            onPointerLeave={() => assess.letGo()}
        >
            <Kbd>{key}</Kbd> {label}
        </button>
    );
    const pictures = 1 + (view.item?.lease.facets.length ?? 0);
    return (
        <div class="holds">
            <span class="quiet">hold</span>
            {hold('sharp', 'Space', 'see')}
            {hold('colour', 'C', 'colour')}
            {hold('full', 'F', 'full size')}
            {pictures > 1 && hold('sheet', 'A', `all ${pictures} pictures`)}
            <button
                type="button"
                class="plain-button"
                aria-pressed={view.latched}
                onClick={() => assess.toggleLatch()}
            >
                {view.latched ? 'Cover' : 'Keep for 20 seconds'}
            </button>
        </div>
    );
}

function Picture({ view, assess }: { view: View; assess: Assess }) {
    const host = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (host.current === null) return;
        const stage = new Stage(host.current);
        assess.start(stage);
        return () => {
            assess.leave();
            stage.close();
        };
    }, [assess]);
    const { item } = view;
    const tile = tileWords(view, assess.textOnly);
    return (
        <div class="picture">
            <p class="facts">
                {item?.lease.facts ?? ' '}
                {(item === null ? [] : flagWords(item.lease)).map((words) => (
                    <span key={words} class="flag">
                        {words}
                    </span>
                ))}
                {item?.lease.code != null && <span class="flag">your earlier grade is kept</span>}
                {item !== null && item.note !== '' && <span class="flag">note</span>}
            </p>
            <div class={`frame${view.latched ? ' is-latched' : ''}`}>
                <div class="stage" ref={host} aria-label="Covered picture" role="img" />
                {tile.title !== '' && (
                    <div class="tile">
                        <p>{tile.title}</p>
                        {tile.says !== '' && <p class="quiet">{tile.says}</p>}
                    </div>
                )}
            </div>
            {!assess.textOnly && item !== null && <Holds view={view} assess={assess} />}
        </div>
    );
}

function Stalled({ view, assess }: { view: View; assess: Assess }) {
    if (!view.stalled) return null;
    return (
        <div class="stalled" role="alert">
            <p>
                <b>Saving has stopped.</b> {view.unsaved} unsaved, kept here and sent again by
                itself. Nothing is lost.
            </p>
            <button type="button" onClick={() => assess.retryNow()}>
                Try now
            </button>
        </div>
    );
}

function useOneTab(): 'asking' | 'mine' | 'other' {
    const tab = useSignal<'asking' | 'mine' | 'other'>('asking');
    useEffect(() => {
        let letGo = (): void => {};
        const held = new Promise<void>((resolve) => {
            letGo = resolve;
        });
        // Without locks (a page not served securely) two tabs cannot be told apart.
        if (navigator.locks === undefined) tab.value = 'mine';
        else
            navigator.locks
                .request('assay-assess', { signal: AbortSignal.timeout(800) }, () => {
                    tab.value = 'mine';
                    return held;
                })
                .catch(() => {
                    tab.value = 'other';
                });
        return letGo;
    }, []);
    return tab.value;
}

export function AssessScreen({ queue }: { queue: Queue }) {
    const tab = useOneTab();
    if (tab === 'asking') return <main class="assess" aria-busy="true" />;
    if (tab === 'other')
        return (
            <main class="plain">
                <h1>Open in another tab</h1>
                <p class="lead">
                    Pictures are shown in one tab at a time. Close the other one first.
                </p>
                <button type="button" onClick={() => go('home')}>
                    Home
                </button>
            </main>
        );
    return <AssessPage queue={queue} />;
}

function AssessPage({ queue }: { queue: Queue }) {
    const assess = useMemo(() => {
        const only = state.onlyTask.peek();
        state.onlyTask.value = null;
        return new Assess(only?.queue ?? queue, only);
    }, [queue]);
    const view = assess.view.value;
    const region = useRef<HTMLElement>(null);
    const panel = view.mode === 'note' || view.mode === 'find';
    useLayoutEffect(() => {
        // Before the next key press, or it would be lost.
        if (!panel && !state.hidden.value && !state.help.value) region.current?.focus();
    }, [panel, view.mode, view.item?.serial, state.hidden.value, state.help.value]);
    useEffect(() => {
        if (view.done) go(assess.back);
    }, [view.done]);
    useEffect(() => {
        const up = (e: KeyboardEvent): void => assess.strokeUp(e.key);
        addEventListener('keyup', up);
        return () => removeEventListener('keyup', up);
    }, [assess]);
    return (
        <main
            class="assess"
            ref={region}
            tabIndex={0}
            aria-label={entry.value.title}
            data-mode={view.mode}
            onKeyDown={(e) => {
                if (assess.stroke(strokeOf(e))) e.preventDefault();
            }}
        >
            <Bar view={view} onLeave={() => go(assess.back)} />
            <Stalled view={view} assess={assess} />
            <div class="desk">
                <Picture view={view} assess={assess} />
                <div class="side">
                    {PANELS.includes(view.mode) ? (
                        <Panel view={view} assess={assess} />
                    ) : (
                        <>
                            <Codes
                                view={view}
                                onGrade={(code) => assess.act({ do: 'grade', code })}
                            />
                            <Tags view={view} assess={assess} />
                        </>
                    )}
                </div>
            </div>
            <Foot view={view} assess={assess} />
        </main>
    );
}
