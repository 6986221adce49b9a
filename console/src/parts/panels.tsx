// What opens beside the picture: reasons to escalate, a note, what is known, the site's guidance.
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Assess, View } from '../assess.ts';
import { tagWords } from '../scheme.ts';
import { ESCALATION_REASONS, facetWords, flagWords } from '../types.ts';
import { Kbd, when } from './ui.tsx';

function Escalate({ assess }: { assess: Assess }) {
    return (
        <section class="panel" aria-label="Escalate">
            <h2>Escalate</h2>
            <ol class="reasons">
                {ESCALATION_REASONS.map((words, at) => (
                    <li key={words}>
                        <button
                            type="button"
                            class="code"
                            onClick={() => assess.act({ do: 'reason', reason: at + 1 })}
                        >
                            <Kbd>{at + 1}</Kbd> <span>{words}</span>
                        </button>
                    </li>
                ))}
            </ol>
            <p class="quiet keys-line">
                <Kbd>X</Kbd> back
            </p>
        </section>
    );
}

function Note({ view, assess }: { view: View; assess: Assess }) {
    const words = useSignal(view.item?.note ?? '');
    const field = useRef<HTMLTextAreaElement>(null);
    useLayoutEffect(() => field.current?.focus(), []);
    const third = assess.queueName === 'third';
    return (
        <section class="panel" aria-label="Note">
            <h2>
                <label for="note">{third ? 'Why, in one sentence' : 'Note'}</label>
            </h2>
            <textarea
                id="note"
                ref={field}
                rows={4}
                maxLength={2000}
                value={words.value}
                onInput={(e) => {
                    words.value = e.currentTarget.value;
                }}
                onKeyDown={(e) => {
                    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
                    e.preventDefault();
                    assess.saveNote(words.value);
                }}
            />
            <p class="quiet keys-line">
                <Kbd>Enter</Kbd> keep it <Kbd>Shift Enter</Kbd> new line
            </p>
            <div class="row">
                <button type="button" onClick={() => assess.saveNote(words.value)}>
                    Keep
                </button>
                <button type="button" onClick={() => assess.saveNote(view.item?.note ?? '')}>
                    Leave as it was
                </button>
            </div>
        </section>
    );
}

function Names({ view }: { view: View }) {
    if (view.names === null) return null;
    if (view.names.sightings.length === 0) return <p>No names are known.</p>;
    return (
        <ul class="names">
            {view.names.sightings.map((s, at) => {
                const rows: [string, string][] = [
                    ['Path', s.path],
                    ['Source', s.source],
                    ['Address', s.url],
                    ['Page', s.page_url],
                    ['Note', s.note],
                    ['Batch', s.batch],
                    ['Found', s.found_at === null ? '' : when(s.found_at)],
                ];
                return (
                    <li key={`${at} ${s.path}`}>
                        <dl>
                            {rows
                                .filter(([, words]) => words !== '')
                                .map(([name, words]) => (
                                    <div key={name}>
                                        <dt>{name}</dt>
                                        <dd>{words}</dd>
                                    </div>
                                ))}
                        </dl>
                    </li>
                );
            })}
        </ul>
    );
}

function Info({ view, assess }: { view: View; assess: Assess }) {
    const { item, scheme } = view;
    if (item === null) return null;
    return (
        <section class="panel" aria-label="Information">
            <h2>What is known</h2>
            <dl class="known">
                <div>
                    <dt>Item</dt>
                    <dd>{item.lease.facts}</dd>
                </div>
                <div>
                    <dt>Batch</dt>
                    <dd>{item.lease.batch}</dd>
                </div>
                <div>
                    <dt>Task</dt>
                    <dd>{item.lease.task}</dd>
                </div>
                <div>
                    <dt>Scheme</dt>
                    <dd>
                        {scheme?.label ?? item.lease.scheme}, version {item.lease.scheme_version}
                    </dd>
                </div>
                {item.lease.flags.length > 0 && (
                    <div>
                        <dt>Flags</dt>
                        <dd>{flagWords(item.lease).join('; ')}</dd>
                    </div>
                )}
                {item.lease.facets.length > 0 && (
                    <div>
                        <dt>All pictures</dt>
                        <dd>{['main picture', ...item.lease.facets.map(facetWords)].join('; ')}</dd>
                    </div>
                )}
                <div>
                    <dt>Held until</dt>
                    <dd>{when(item.lease.expires_at)}</dd>
                </div>
            </dl>
            <Names view={view} />
            {assess.caps.includes('names') && view.names === null && (
                <button
                    type="button"
                    onClick={() => assess.act({ do: 'verb', verb: 'show_names' })}
                >
                    <Kbd>Enter</Kbd> Show names and addresses
                </button>
            )}
            <p class="quiet">
                {assess.caps.includes('names')
                    ? 'Names are content too: showing them is written to the record.'
                    : 'Names are not shown to readers.'}
            </p>
            <p class="quiet keys-line">
                <Kbd>I</Kbd> back
            </p>
        </section>
    );
}

function GuidancePanel({ view }: { view: View }) {
    const { scheme, guidance } = view;
    const words = (target: string): string =>
        scheme?.codes.find((c) => c.code === target)?.label ??
        (scheme === null ? target : tagWords(scheme, target));
    const first = view.item?.code ?? '';
    // An empty text is one that was taken away.
    const inOrder = guidance
        .filter((g) => g.body !== '')
        .sort((a, b) => Number(b.target === first) - Number(a.target === first));
    const code = scheme?.codes.find((c) => c.code === first);
    return (
        <section class="panel" aria-label="Guidance">
            <h2>Guidance</h2>
            {code !== undefined && code.legal !== '' && <p class="quiet">{code.legal}</p>}
            {inOrder.length === 0 && <p>This site has written no guidance for this scheme yet.</p>}
            {inOrder.map((g) => (
                <div key={g.target} class="guidance">
                    <h3>{words(g.target)}</h3>
                    <p class="text">{g.body}</p>
                    <p class="quiet">Version {g.version}</p>
                </div>
            ))}
            <p class="quiet keys-line">
                <Kbd>?</Kbd> back
            </p>
        </section>
    );
}

export function Panel({ view, assess }: { view: View; assess: Assess }) {
    switch (view.mode) {
        case 'escalate':
            return <Escalate assess={assess} />;
        case 'note':
            return <Note view={view} assess={assess} />;
        case 'info':
            return <Info view={view} assess={assess} />;
        case 'guidance':
            return <GuidancePanel view={view} />;
        default:
            return null;
    }
}
