// The list of keys, printed from the tables that the keys are read by.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { conflicts, helpOf } from '../keys.ts';
import { state } from '../state.ts';
import { Kbd } from './ui.tsx';

export function Help() {
    const { scheme, caps } = state.helpFor.value;
    const close = useRef<HTMLButtonElement>(null);
    useLayoutEffect(() => {
        const before = document.activeElement;
        close.current?.focus();
        return () => {
            if (before instanceof HTMLElement) before.focus();
        };
    }, []);
    const clash = scheme === null ? [] : conflicts(scheme);
    return (
        <div class="over" role="dialog" aria-modal="true" aria-labelledby="help-title">
            <div class="over-head">
                <h2 id="help-title">Keys</h2>
                <button
                    type="button"
                    ref={close}
                    onClick={() => {
                        state.help.value = false;
                    }}
                >
                    <Kbd>F1</Kbd> Close
                </button>
            </div>
            {clash.length > 0 && (
                <p class="problem">
                    The scheme gives keys that the console already has: {clash.join(', ')}.
                </p>
            )}
            <div class="help-parts">
                {helpOf(scheme, caps).map((part) => (
                    <section key={part.title}>
                        <h3>{part.title}</h3>
                        <dl>
                            {part.rows.map((r) => (
                                <div key={r.keys + r.says}>
                                    <dt>
                                        <Kbd>{r.keys}</Kbd>
                                    </dt>
                                    <dd>{r.says}</dd>
                                </div>
                            ))}
                        </dl>
                    </section>
                ))}
            </div>
        </div>
    );
}
