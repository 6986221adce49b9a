// Coming and going: start-up, signing in by password or link, break, keeping the session.
import { batch } from '@preact/signals';
import { ApiProblem, api, hooks, sentence } from './api.ts';
import {
    hush,
    linkToken,
    type OnlyTask,
    partOf,
    type Screen,
    say,
    screenOf,
    state,
} from './state.ts';
import type { Me } from './types.ts';

/** What must be safe before the session may end: each queue, until it has nothing unsaved. */
export interface Work {
    readonly unsaved: number;
    flush(): Promise<void>;
    stop(leavingPage: boolean): Promise<void>;
    pause(): void;
    resume(): void;
}
const works = new Set<Work>();

/** Watch over this work; returns the way to let it go. */
export function trackWork(work: Work): () => void {
    works.add(work);
    return () => works.delete(work);
}

/** Before the page goes: a warning while anything is unsaved, and tasks are given back. */
export function guardPage(): void {
    addEventListener('beforeunload', (e) => {
        if ([...works].some((w) => w.unsaved > 0)) e.preventDefault();
    });
    addEventListener('pagehide', () => {
        for (const work of works) void work.stop(true);
    });
}

function showAddress(me: Me): void {
    batch(() => {
        state.screen.value = screenOf(location.hash, me.roles);
        state.part.value = partOf(location.hash);
    });
}

function signedIn(me: Me): void {
    state.me.value = me;
    state.phase.value = 'signed_in';
    state.hidden.value = false;
    state.help.value = false;
    state.signInReason.value = '';
    showAddress(me);
    for (const work of works) work.resume();
}

export async function start(): Promise<void> {
    hooks.contact = () => {
        state.lastContactMs.value = Date.now();
    };
    hooks.signedOut = () => {
        if (state.phase.value !== 'signed_in') return;
        state.signInReason.value = 'The session has ended. Sign in again to go on.';
        for (const work of works) work.pause();
        state.phase.value = 'signed_out';
    };
    const token = linkToken(location.hash);
    // The token leaves the address at once: it must not stay in the history.
    if (token !== null) history.replaceState(null, '', '/');
    try {
        state.workspace.value = await api.workspace();
        if (token !== null) await signInByLink(token);
        else signedIn(await api.me());
    } catch (problem) {
        const unreachable = problem instanceof ApiProblem && problem.undecided;
        state.phase.value = unreachable ? 'unreachable' : 'signed_out';
    }
}

async function signInByLink(link: string): Promise<void> {
    try {
        signedIn(await api.signIn({ link }));
    } catch (problem) {
        state.signInReason.value = sentence(problem);
        throw problem;
    }
}

/** Sign in; who signs in after another person's session ended finds none of that one's work. */
export async function signIn(name: string, password: string): Promise<void> {
    const before = state.me.value;
    const me = await api.signIn({ name, password });
    if (before !== null && before.staff !== me.staff) {
        location.hash = '';
        location.reload();
        return;
    }
    signedIn(me);
}

/** How many files cannot be shown, asked for whenever a screen opens. */
export async function countNotShown(): Promise<void> {
    try {
        state.notShown.value = (await api.stats()).not_shown ?? 0;
    } catch {
        // The number of before stays; the next screen asks again.
    }
}

export function go(screen: Screen, only?: OnlyTask): void {
    state.onlyTask.value = only ?? null;
    if (location.hash === `#/${screen}`) {
        state.screen.value = screen;
        state.part.value = '';
    }
    location.hash = `#/${screen}`;
}

export function followAddress(): void {
    hush();
    const me = state.me.value;
    if (me !== null && state.phase.value === 'signed_in') showAddress(me);
}

/** Break or lock: the screen is plain at once, then what is unsaved is saved, then the session ends. */
export async function takeBreak(): Promise<void> {
    if (state.phase.value !== 'signed_in') return;
    state.phase.value = 'break';
    state.hidden.value = false;
    state.help.value = false;
    try {
        const all = [...works];
        await Promise.all(all.map((w) => w.flush()));
        await Promise.all(all.map((w) => w.stop(false)));
        await api.signOut();
    } catch {
        // The plain screen stays; a session that could not be ended runs out by itself.
    }
    state.me.value = null;
    if (location.hash !== '') history.replaceState(null, '', '/');
}

export async function staySignedIn(): Promise<void> {
    try {
        state.me.value = await api.me();
        say('Signed in for longer.');
    } catch (problem) {
        say(sentence(problem));
    }
}
