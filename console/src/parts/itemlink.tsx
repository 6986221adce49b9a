// A way from a task that a list names to the record of its item, for who may read that.
import { hasRole } from '../state.ts';

export function ItemLink({ task }: { task: string }) {
    if (!hasRole('lead', 'quality', 'arbiter', 'compliance', 'auditor')) return <span>{task}</span>;
    return (
        <a href={`#/item/${task}`} aria-label={`Item record of task ${task}`}>
            {task}
        </a>
    );
}
