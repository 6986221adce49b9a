// A picture on request inside a text screen: one lease, covered, seen only while keys are held.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { after, fetchCover, revealOn, showStrip } from '../assess.ts';
import { holdOf, releaseOf } from '../keys.ts';
import { Stage } from '../shield.ts';
import type { Lease } from '../types.ts';
import { Kbd } from './ui.tsx';

export function Peek({ lease }: { lease: Lease }) {
    const host = useRef<HTMLDivElement>(null);
    const press = useRef<(e: KeyboardEvent) => void>(() => {});
    const trouble = useSignal('');
    useEffect(() => {
        if (host.current === null) return;
        const stage = new Stage(host.current);
        const reveal = revealOn(() => stage);
        stage.onCoverAll = () => reveal.coverNow();
        reveal.setItem(lease.lease, lease.pictures);
        let gone = false;
        fetchCover(lease).then(
            (cover) => {
                if (!gone) stage.setCover(cover, 1);
                cover?.close();
                void showStrip(lease, stage, () => !gone);
            },
            () => {
                trouble.value = 'There is no picture to show.';
            },
        );
        press.current = (e) => {
            const hold = holdOf(
                {
                    key: e.key,
                    ctrl: e.ctrlKey,
                    alt: e.altKey,
                    meta: e.metaKey,
                    shift: e.shiftKey,
                    repeat: e.repeat,
                    inText: false,
                    onButton: false,
                },
                'grade',
            );
            if (hold === null && !e.repeat) return;
            if (hold !== null) reveal.press(hold);
            e.preventDefault();
        };
        const up = (e: KeyboardEvent): void => {
            const hold = releaseOf(e.key);
            if (hold !== null) reveal.release(hold);
        };
        addEventListener('keyup', up);
        const callOff = after(0, () => host.current?.focus());
        return () => {
            gone = true;
            callOff();
            removeEventListener('keyup', up);
            reveal.setItem('', []);
            stage.close();
        };
    }, [lease]);
    return (
        <div class="peek">
            <div
                class="stage"
                ref={host}
                role="img"
                tabIndex={0}
                aria-label="Covered picture"
                onKeyDown={(e) => press.current(e)}
            />
            {trouble.value !== '' && <p class="quiet">{trouble.value}</p>}
            <p class="quiet keys-line">
                hold <Kbd>Space</Kbd> see <Kbd>C</Kbd> colour <Kbd>F</Kbd> full size
                {lease.facets.length > 0 && (
                    <>
                        {' '}
                        <Kbd>A</Kbd> all pictures
                    </>
                )}
            </p>
        </div>
    );
}
