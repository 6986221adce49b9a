// Superseding a passed decision by text: another grade, why, and what will follow from it.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api, idempotencyKey } from '../api.ts';
import { findCode, type Scheme, whyNotReady } from '../scheme.ts';
import { say } from '../state.ts';
import type { ItemTask } from '../types.ts';
import { GradeForm } from './grade.tsx';
import { Field, many, Problem, useAct } from './ui.tsx';

const REASON_CHARS = 2000; // as many as the server takes

/** What a new version does, in sentences; nothing is left for the person to find out later. */
export function whatFollows(task: ItemTask, inheriting: number): string[] {
    const held = task.releases.filter((r) => r.state !== 'refused').length;
    const written = task.releases.filter((r) => r.written_at !== null).length;
    return [
        'A new version stands in your name; the earlier ones stay to be read.',
        inheriting === 0
            ? 'No sighting inherits it.'
            : `It is inherited: ${many(inheriting, 'sighting')} will follow at once.`,
        held === 0
            ? 'It is in no release.'
            : `${many(held, 'release')} with the old grade can no longer be written anew.`,
        ...(written === 0
            ? []
            : [
                  `Already written with the old grade: ${many(written, 'package')}. ` +
                      'Tell the recipients; superseding calls nothing back.',
              ]),
    ];
}

function Form({
    task,
    scheme,
    inheriting,
    onDone,
}: {
    task: ItemTask;
    scheme: Scheme;
    inheriting: number;
    onDone: (saved: boolean) => void;
}) {
    const now = task.decisions.find((d) => d.stands);
    const code = useSignal(now?.code ?? '');
    const tags = useSignal<string[]>([...(now?.tags ?? [])]);
    const reason = useSignal('');
    const key = useSignal(idempotencyKey());
    const title = useRef<HTMLHeadingElement>(null);
    const act = useAct();
    useEffect(() => title.current?.focus(), []);
    const chosen = findCode(scheme, code.value);
    const kept = chosen?.tags ? tags.value : [];
    const same =
        code.value === now?.code && [...kept].sort().join(' ') === [...now.tags].sort().join(' ');
    const why =
        chosen === undefined
            ? 'Choose a grade.'
            : same
              ? 'This is the grade that stands; choose another grade or tags.'
              : (whyNotReady(scheme, chosen, kept) ??
                (reason.value.trim() === '' ? 'Say why, in one sentence.' : null));
    const id = `supersede-${task.task}`;
    return (
        <form
            class="card"
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    try {
                        await api.supersede(
                            task.task,
                            { code: code.value, tags: kept, reason: reason.value.trim() },
                            key.value,
                        );
                    } finally {
                        key.value = idempotencyKey();
                    }
                    say('Superseded. The new version stands.');
                    onDone(true);
                });
            }}
        >
            <h3 ref={title} tabIndex={-1}>
                Supersede this decision
            </h3>
            <GradeForm
                scheme={scheme}
                code={code.value}
                tags={tags.value}
                name={id}
                onChange={(newCode, newTags) => {
                    code.value = newCode;
                    tags.value = newTags;
                }}
            />
            <Field label="Why, in one sentence" id={id}>
                <textarea
                    id={id}
                    rows={2}
                    required
                    maxLength={REASON_CHARS}
                    value={reason.value}
                    onInput={(e) => {
                        reason.value = e.currentTarget.value;
                    }}
                />
            </Field>
            <div class="notice">
                <p>What follows</p>
                <ul class="follows">
                    {whatFollows(task, inheriting).map((w) => (
                        <li key={w}>{w}</li>
                    ))}
                </ul>
            </div>
            {why !== null && <p class="hint">{why}</p>}
            <Problem words={act.problem} />
            <div class="row">
                <button type="submit" class="primary" disabled={act.busy || why !== null}>
                    Supersede, as said above
                </button>
                <button type="button" onClick={() => onDone(false)}>
                    Leave as it was
                </button>
            </div>
        </form>
    );
}

export function SupersedeForm(of: {
    task: ItemTask;
    scheme: Scheme;
    inheriting: number;
    again: () => void;
}) {
    const open = useSignal(false);
    const { task, scheme, inheriting, again } = of;
    if (!open.value)
        return (
            <button
                type="button"
                onClick={() => {
                    open.value = true;
                }}
            >
                Supersede the decision that stands
            </button>
        );
    return (
        <Form
            task={task}
            scheme={scheme}
            inheriting={inheriting}
            onDone={(saved) => {
                open.value = false;
                if (saved) again();
            }}
        />
    );
}
