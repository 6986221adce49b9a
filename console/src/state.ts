// The one typed state of the console. Screens read it, verbs below change it; nothing is stored.
import { computed, signal } from '@preact/signals';
import type { Cap } from './keys.ts';
import type { Refusal } from './queue.ts';
import type { Scheme } from './scheme.ts';
import type { Me, Queue, Role, Workspace } from './types.ts';

export type Screen =
    | 'home'
    | 'assess'
    | 'reading'
    | 'third'
    | 'escalated'
    | 'later'
    | 'escalations'
    | 'referrals'
    | 'shift'
    | 'lots'
    | 'corrections'
    | 'release'
    | 'batches'
    | 'upload'
    | 'intake'
    | 'lookup'
    | 'lists'
    | 'people'
    | 'authorisations'
    | 'guidance'
    | 'record'
    | 'item'
    | 'schemes'
    | 'settings'
    | 'keys'
    | 'backups';

export interface ScreenEntry {
    screen: Screen;
    title: string;
    says: string; // what one does there, for the home screen
    roles: readonly Role[];
    queue?: Queue; // set: the screen shows pictures, covered
}

/** Every screen with who may open it; the server checks each route again. */
export const SCREENS: readonly ScreenEntry[] = [
    { screen: 'home', title: 'Home', says: '', roles: [] },
    {
        screen: 'assess',
        title: 'Assess',
        says: 'Grade the waiting items, one key each. Everything starts covered.',
        roles: ['assessor'],
        queue: 'grade',
    },
    {
        screen: 'later',
        title: 'Later pile',
        says: 'Items you put off. What is left goes back to the queue when you submit.',
        roles: ['assessor'],
    },
    {
        screen: 'shift',
        title: 'Shift end',
        says: 'Check the shift by text, put right what is missing, submit.',
        roles: ['assessor', 'lead'],
    },
    {
        screen: 'corrections',
        title: 'Corrections',
        says: 'Upheld errors, in text. A picture is shown only if you ask for it.',
        roles: ['assessor', 'lead', 'arbiter'],
    },
    {
        screen: 'lots',
        title: 'Lots',
        says: 'Submitted shifts, their samples and how far the reading is.',
        roles: ['quality', 'arbiter', 'lead', 'assessor'],
    },
    {
        screen: 'reading',
        title: 'Quality reading',
        says: 'Grade sampled items blind, without the first grade.',
        roles: ['quality'],
        queue: 'reading',
    },
    {
        screen: 'third',
        title: 'Third reading',
        says: 'Settle what two readers graded differently, blind to both.',
        roles: ['arbiter'],
        queue: 'third',
    },
    {
        screen: 'escalations',
        title: 'Escalations',
        says: 'Items that assessors passed on, with the reason.',
        roles: ['lead'],
    },
    {
        screen: 'referrals',
        title: 'Referrals',
        says: 'Escalated items that were handed to police, each with its clock.',
        roles: ['lead', 'compliance', 'auditor'],
    },
    {
        screen: 'escalated',
        title: 'Escalated item',
        says: '',
        roles: ['lead'],
        queue: 'escalated',
    },
    {
        screen: 'upload',
        title: 'Upload',
        says: 'Files and folders into a batch; goes on after a cut.',
        roles: ['intake', 'analyst'],
    },
    {
        screen: 'intake',
        title: 'Intake',
        says: 'What is coming in just now, and what the decoder could not show.',
        roles: ['intake', 'analyst', 'lead'],
    },
    {
        screen: 'batches',
        title: 'Batches',
        says: 'What came in, how far it is, its place in the queue and who may see it.',
        roles: ['intake', 'analyst', 'lead'],
    },
    {
        screen: 'release',
        title: 'Release',
        says: 'Ask for a release, approve another person’s, fetch the signed files.',
        roles: ['release', 'lead', 'compliance', 'auditor'],
    },
    {
        screen: 'lookup',
        title: 'Look up',
        says: 'What the lists know of a hash or of a file; the file is never shown.',
        roles: ['analyst', 'lead', 'compliance', 'auditor'],
    },
    {
        screen: 'lists',
        title: 'Lists',
        says: 'Hashes of others and your own: taking lists in, single hashes off and on.',
        roles: ['intake', 'analyst', 'lead', 'compliance', 'admin', 'auditor'],
    },
    {
        screen: 'authorisations',
        title: 'Authorisations',
        says: 'Who may view material, authorised by whom, from and to.',
        roles: ['compliance', 'lead', 'auditor'],
    },
    {
        screen: 'guidance',
        title: 'Guidance',
        says: 'What each code and tag means here, in your site’s own words. Assessors read it by ?.',
        roles: ['lead', 'compliance', 'admin'],
    },
    {
        screen: 'people',
        title: 'People',
        says: 'Add people, set their roles, end their access.',
        roles: ['admin'],
    },
    {
        screen: 'schemes',
        title: 'Schemes',
        says: 'What is graded by: each version, and taking a new one.',
        roles: ['admin', 'compliance', 'lead', 'auditor'],
    },
    {
        screen: 'settings',
        title: 'Settings',
        says: 'The limits of this site, each with its bounds and meaning.',
        roles: ['admin', 'compliance', 'auditor'],
    },
    {
        screen: 'keys',
        title: 'Keys',
        says: 'Which keys there are, and the public halves that others verify with.',
        roles: ['admin', 'compliance', 'auditor'],
    },
    {
        screen: 'backups',
        title: 'Backups',
        says: 'When the last backup was made, and when a restore was last tried.',
        roles: ['admin'],
    },
    {
        screen: 'item',
        title: 'Item record',
        says: 'All that is known of one item, as text: found by its id or a hash.',
        roles: ['lead', 'quality', 'arbiter', 'compliance', 'auditor'],
    },
    {
        screen: 'record',
        title: 'Record',
        says: 'The tamper-evident record: its signed head, its entries, the proof.',
        roles: ['auditor', 'compliance', 'lead'],
    },
];

