// Settings of the site: each number with its bounds and meaning, changed by an administrator.
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { count, Field, Head, Loads, Problem, useAct, useLoad } from '../parts/ui.tsx';
import { hasRole, say } from '../state.ts';
import type { Setting, SettingList } from '../types.ts';

function Change({
    setting: s,
    onDone,
}: {
    setting: Setting;
    onDone: (list: SettingList | null) => void;
}) {
    const value = useSignal(String(s.value));
    const field = useRef<HTMLInputElement>(null);
    const act = useAct();
    useLayoutEffect(() => field.current?.focus(), []);
    const id = `setting-${s.name}`;
    return (
        <form
            class="row row-end"
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    const list = await api.setSetting(s.name, Number(value.value));
                    say(`${s.name} is ${value.value} from the server’s next start.`);
                    onDone(list);
                });
            }}
        >
            <Problem words={act.problem} />
            <Field label={`New value of ${s.name}`} id={id}>
                <input
                    id={id}
                    ref={field}
                    type="number"
                    class="wide-number"
                    required
                    min={s.min}
                    max={s.max}
                    value={value.value}
                    onInput={(e) => {
                        value.value = e.currentTarget.value;
                    }}
                />
            </Field>
            <button
                type="submit"
                class="primary"
                disabled={act.busy || value.value === '' || Number(value.value) === s.value}
            >
                Set
            </button>
            <button
                type="button"
                onClick={() => {
                    value.value = String(s.standard);
                }}
            >
                Standard
            </button>
            <button type="button" onClick={() => onDone(null)}>
                Leave as it was
            </button>
        </form>
    );
}

function Row({ setting: s, onList }: { setting: Setting; onList: (list: SettingList) => void }) {
    const open = useSignal(false);
    const change = useRef<HTMLButtonElement>(null);
    const was = useRef(false);
    useLayoutEffect(() => {
        // The focus goes back to where the form was opened.
        if (was.current && !open.value) change.current?.focus();
        was.current = open.value;
    }, [open.value]);
    return (
        <li>
            <div class="setting-name">
                <h2>{s.what.charAt(0).toUpperCase() + s.what.slice(1)}</h2>
                <p class="hint">
                    <code>{s.name}</code>
                </p>
            </div>
            {open.value ? (
                <Change
                    setting={s}
                    onDone={(list) => {
                        open.value = false;
                        if (list !== null) onList(list);
                    }}
                />
            ) : (
                <>
                    <div>
                        <p class="setting-value">{count(s.value)}</p>
                        <p class="hint">
                            {s.value === s.standard
                                ? 'the standard'
                                : `the standard is ${count(s.standard)}`}
                            ; {count(s.min)} to {count(s.max)}
                        </p>
                    </div>
                    {hasRole('admin') && (
                        <button
                            type="button"
                            ref={change}
                            aria-label={`Change ${s.name}`}
                            onClick={() => {
                                open.value = true;
                            }}
                        >
                            Change
                        </button>
                    )}
                </>
            )}
        </li>
    );
}

export function Settings() {
    const loaded = useLoad(api.settings);
    const changed = useSignal<SettingList | null>(null);
    return (
        <>
            <Head title="Settings">
                The limits of this site. Administrators change them; the record holds the old and
                the new value. The server takes a change up when it is started anew.
            </Head>
            <Loads from={loaded}>
                {(list) => (
                    <ul class="settings">
                        {(changed.value ?? list).settings.map((s) => (
                            <Row
                                key={s.name}
                                setting={s}
                                onList={(l) => {
                                    changed.value = l;
                                }}
                            />
                        ))}
                    </ul>
                )}
            </Loads>
        </>
    );
}
