// People, for administrators: add, set roles, give a new password, end access.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api.ts';
import { Field, Head, Loads, Problem, Table, useAct, useLoad, when } from '../parts/ui.tsx';
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

function Add({ again }: { again: () => void }) {
    const name = useSignal('');
    const label = useSignal('');
    const password = useSignal('');
    const roles = useSignal<Role[]>([]);
    const act = useAct();
    return (
        <form
            onSubmit={(e) => {
                e.preventDefault();
                act.run(async () => {
                    await api.addStaff({
                        name: name.value,
                        label: label.value,
                        roles: roles.value,
                        password: password.value,
                    });
                    say(`${label.value} is added.`);
                    name.value = '';
                    label.value = '';
                    password.value = '';
                    roles.value = [];
                    again();
                });
            }}
        >
            <div class="fields">
                <Field label="Sign-in name" id="new-name" hint="Small letters, digits, . _ -">
                    <input
                        id="new-name"
                        required
                        pattern="[a-z0-9][a-z0-9._\-]{0,39}"
                        autocomplete="off"
                        value={name.value}
                        onInput={(e) => {
                            name.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Field label="Name to show" id="new-label">
                    <input
                        id="new-label"
                        required
                        maxLength={80}
                        autocomplete="off"
                        value={label.value}
                        onInput={(e) => {
                            label.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <Field label="First password" id="new-password" hint="At least 12 characters">
                    <input
                        id="new-password"
                        type="password"
                        required
                        minLength={12}
                        maxLength={1024}
                        autocomplete="new-password"
                        value={password.value}
                        onInput={(e) => {
                            password.value = e.currentTarget.value;
                        }}
                    />
                </Field>
            </div>
            <RoleBoxes
                name="new"
                roles={roles.value}
                onChange={(r) => {
                    roles.value = r;
                }}
            />
            <Problem words={act.problem} />
            <button type="submit" class="primary" disabled={act.busy}>
                Add
            </button>
        </form>
    );
}

function Change({ row, again }: { row: StaffRow; again: () => void }) {
    const roles = useSignal<Role[]>([...row.roles]);
    const password = useSignal('');
    const act = useAct();
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => title.current?.focus(), []);
    const change = (body: Parameters<typeof api.changeStaff>[1], words: string): void =>
        act.run(async () => {
            await api.changeStaff(row.staff, body);
            say(words);
            again();
        });
    return (
        <div class="card">
            <h3 ref={title} tabIndex={-1}>
                {row.label}
            </h3>
            <RoleBoxes
                name={row.staff}
                roles={roles.value}
                onChange={(r) => {
                    roles.value = r;
                }}
            />
            <Problem words={act.problem} />
            <div class="row">
                <button
                    type="button"
                    class="primary"
                    disabled={act.busy}
                    onClick={() => change({ roles: roles.value }, 'Roles are set.')}
                >
                    Set roles
                </button>
                <button
                    type="button"
                    disabled={act.busy}
                    onClick={() =>
                        change(
                            { disabled: !row.disabled },
                            row.disabled ? 'Access is given again.' : 'Access has ended.',
                        )
                    }
                >
                    {row.disabled ? 'Give access again' : 'End access now'}
                </button>
            </div>
            <form
                class="row row-end"
                onSubmit={(e) => {
                    e.preventDefault();
                    change({ password: password.value }, 'The password is set.');
                    password.value = '';
                }}
            >
                <Field label="New password" id={`password-${row.staff}`}>
                    <input
                        id={`password-${row.staff}`}
                        type="password"
                        required
                        minLength={12}
                        maxLength={1024}
                        autocomplete="new-password"
                        value={password.value}
                        onInput={(e) => {
                            password.value = e.currentTarget.value;
                        }}
                    />
                </Field>
                <button type="submit" disabled={act.busy}>
                    Set password
                </button>
            </form>
            <p class="quiet">Any change ends this person’s sessions at once.</p>
        </div>
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
                                <Change
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
                <Add again={list.again} />
            </section>
        </>
    );
}
