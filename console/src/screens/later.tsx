// My Later pile, by text; an item opens on the assess screen, covered.
import { api } from '../api.ts';
import { CodeName } from '../parts/grade.tsx';
import { schemeOf, useSchemes } from '../parts/schemes.ts';
import { Head, Loads, Table, useLoad, when } from '../parts/ui.tsx';
import { go } from '../session.ts';

export function LaterPile() {
    const pile = useLoad(api.later);
    const schemes = useSchemes();
    return (
        <>
            <Head title="Later pile">
                Items you put off. What is left goes back to the queue when you submit.
            </Head>
            <Loads from={pile}>
                {({ tasks }) => (
                    <Table
                        label="Later pile"
                        empty="Nothing is put off."
                        rows={tasks}
                        rowKey={(t) => t.task}
                        columns={[
                            { title: 'Item', cell: (t) => t.facts },
                            {
                                title: 'Earlier grade',
                                cell: (t) => (
                                    <CodeName
                                        scheme={t.code === null ? null : schemeOf(schemes, t.code)}
                                        code={t.code}
                                    />
                                ),
                            },
                            { title: 'Put off', cell: (t) => when(t.state_at) },
                            {
                                title: '',
                                cell: (t) => (
                                    <button
                                        type="button"
                                        onClick={() =>
                                            go('assess', {
                                                queue: 'later',
                                                task: t.task,
                                                textOnly: false,
                                                back: 'later',
                                            })
                                        }
                                    >
                                        Open, covered
                                    </button>
                                ),
                            },
                        ]}
                    />
                )}
            </Loads>
        </>
    );
}
