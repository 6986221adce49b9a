// The keys of the workspace: which there are, and the public halves. Key bytes never come here.
import { api } from '../api.ts';
import { Facts, Head, Loads, Table, useLoad, when } from '../parts/ui.tsx';
import type { KeyList } from '../types.ts';

const USE_WORDS: Record<KeyList['keys'][number]['use'], string> = {
    wrap: 'seals the media and the texts in the database',
    name: 'makes names that tell a thief nothing; never changed',
    'record-sign': 'signs the heads of the record',
    'release-sign': 'signs releases',
    ticket: 'makes tickets and sessions',
    wellbeing: 'kept for what staff share with the welfare lead',
    intake: 'opens batches that others encrypted to us (age)',
};

function Content({ list }: { list: KeyList }) {
    return (
        <>
            <section aria-labelledby="ring">
                <h2 id="ring">The keyring of workspace {list.workspace}</h2>
                <Table
                    label="Keys"
                    empty="The keyring is empty."
                    rows={list.keys}
                    rowKey={(k) => k.id}
                    columns={[
                        { title: 'Key', cell: (k) => <b>{k.use}</b> },
                        { title: 'What it does', cell: (k) => USE_WORDS[k.use] },
                        { title: 'Id', cell: (k) => <code class="short">{k.id}</code> },
                        {
                            title: 'State',
                            cell: (k) => (
                                <span class="short">
                                    {k.in_use ? 'in use' : 'still opens what it sealed'}
                                </span>
                            ),
                        },
                    ]}
                />
                <p class="quiet">
                    Made with the workspace, {when(list.created_at)}. What opens the keyring, the
                    site key, lies outside the workspace’s folder and is not shown anywhere. Keep a
                    copy of it apart from every backup: without it nothing can be read again.
                </p>
            </section>
            <section aria-labelledby="public">
                <h2 id="public">For those who verify</h2>
                <Facts
                    rows={[
                        ...list.keys
                            .filter((k) => k.public !== null)
                            .map(
                                (k) =>
                                    [
                                        `${k.use}, public half`,
                                        <code key={k.id} class="hash">
                                            {k.public}
                                        </code>,
                                    ] as const,
                            ),
                        ['The record', <code key="r">{list.record_key}</code>],
                        [
                            'Releases',
                            <pre key="m" tabIndex={0}>
                                {list.release_key}
                            </pre>,
                        ],
                    ]}
                />
                <p class="quiet">
                    Give them over a way that is not the one the packages take. “The record” is the
                    line that C2SP verifiers take, “Releases” is minisign’s public key file.
                </p>
            </section>
        </>
    );
}

export function Keys() {
    const loaded = useLoad(api.keys);
    return (
        <>
            <Head title="Keys">
                Which keys there are. The keys themselves never leave the server.
            </Head>
            <Loads from={loaded}>{(list) => <Content list={list} />}</Loads>
        </>
    );
}
