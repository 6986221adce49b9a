// The shell: banner, navigation, the screen in use, and what may lie over every screen.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { hide, unhide } from './global.ts';
import { Help } from './parts/help.tsx';
import { Kbd, many } from './parts/ui.tsx';
import { AssessScreen } from './screens/assess.tsx';
import { Authorisations } from './screens/authorisations.tsx';
import { Backups } from './screens/backups.tsx';
import { Batches } from './screens/batches.tsx';
import { Corrections } from './screens/corrections.tsx';
import { Escalations } from './screens/escalations.tsx';
import { GuidanceScreen } from './screens/guidance.tsx';
import { Home } from './screens/home.tsx';
import { IntakeMonitor } from './screens/intake.tsx';
import { ItemScreen } from './screens/item.tsx';
import { Keys } from './screens/keys.tsx';
import { LaterPile } from './screens/later.tsx';
import { Lists } from './screens/lists.tsx';
import { LookUp } from './screens/lookup.tsx';
import { Lots } from './screens/lots.tsx';
import { People } from './screens/people.tsx';
import { RecordScreen } from './screens/record.tsx';
import { Referrals } from './screens/referrals.tsx';
import { Releases } from './screens/release.tsx';
import { Schemes } from './screens/schemes.tsx';
import { Settings } from './screens/settings.tsx';
import { ShiftEnd } from './screens/shift.tsx';
import { Break, SignIn, Unreachable } from './screens/signin.tsx';
import { UploadScreen } from './screens/upload.tsx';
import { countNotShown, staySignedIn, takeBreak } from './session.ts';
import { ending, entry, mayOpen, SCREENS, type Screen, state, training } from './state.ts';
import type { Me } from './types.ts';

function TrainingBanner() {
    return training.value ? (
        <header class="training">
            <b>Training workspace.</b> Benign pictures only; nothing from here is a real list.
        </header>
    ) : null;
}

function Ending() {
    const end = ending.value;
    if (end === null || state.phase.value !== 'signed_in') return null;
    const left = `${Math.floor(end.leftMs / 60_000)}:${String(Math.floor(end.leftMs / 1000) % 60).padStart(2, '0')}`;
    return (
        <div class="ending" role="alert">
            <span>
                {end.kind === 'idle'
                    ? 'Your session is about to end because nothing happened.'
                    : 'Your session reaches its longest time and ends.'}
            </span>{' '}
            <span aria-hidden="true">{left}</span>
            {end.kind === 'idle' && (
                <button type="button" onClick={() => void staySignedIn()}>
                    <Kbd>F2</Kbd> Stay signed in
                </button>
            )}
        </div>
    );
}

function Refusals() {
    const refusals = state.refusals.value;
    if (refusals.length === 0) return null;
    return (
        <section class="refusals" role="alert" aria-label="Not saved">
            <p>
                <b>Not saved.</b> The items have left your screen; nothing needs to be viewed again.
            </p>
            <ul>
                {refusals.map((r) => (
                    <li key={r.key}>
                        Task {r.task}, “{r.words}”: {r.why}
                    </li>
                ))}
            </ul>
            <button
                type="button"
                onClick={() => {
                    state.refusals.value = [];
                }}
            >
                Understood
            </button>
        </section>
    );
}

/** Nothing but a plain sheet; drawn always, shown by a class so that it needs no render. */
function Sheet() {
    const back = useRef<HTMLButtonElement>(null);
    const hidden = state.hidden.value;
    useLayoutEffect(() => {
        if (hidden) back.current?.focus();
    }, [hidden]);
    return (
        <div class="sheet" role="dialog" aria-label="Hidden" aria-modal={hidden}>
            <p class="lead">Hidden.</p>
            <div class="row">
                <button type="button" ref={back} onClick={unhide}>
                    <Kbd>Enter</Kbd> Go on
                </button>
                <button
                    type="button"
                    onClick={() => {
                        unhide();
                        void takeBreak();
                    }}
                >
                    <Kbd>Esc</Kbd> Lock and take a break
                </button>
            </div>
        </div>
    );
}

