// A way from a task or an item that a list names to the item's record, for who may read that.
import { hasRole } from '../state.ts';

export function ItemLink({ id, noun = 'task' }: { id: string; noun?: 'task' | 'item' }) {
    if (!hasRole('lead', 'quality', 'arbiter', 'compliance', 'auditor')) return <span>{id}</span>;
    return (
        <a href={`#/item/${id}`} aria-label={`Item record of ${noun} ${id}`}>
            {id}
        </a>
    );
}
