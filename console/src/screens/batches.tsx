// Batches: what came in, from whom, and how much of it waits. Counts only.
import { api } from '../api.ts';
import { count, Head, Loads, Table, useLoad, when } from '../parts/ui.tsx';

export function Batches() {
    const list = useLoad(api.batches);
    return (
        <>
            <Head title="Batches">
                What came in, in the order of the queue. Files are imported by the command.
            </Head>
            <Loads from={list}>
                {({ batches }) => (
                    <Table
                        label="Batches"
                        empty="Nothing has been imported yet."
                        rows={batches}
                        rowKey={(b) => b.batch}
                        columns={[
                            { title: 'Batch', cell: (b) => b.name },
                            { title: 'Sender', cell: (b) => b.sender || '–' },
                            { title: 'Scheme', cell: (b) => b.scheme },
                            { title: 'Priority', cell: (b) => b.priority },
                            { title: 'Due', cell: (b) => (b.due_at ? when(b.due_at) : 'no date') },
                            { title: 'Sightings', cell: (b) => count(b.sightings), number: true },
                            { title: 'Items', cell: (b) => count(b.items), number: true },
                            { title: 'Waiting', cell: (b) => count(b.waiting), number: true },
                            { title: 'Came in', cell: (b) => when(b.created_at) },
                        ]}
                    />
                )}
            </Loads>
        </>
    );
}
