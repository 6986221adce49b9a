// The keys that work everywhere: Esc hides, Esc on the hidden screen locks, F1 lists keys, F2 stays.

import { staySignedIn, takeBreak } from './session.ts';
import { coverAll } from './shield.ts';
import { ending, state } from './state.ts';

let focusBefore: Element | null = null;

/** Hide everything in this frame: sharp pictures are wiped first, then the sheet is drawn. */
export function hide(): void {
    coverAll();
    if (!state.hidden.value) focusBefore = document.activeElement;
    document.documentElement.classList.add('is-hidden');
    state.hidden.value = true;
}

/** Back to where the person was, a half-written note included. */
export function unhide(): void {
    document.documentElement.classList.remove('is-hidden');
    state.hidden.value = false;
    if (focusBefore instanceof HTMLElement) focusBefore.focus();
    focusBefore = null;
}

export function installGlobalKeys(): void {
    const onKey = (e: KeyboardEvent): void => {
        if (e.ctrlKey || e.altKey || e.metaKey) return;
        if (e.key === 'Escape') {
            e.preventDefault();
            e.stopImmediatePropagation();
            if (e.repeat || state.phase.value !== 'signed_in') return;
            if (state.hidden.value) {
                unhide();
                void takeBreak();
            } else hide();
            return;
        }
        if (state.hidden.value) {
            // Under the sheet no key reaches the work.
            e.stopImmediatePropagation();
            if (e.key === 'Enter' && !e.repeat) {
                e.preventDefault();
                unhide();
            } else if (e.key !== 'Tab') e.preventDefault();
            return;
        }
        if (e.repeat) return;
        if (e.key === 'F1') {
            e.preventDefault();
            state.help.value = !state.help.value;
        } else if (e.key === 'F2' && ending.value?.kind === 'idle') {
            e.preventDefault();
            void staySignedIn();
        }
    };
    // Capture: an open dialog or text field must not keep Esc from hiding.
    addEventListener('keydown', onKey, { capture: true });
    addEventListener('blur', coverAll);
    document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'hidden') coverAll();
    });
}
