// Guidance: the site's own words for each code and tag of a scheme; a change is a new version.
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { Mark } from '../parts/grade.tsx';
import { Empty, Field, Head, Loads, Problem, useAct, useLoad } from '../parts/ui.tsx';
import { type Code, readScheme, type Scheme, tagId } from '../scheme.ts';
import { say, state } from '../state.ts';
import type { Guidance, SchemeView } from '../types.ts';

const BODY_CHARS = 20_000; // as many as the server takes

interface Target {
    target: string;
    label: string;
    legal: string;
    code: Code | null;
}

function Edit({
    scheme,
    of,
    now,
    onDone,
}: {
    scheme: string;
    of: Target;
    now: Guidance | undefined;
    onDone: (saved: boolean) => void;
}) {
    const words = useSignal(now?.body ?? '');
    const area = useRef<HTMLTextAreaElement>(null);
    const act = useAct();
    useLayoutEffect(() => area.current?.focus(), []);
    const id = `guidance-${of.target}`;
    return (
        <form
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    const saved = await api.setGuidance(scheme, of.target, words.value.trim());
                    say(`Guidance for ${of.label} saved as version ${saved.version}.`);
                    onDone(true);
                });
            }}
        >
            <Problem words={act.problem} />
            <Field
                id={id}
                label={`Guidance for ${of.label}`}
                hint="Earlier versions stay on the record. An empty text takes the guidance away."
            >
                <textarea
                    id={id}
                    ref={area}
                    rows={5}
                    maxLength={BODY_CHARS}
                    value={words.value}
                    onInput={(e) => {
                        words.value = e.currentTarget.value;
                    }}
                />
            </Field>
            <div class="row">
                <button
                    type="submit"
                    class="primary"
                    disabled={act.busy || words.value.trim() === (now?.body ?? '')}
                >
                    Save as version {(now?.version ?? 0) + 1}
                </button>
                <button type="button" onClick={() => onDone(false)}>
                    Leave as it was
                </button>
            </div>
        </form>
    );
}

function Row({
    scheme,
    of,
    now,
    again,
}: {
    scheme: string;
    of: Target;
    now: Guidance | undefined;
    again: () => void;
}) {
    const open = useSignal(false);
    const write = useRef<HTMLButtonElement>(null);
    const was = useRef(false);
    useLayoutEffect(() => {
        // The focus goes back to where the form was opened.
        if (was.current && !open.value) write.current?.focus();
        was.current = open.value;
    }, [open.value]);
    const written = now !== undefined && now.body !== '';
    return (
        <li>
            <div class="guidance-name">
                <h3>
                    {of.code !== null && <Mark code={of.code} />} {of.label}
                </h3>
                {of.legal !== '' && <p class="hint">{of.legal}</p>}
            </div>
            {open.value ? (
                <Edit
                    scheme={scheme}
                    of={of}
                    now={now}
                    onDone={(saved) => {
                        open.value = false;
                        if (saved) again();
                    }}
                />
            ) : (
                <>
                    {written ? (
                        <div class="guidance">
                            <p class="text">{now.body}</p>
                            <p class="hint">Version {now.version}</p>
                        </div>
                    ) : (
                        <p class="quiet">Nothing written yet.</p>
                    )}
                    <button
                        type="button"
                        ref={write}
                        aria-label={`${written ? 'Change' : 'Write'} guidance for ${of.label}`}
                        onClick={() => {
                            open.value = true;
                        }}
                    >
                        {written ? 'Change' : 'Write'}
                    </button>
                </>
            )}
        </li>
    );
}

function Targets({
    title,
    view,
    scheme,
    targets,
    again,
}: {
    title: string;
    view: SchemeView;
    scheme: Scheme;
    targets: readonly Target[];
    again: () => void;
}) {
    return (
        <section aria-label={title}>
            <h2>{title}</h2>
            <ul class="guidance-rows">
                {targets.map((of) => (
                    <Row
                        key={of.target}
                        scheme={scheme.name}
                        of={of}
                        now={view.guidance.find((g) => g.target === of.target)}
                        again={again}
                    />
                ))}
            </ul>
        </section>
    );
}

function OfScheme({ name }: { name: string }) {
    const loaded = useLoad(() => api.scheme(name));
    return (
        <Loads from={loaded}>
            {(view) => {
                const scheme = readScheme(view.scheme);
                const parts: [string, Target[]][] = [
                    [
                        'Codes',
                        scheme.codes.map((code) => ({
                            target: code.code,
                            label: code.label,
                            legal: code.legal,
                            code,
                        })),
                    ],
                    ...scheme.groups.map((group): [string, Target[]] => [
                        `Tags: ${group.label}`,
                        group.values.map((v) => ({
                            target: tagId(group, v),
                            label: v.label,
                            legal: '',
                            code: null,
                        })),
                    ]),
                ];
                return (
                    <>
                        <p class="quiet">
                            {scheme.label}, version {scheme.version}
                        </p>
                        {parts.map(([title, targets]) => (
                            <Targets
                                key={title}
                                title={title}
                                view={view}
                                scheme={scheme}
                                targets={targets}
                                again={loaded.again}
                            />
                        ))}
                    </>
                );
            }}
        </Loads>
    );
}

export function GuidanceScreen() {
    const names = state.workspace.value?.schemes ?? [];
    const chosen = useSignal(names[0] ?? '');
    return (
        <>
            <Head title="Guidance">
                What each code and tag means here, in your site’s own words. Assessors read it
                beside the picture by the key ?. Every change is a new version and goes on the
                record.
            </Head>
            {names.length === 0 && <Empty>No scheme is loaded yet.</Empty>}
            {names.length > 1 && (
                <Field id="scheme" label="Scheme">
                    <select
                        id="scheme"
                        value={chosen.value}
                        onChange={(e) => {
                            chosen.value = e.currentTarget.value;
                        }}
                    >
                        {names.map((n) => (
                            <option key={n}>{n}</option>
                        ))}
                    </select>
                </Field>
            )}
            {chosen.value !== '' && <OfScheme key={chosen.value} name={chosen.value} />}
        </>
    );
}
