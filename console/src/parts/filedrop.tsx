// A place to drop one file on, or to choose it. Nothing of the file is shown but its name.
import { useSignal } from '@preact/signals';
import { Field } from './ui.tsx';

export function FileDrop({
    id,
    label,
    hint,
    busy,
    onFile,
}: {
    id: string;
    label: string;
    hint: string;
    busy: boolean;
    onFile: (file: File) => void;
}) {
    const over = useSignal(false);
    const take = (files: FileList | null | undefined): void => {
        const file = files?.[0];
        if (file !== undefined && !busy) onFile(file);
    };
    return (
        <section
            class={`drop${over.value ? ' is-over' : ''}`}
            aria-label={label}
            onDragOver={(e) => {
                e.preventDefault();
                over.value = true;
            }}
            onDragLeave={() => {
                over.value = false;
            }}
            onDrop={(e) => {
                e.preventDefault();
                over.value = false;
                take(e.dataTransfer?.files);
            }}
        >
            <p>Drop a file here, or choose it. No preview is shown.</p>
            <Field label={label} id={id} hint={hint}>
                <input
                    id={id}
                    type="file"
                    disabled={busy}
                    onChange={(e) => {
                        take(e.currentTarget.files);
                        e.currentTarget.value = ''; // so that the same may be chosen again
                    }}
                />
            </Field>
        </section>
    );
}