/** The lowest line of every screen: what was said, and what the screens leave out. */
function StatusLine() {
    const notShown = state.phase.value === 'signed_in' ? state.notShown.value : 0;
    return (
        <footer class="status">
            <p class="said" role="status" aria-live="polite">
                {state.said.value.words}
            </p>
            {notShown > 0 && (
                <p class="not-shown">
                    {many(notShown, 'file')} not shown: kept and hashed, but damaged or of a type
                    not supported yet
                </p>
            )}
        </footer>
    );
}

function screenOf(screen: Screen, me: Me): ComponentChildren {
    switch (screen) {
        case 'home':
            return <Home me={me} />;
        case 'assess':
            return <AssessScreen key="assess" queue="grade" />;
        case 'reading':
            return <AssessScreen key="reading" queue="reading" />;
        case 'third':
            return <AssessScreen key="third" queue="third" />;
        case 'escalated':
            return <AssessScreen key="escalated" queue="escalated" />;
        case 'later':
            return <LaterPile />;
        case 'escalations':
            return <Escalations />;
        case 'referrals':
            return <Referrals />;
        case 'shift':
            return <ShiftEnd />;
        case 'lots':
            return <Lots />;
        case 'corrections':
            return <Corrections />;
        case 'release':
            return <Releases me={me} />;
        case 'batches':
            return <Batches />;
        case 'upload':
            return <UploadScreen />;
        case 'intake':
            return <IntakeMonitor />;
        case 'lists':
            return <Lists />;
        case 'lookup':
            return <LookUp />;
        case 'people':
            return <People />;
        case 'authorisations':
            return <Authorisations me={me} />;
        case 'guidance':
            return <GuidanceScreen />;
        case 'record':
            return <RecordScreen from={state.part.value} />;
        case 'item':
            return <ItemScreen id={state.part.value} />;
        case 'schemes':
            return <Schemes />;
        case 'settings':
            return <Settings />;
        case 'keys':
            return <Keys />;
        case 'backups':
            return <Backups />;
    }
}

function Navigation({ me }: { me: Me }) {
    const open = SCREENS.filter(
        (s) => (s.says !== '' || s.screen === 'home') && mayOpen(me.roles, s),
    );
    return (
        <nav aria-label="Screens">
            <p class="wordmark">assay</p>
            <ul>
                {open.map((s) => (
                    <li key={s.screen}>
                        <a
                            href={`#/${s.screen}`}
                            aria-current={s.screen === state.screen.value ? 'page' : undefined}
                        >
                            {s.title}
                        </a>
                    </li>
                ))}
            </ul>
            <div class="nav-end">
                <p class="quiet">{me.label || me.name}</p>
                {state.unsaved.value > 0 && <p>{state.unsaved.value} unsaved</p>}
                <button type="button" class="plain-button" onClick={hide}>
                    <Kbd>Esc</Kbd> Hide
                </button>
                <button type="button" class="plain-button" onClick={() => void takeBreak()}>
                    Break, sign out
                </button>
            </div>
        </nav>
    );
}

function SignedIn({ me }: { me: Me }) {
    const here = entry.value;
    const main = useRef<HTMLElement>(null);
    useEffect(() => {
        document.title = here.screen === 'home' ? 'assay' : `${here.title} · assay`;
        if (here.queue === undefined) main.current?.focus();
        scrollTo(0, 0);
        void countNotShown();
    }, [here]);
    const pictures = here.queue !== undefined;
    return (
        <div class={pictures ? 'shell shell-pictures' : 'shell'}>
            <TrainingBanner />
            <Ending />
            <Refusals />
            {pictures ? (
                screenOf(here.screen, me)
            ) : (
                <div class="columns">
                    <Navigation me={me} />
                    <main ref={main} tabIndex={-1} key={`${here.screen} ${state.part.value}`}>
                        {screenOf(here.screen, me)}
                    </main>
                </div>
            )}
            {state.help.value && <Help />}
        </div>
    );
}

export function App() {
    const me = state.me.value;
    const phase = state.phase.value;
    return (
        <>
            {phase === 'signed_in' && me !== null ? (
                <SignedIn me={me} />
            ) : (
                <div class="shell">
                    <TrainingBanner />
                    {phase === 'signed_out' && <SignIn />}
                    {phase === 'break' && <Break />}
                    {phase === 'unreachable' && <Unreachable />}
                    {phase === 'starting' && <main class="plain" aria-busy="true" />}
                </div>
            )}
            <Sheet />
            <StatusLine key="status" />
        </>
    );
}
