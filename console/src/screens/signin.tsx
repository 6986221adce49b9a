// Signing in, and the plain screens before and after a session.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Field, Problem, useAct } from '../parts/ui.tsx';
import { signIn, start } from '../session.ts';
import { state } from '../state.ts';

export function SignIn() {
    const name = useSignal('');
    const password = useSignal('');
    const act = useAct();
    const first = useRef<HTMLInputElement>(null);
    useEffect(() => first.current?.focus(), []);
    const unsaved = state.unsaved.value;
    return (
        <main class="plain">
            <h1 class="wordmark">assay</h1>
            <p class="lead">{state.workspace.value?.label ?? ''}</p>
            <Problem words={state.signInReason.value} />
            {unsaved > 0 && (
                <p class="notice">
                    {unsaved === 1 ? 'One decision is' : `${unsaved} decisions are`} kept on this
                    page and not saved yet. They are sent when the same person signs in.
                </p>
            )}
            <form
                onSubmit={(e) => {
                    e.preventDefault();
                    act.run(() => signIn(name.value, password.value));
                }}
            >
                <Field label="Name" id="name">
                    <input
                        id="name"
                        ref={first}
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck={false}
                        required
                        maxLength={64}
                        value={name.value}
                        onInput={(e) => {
                            name.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Field label="Password" id="password">
                    <input
                        id="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        maxLength={1024}
                        value={password.value}
                        onInput={(e) => {
                            password.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Problem words={act.problem} />
                <button type="submit" class="primary" disabled={act.busy}>
                    Sign in
                </button>
            </form>
        </main>
    );
}

export function Break() {
    const button = useRef<HTMLButtonElement>(null);
    useEffect(() => button.current?.focus(), []);
    const unsaved = state.unsaved.value;
    const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
    return (
        <main class="plain break">
            <h1>Break</h1>
            <p class="clock">{clock.format(new Date(state.nowMs.value))}</p>
            <p class="lead" role="status">
                {unsaved === 0
                    ? 'Everything is saved and your tasks are given back.'
                    : `${unsaved} unsaved. This page keeps trying; leave it open.`}
            </p>
            <button
                type="button"
                ref={button}
                onClick={() => {
                    state.signInReason.value = '';
                    state.phase.value = 'signed_out';
                }}
            >
                Back when ready
            </button>
        </main>
    );
}

export function Unreachable() {
    return (
        <main class="plain">
            <h1 class="wordmark">assay</h1>
            <p class="lead">The server does not answer.</p>
            <button type="button" class="primary" onClick={() => void start()}>
                Try again
            </button>
        </main>
    );
}
