// Schemes that text screens show codes with, loaded once a sitting.
import { signal } from '@preact/signals';
import { api } from '../api.ts';
import { readScheme, type Scheme } from '../scheme.ts';
import { state } from '../state.ts';

const loaded = signal<ReadonlyMap<string, Scheme>>(new Map());
const asked = new Set<string>();

/** The scheme, or null until it is here. */
export function useScheme(name: string | null): Scheme | null {
    if (name === null) return null;
    if (!asked.has(name)) {
        asked.add(name);
        api.scheme(name).then(
            (answer) => {
                loaded.value = new Map(loaded.value).set(name, readScheme(answer.scheme));
            },
            () => asked.delete(name),
        );
    }
    return loaded.value.get(name) ?? null;
}

/** Every scheme of the workspace that is here by now. */
export function useSchemes(): Scheme[] {
    const names = state.workspace.value?.schemes ?? [];
    return names.map(useScheme).filter((s) => s !== null);
}

/** The scheme that knows this code; codes of one workspace rarely overlap, the first wins. */
export function schemeOf(schemes: readonly Scheme[], code: string): Scheme | null {
    return schemes.find((s) => s.codes.some((c) => c.code === code)) ?? null;
}
