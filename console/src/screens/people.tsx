// People, for administrators: add, set roles, give a new password, end access.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { Head, Loads, Problem, Table, TextField, useAct, useLoad, when } from '../parts/ui.tsx';
import { say } from '../state.ts';
import { ROLES, type Role, type StaffRow } from '../types.ts';

function RoleBoxes({
    name,
    roles,
    onChange,
}: {
    name: string;
    roles: Role[];
    onChange: (roles: Role[]) => void;
}) {
    return (
        <fieldset class="roles">
            <legend>Roles</legend>
            {ROLES.map((role) => (
                <label key={role} class="choice">
                    <input
                        type="checkbox"
                        name={`${name}-${role}`}
                        checked={roles.includes(role)}
                        onChange={() =>
                            onChange(
                                roles.includes(role)
                                    ? roles.filter((r) => r !== role)
                                    : ROLES.filter((r) => r === role || roles.includes(r)),
                            )
                        }
                    />
                    <span>{role}</span>
                </label>
            ))}
        </fieldset>
    );
}

const PASSWORD = { type: 'password', minLength: 12, maxLength: 1024 } as const;

/** One form for a new person and for one who is here: then only what was changed is sent. */
function PersonForm({ row, again }: { row: StaffRow | null; again: () => void }) {
    const name = useSignal('');
    const label = useSignal('');
    const password = useSignal('');
    const roles = useSignal<Role[]>([...(row?.roles ?? [])]);
    const title = useRef<HTMLHeadingElement>(null);
    const act = useAct();
    useEffect(() => title.current?.focus(), []);
    const id = row?.staff ?? 'new';
    const rolesChanged = row !== null && row.roles.join() !== roles.value.join();
    const save = async (): Promise<void> => {
        if (row === null)
            await api.addStaff({
                name: name.value,
                label: label.value,
                roles: roles.value,
                password: password.value,
            });
        else
            await api.changeStaff(row.staff, {
                ...(rolesChanged ? { roles: roles.value } : {}),
                ...(password.value === '' ? {} : { password: password.value }),
            });
        say(row === null ? `${label.value} is added.` : `${row.label} is changed.`);
        for (const field of [name, label, password]) field.value = '';
        if (row === null) roles.value = [];
        again();
    };
    return (
        <form
            class={row === null ? undefined : 'card'}
            onSubmit={(e) => {
                e.preventDefault();
                act.run(save);
            }}
        >
            {row !== null && (
                <h2 ref={title} tabIndex={-1}>
                    {row.label}
                </h2>
            )}
            <div class="fields">
                {row === null && (
                    <>
                        <TextField
                            label="Sign-in name"
                            hint="Small letters, digits, . _ -"
                            id="new-name"
                            of={name}
                            required
                            pattern="[a-z0-9][a-z0-9._\-]{0,39}"
                        />
                        <TextField
                            label="Name to show"
                            id="new-label"
                            of={label}
                            required
                            maxLength={80}
                        />
                    </>
                )}
                <TextField
                    label={row === null ? 'First password' : 'New password'}
                    hint={
                        row === null
                            ? 'At least 12 characters'
                            : 'At least 12 characters; empty leaves it as it is'
                    }
                    id={`password-${id}`}
                    of={password}
                    required={row === null}
                    autocomplete="new-password"
                    {...PASSWORD}
                />
            </div>
            <RoleBoxes
                name={id}
                roles={roles.value}
                onChange={(r) => {
                    roles.value = r;
                }}
            />
            <Problem words={act.problem} />
            <div class="row">
                <button
                    type="submit"
                    class="primary"
                    disabled={act.busy || (row !== null && !rolesChanged && password.value === '')}
                >
                    {row === null ? 'Add' : 'Save'}
                </button>
                {row !== null && (
                    <button
                        type="button"
                        disabled={act.busy}
                        onClick={() =>
                            act.run(async () => {
                                await api.changeStaff(row.staff, { disabled: !row.disabled });
                                say(row.disabled ? 'Access is given again.' : 'Access has ended.');
                                again();
                            })
                        }
                    >
                        {row.disabled ? 'Give access again' : 'End access now'}
                    </button>
                )}
            </div>
            {row !== null && (
                <p class="quiet">
                    Any change ends this person’s sessions at once and is on the record. Nobody
                    changes their own roles.
                </p>
            )}
        </form>
    );
}

export function People() {
    const list = useLoad(api.staff);
    const chosen = useSignal<string | null>(null);
    return (
        <>
            <Head title="People">
                Administrators never see material; viewing is authorised apart.
            </Head>
            <Loads from={list}>
                {({ staff }) => {
                    const row = staff.find((s) => s.staff === chosen.value);
                    return (
                        <>
                            <Table
                                label="People"
                                empty="There is nobody yet."
                                rows={staff}
                                rowKey={(s) => s.staff}
                                columns={[
                                    { title: 'Name', cell: (s) => s.label },
                                    { title: 'Signs in as', cell: (s) => s.name },
                                    { title: 'Roles', cell: (s) => s.roles.join(', ') || 'none' },
                                    {
                                        title: 'Access',
                                        cell: (s) => (s.disabled ? 'ended' : 'yes'),
                                    },
                                    {
                                        title: 'May view until',
                                        cell: (s) =>
                                            s.authorised_until ? when(s.authorised_until) : '–',
                                    },
                                    {
                                        title: '',
                                        cell: (s) => (
                                            <button
                                                type="button"
                                                aria-label={`Change ${s.label}`}
                                                onClick={() => {
                                                    chosen.value = s.staff;
                                                }}
                                            >
                                                Change
                                            </button>
                                        ),
                                    },
                                ]}
                            />
                            {row !== undefined && (
                                <PersonForm
                                    key={`${row.staff} ${row.roles.join()} ${row.disabled}`}
                                    row={row}
                                    again={list.again}
                                />
                            )}
                        </>
                    );
                }}
            </Loads>
            <section aria-labelledby="add">
                <h2 id="add">Add a person</h2>
                <PersonForm row={null} again={list.again} />
            </section>
        </>
    );
}