/** One task is to be opened, by a list that is gone back to when it is decided. */
export interface OnlyTask {
    queue: Queue;
    task: string;
    textOnly: boolean; // put right by text: not even the cover is fetched
    back: Screen;
}

export type Phase = 'starting' | 'unreachable' | 'signed_out' | 'signed_in' | 'break';

export const state = {
    phase: signal<Phase>('starting'),
    workspace: signal<Workspace | null>(null),
    me: signal<Me | null>(null),
    screen: signal<Screen>('home'),
    /** What of the screen is meant: the id behind its name in the address; '' is none. */
    part: signal(''),
    /** Only this task is asked for on the next screen with a queue (a Later item, a check row). */
    onlyTask: signal<OnlyTask | null>(null),
    /** Esc was pressed: nothing but a plain sheet is on the screen. */
    hidden: signal(false),
    help: signal(false),
    helpFor: signal<{ scheme: Scheme | null; caps: readonly Cap[] }>({ scheme: null, caps: [] }),
    /** Said by the polite live region; the number makes two equal sentences two events. */
    said: signal({ words: '', count: 0 }),
    lastContactMs: signal(Date.now()),
    nowMs: signal(Date.now()),
    /** Why the sign-in screen is shown again, if there is a reason. */
    signInReason: signal(''),
    unsaved: signal(0),
    /** Files that are kept but of which no picture can be shown; said on every screen. */
    notShown: signal(0),
    /** Saves that the server refused for good; shown until acknowledged. */
    refusals: signal<Refusal[]>([]),
};

const SAID_MS = 8_000; // how long a sentence stays to be read

export function say(words: string): void {
    const count = state.said.value.count + 1;
    state.said.value = { words, count };
    setTimeout(() => {
        if (state.said.value.count === count) state.said.value = { words: '', count };
    }, SAID_MS);
}

/** What was said belongs to the screen it was said on. */
export function hush(): void {
    state.said.value = { words: '', count: state.said.value.count + 1 };
}

export function mayOpen(roles: readonly Role[], entry: ScreenEntry): boolean {
    return entry.roles.length === 0 || entry.roles.some((r) => roles.includes(r));
}

export function hasRole(...roles: Role[]): boolean {
    return state.me.value?.roles.some((r) => roles.includes(r)) ?? false;
}

export const entry = computed(
    () => SCREENS.find((s) => s.screen === state.screen.value) ?? (SCREENS[0] as ScreenEntry),
);

/** A training workspace says so on every screen; until the server answered we do not know. */
export const training = computed(
    () => state.me.value?.training ?? state.workspace.value?.training ?? false,
);

const WARN_MS = 120_000;

export type Ending = { kind: 'idle' | 'final'; leftMs: number } | null;

/**
 * How the session ends if nothing happens, when that is less than two minutes away. idle can be
 * extended by any request; final (the session's longest life) cannot.
 */
export function sessionEnding(
    me: Pick<Me, 'idle_minutes' | 'ends_at'> | null,
    lastContactMs: number,
    nowMs: number,
): Ending {
    if (me === null) return null;
    const final = Date.parse(me.ends_at) - nowMs;
    const idle = lastContactMs + me.idle_minutes * 60_000 - nowMs;
    const kind = final <= idle ? 'final' : 'idle';
    const leftMs = Math.min(final, idle);
    return leftMs < WARN_MS ? { kind, leftMs: Math.max(0, leftMs) } : null;
}

export const ending = computed(() =>
    sessionEnding(state.me.value, state.lastContactMs.value, state.nowMs.value),
);

/** The screen that an address names; a screen that is unknown or not mine is home. */
export function screenOf(hash: string, roles: readonly Role[]): Screen {
    const name = hash.replace(/^#\/?/, '').replace(/\/.*$/, '');
    const found = SCREENS.find((s) => s.screen === name);
    return found !== undefined && mayOpen(roles, found) ? found.screen : 'home';
}

/** The id that an address names behind its screen (#/item/123), or ''. */
export function partOf(hash: string): string {
    return /^#\/[a-z]+\/([0-9]{1,19})$/.exec(hash)?.[1] ?? '';
}

/** The token of a sign-in link (#link=TOKEN), or null. */
export function linkToken(hash: string): string | null {
    const found = /^#link=([A-Za-z0-9._~-]{1,200})$/.exec(hash);
    return found?.[1] ?? null;
}
