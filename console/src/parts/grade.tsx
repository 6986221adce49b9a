// Codes and tags on the screen: colour, letter and shape together, never colour alone.
import type { Code, Group, Scheme } from '../scheme.ts';
import { findCode, tagId, tagsOf, tagWords, toggleTag } from '../scheme.ts';

/** Black or white, whichever reads better on this colour (WCAG relative luminance). */
export function inkOn(colour: string): string {
    const channel = (at: number): number => {
        const v = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    return luminance > 0.179 ? '#0d1115' : '#ffffff';
}

/** The code's sign: its letter in its colour, and a shape that tells its side of the legal line. */
export function Mark({ code }: { code: Code }) {
    return (
        <span
            class={`mark mark-${code.outcome}`}
            aria-hidden="true"
            style={{ '--code': code.colour, '--ink': inkOn(code.colour) }}
        >
            <b>{code.mark}</b>
        </span>
    );
}

export function CodeName({ scheme, code }: { scheme: Scheme | null; code: string | null }) {
    const found = scheme && findCode(scheme, code);
    if (!found) return <span>{code ?? 'not graded'}</span>;
    return (
        <span class="code-name">
            <Mark code={found} /> {found.label}
        </span>
    );
}

export function TagList({ scheme, tags }: { scheme: Scheme | null; tags: readonly string[] }) {
    if (tags.length === 0) return <span class="quiet">no tags</span>;
    return <span>{tags.map((t) => (scheme ? tagWords(scheme, t) : t)).join(' · ')}</span>;
}

/** A mark that is hollow until the group is set; text and shape both say it. */
export function GroupState({ group, code, tags }: { group: Group; code: Code; tags: string[] }) {
    if (tagsOf(group, tags).length > 0) return <span class="group-state is-set">set</span>;
    if (code.required_groups.includes(group.group))
        return <span class="group-state is-needed">needed</span>;
    return <span class="group-state">optional</span>;
}

/** Choose a code and tags by ordinary form controls, for screens that work by text. */
export function GradeForm({
    scheme,
    code,
    tags,
    name,
    onChange,
}: {
    scheme: Scheme;
    code: string;
    tags: string[];
    name: string;
    onChange: (code: string, tags: string[]) => void;
}) {
    const chosen = findCode(scheme, code);
    return (
        <div class="grade-form">
            <fieldset>
                <legend>Grade</legend>
                {scheme.codes.map((c) => (
                    <label key={c.code} class="choice">
                        <input
                            type="radio"
                            name={`${name}-code`}
                            checked={c.code === code}
                            onChange={() => onChange(c.code, tags)}
                        />
                        <Mark code={c} />
                        <span>{c.label}</span>
                    </label>
                ))}
            </fieldset>
            {chosen?.tags === true &&
                scheme.groups.map((group) => (
                    <fieldset key={group.group}>
                        <legend>
                            {group.label} <GroupState group={group} code={chosen} tags={tags} />
                        </legend>
                        {group.values.map((value) => {
                            const tag = tagId(group, value);
                            return (
                                <label key={tag} class="choice">
                                    <input
                                        type="checkbox"
                                        checked={tags.includes(tag)}
                                        onChange={() =>
                                            onChange(code, toggleTag(scheme, tags, tag))
                                        }
                                    />
                                    <span>{value.label}</span>
                                </label>
                            );
                        })}
                    </fieldset>
                ))}
        </div>
    );
}
