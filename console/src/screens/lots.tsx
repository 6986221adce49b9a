// Lots: submitted shifts and how far their reading is, in words; the way into blind reading.
import { api } from '../api.ts';
import { count, Head, Loads, many, Table, useLoad, when } from '../parts/ui.tsx';
import { go } from '../session.ts';
import { hasRole } from '../state.ts';
import type { Lot } from '../types.ts';

const ID_HALF = 9; // digits; a narrow table breaks an id there

const STATE_WORDS: Record<Lot['state'], string> = {
    open: 'open shift',
    submitted: 'submitted',
    sampling: 'being read',
    passed: 'passed',
    failed: 'failed, read again in full',
};

/** What stands between this lot and its release, in words. */
export function lotWords(lot: Lot): string {
    const parts: string[] = [];
    const sample = lot.waiting_sample ?? 0;
    const third = lot.waiting_third ?? 0;
    if (sample > 0) parts.push(`${many(sample, 'item')} to read`);
    if (third > 0) parts.push(`${many(third, 'third reading')} to make`);
    if (lot.corrections_open > 0) parts.push(`${many(lot.corrections_open, 'correction')} open`);
    if (parts.length > 0) return parts.join(', ');
    if (lot.state === 'passed') return 'closed, may be released';
    if (lot.state === 'open') return 'the shift is not submitted';
    return 'nothing waits';
}

export function Lots() {
    const lots = useLoad(api.lots);
    return (
        <>
            <Head title="Lots">
                A submitted shift is a lot. A sample of it is read blind; what differs goes to a
                third person.
            </Head>
            <div class="row">
                {hasRole('quality') && (
                    <button type="button" class="primary" onClick={() => go('reading')}>
                        Read, blind
                    </button>
                )}
                {hasRole('arbiter') && (
                    <button type="button" class="primary" onClick={() => go('third')}>
                        Third readings
                    </button>
                )}
            </div>
            <Loads from={lots}>
                {(l) => (
                    <Table
                        label="Lots"
                        empty="No shift has been submitted yet. A sample is drawn when one is."
                        rows={l.lots}
                        rowKey={(lot) => lot.lot}
                        columns={[
                            {
                                title: 'Lot',
                                cell: (lot) => (
                                    <>
                                        {lot.lot.slice(0, ID_HALF)}
                                        <wbr />
                                        {lot.lot.slice(ID_HALF)}
                                        {lot.mine && '\u00a0mine'}
                                        {lot.grader && <span class="quiet"> {lot.grader}</span>}
                                    </>
                                ),
                            },
                            {
                                title: 'State',
                                cell: (lot) => (
                                    <span class={`state state-${lot.state}`}>
                                        {STATE_WORDS[lot.state]}
                                    </span>
                                ),
                            },
                            { title: 'What waits', cell: lotWords },
                            {
                                title: 'Sample',
                                cell: (lot) => `${count(lot.sample_size)} of ${count(lot.size)}`,
                                number: true,
                            },
                            { title: 'Readings', cell: (lot) => count(lot.read), number: true },
                            {
                                title: 'Differing',
                                cell: (lot) => count(lot.differing),
                                number: true,
                            },
                            { title: 'Upheld', cell: (lot) => count(lot.upheld), number: true },
                            { title: 'Submitted', cell: (lot) => when(lot.submitted_at) },
                        ]}
                    />
                )}
            </Loads>
        </>
    );
}
