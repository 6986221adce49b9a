// The only place that talks to the server: JSON in and out, pictures as blobs, problems as sentences.
import type * as T from './types.ts';

const BASE = '/api/v1';
const PART_MS_MAX = 130_000; // the server gives a part of a file two minutes
const ANSWER_MS_MAX = 15_000; // after this an answer counts as lost and a save is sent again

/** What went wrong, in a sentence for the person. status 0: no answer came. */
export class ApiProblem extends Error {
    readonly status: number;
    readonly code: string;
    readonly field: string;

    constructor(status: number, code: string, sentence: string, field = '') {
        super(sentence);
        this.status = status;
        this.code = code;
        this.field = field;
    }

    /** Nothing is known about the act: the same request with the same key may be sent again. */
    get undecided(): boolean {
        return (
            this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
        );
    }
}

/** Set by the shell: called after each answer, and when the server no longer knows the session. */
export const hooks = {
    contact: (): void => {},
    signedOut: (): void => {},
};

/** A key that makes a write safe to repeat. */
export function idempotencyKey(): string {
    return crypto.randomUUID();
}

export function sentence(problem: unknown): string {
    return problem instanceof Error ? problem.message : String(problem);
}

interface Call {
    body?: unknown;
    bytes?: Blob; // of a file, in place of a body
    key?: string;
    abort?: AbortSignal;
    keepalive?: boolean;
}

function withTimeout(ms: number, abort?: AbortSignal): AbortSignal {
    const timeout = AbortSignal.timeout(ms);
    return abort === undefined ? timeout : AbortSignal.any([abort, timeout]);
}

async function problemOf(answer: Response): Promise<ApiProblem> {
    let problem: Partial<T.Problem> = {};
    try {
        problem = (await answer.json()) as Partial<T.Problem>;
    } catch {
        // A proxy's page is no problem document; the status alone has to do.
    }
    const code = String(problem.type ?? '').replace('urn:assay:problem:', '');
    const words = problem.detail || problem.title || `The server answered ${answer.status}.`;
    return new ApiProblem(answer.status, code, words, problem.field ?? '');
}

async function send(method: string, path: string, call: Call): Promise<Response> {
    const headers = new Headers();
    if (call.body !== undefined) headers.set('Content-Type', 'application/json');
    if (call.key !== undefined) headers.set('Idempotency-Key', call.key);
    if (call.bytes !== undefined) headers.set('Content-Type', 'application/octet-stream');
    const body = call.bytes ?? (call.body === undefined ? null : JSON.stringify(call.body));
    let answer: Response;
    try {
        answer = await fetch(BASE + path, {
            method,
            headers,
            body,
            credentials: 'same-origin',
            cache: 'no-store',
            redirect: 'error',
            referrerPolicy: 'no-referrer',
            signal: withTimeout(call.bytes ? PART_MS_MAX : ANSWER_MS_MAX, call.abort),
            keepalive: call.keepalive ?? false,
        });
    } catch {
        throw new ApiProblem(
            0,
            'no_answer',
            'The server does not answer. Nothing is lost; try again.',
        );
    }
    if (!answer.ok) {
        const problem = await problemOf(answer);
        if (problem.status === 401 && path !== '/session') hooks.signedOut();
        throw problem;
    }
    hooks.contact();
    return answer;
}

async function json<A>(method: string, path: string, call: Call = {}): Promise<A> {
    const answer = await send(method, path, call);
    try {
        return (await answer.json()) as A;
    } catch {
        // The answer broke off: the act may have happened, so it counts as unanswered.
        throw new ApiProblem(0, 'no_answer', 'The answer of the server broke off. Try again.');
    }
}

async function nothing(method: string, path: string, call: Call = {}): Promise<void> {
    await send(method, path, call);
}

const get = <A>(path: string): Promise<A> => json<A>('GET', path);
const post = <A>(path: string, body?: unknown, key?: string): Promise<A> =>
    json<A>('POST', path, {
        ...(body === undefined ? {} : { body }),
        ...(key === undefined ? {} : { key }),
    });

/** A picture as it came: its bytes, the id to end the view with, and the rendition's name. */
export interface Picture {
    blob: Blob;
    view: string;
    rendition: string;
}

export interface SignIn {
    name?: string;
    password?: string;
    link?: string;
}

export interface Grade {
    code: string;
    tags: string[];
}

/** How a list's file is taken: until when a guard's rows hold (a date, or ''), and what cannot be used. */
export interface ImportSaid {
    expires: string;
    skip: boolean;
}

export const api = {
    workspace: () => get<T.Workspace>('/workspace'),
    signIn: (body: SignIn) => post<T.Me>('/session', body),
    me: () => get<T.Me>('/session'),
    signOut: () => nothing('DELETE', '/session'),
    scheme: (name: string) => get<T.SchemeView>(`/schemes/${name}`),
    setGuidance: (scheme: string, target: string, body: string) =>
        json<T.Guidance>('PUT', `/schemes/${scheme}/guidance`, { body: { target, body } }),

    shift: () => get<{ shift: T.Shift | null }>('/shift'),
    startShift: () => post<T.Shift>('/shift'),
    checkShift: () => post<T.Check>('/shift/check'),
    submitShift: (key: string) => post<T.Submitted>('/shift/submit', undefined, key),

    takeLeases: (queue: T.Queue, count: number, task?: string) =>
        post<T.Leases>('/leases', task === undefined ? { queue, count } : { queue, count, task }),
    extendLease: (lease: string) => post<T.Tickets>(`/leases/${lease}/heartbeat`),
    returnLease: (lease: string, keepalive = false) =>
        nothing('DELETE', `/leases/${lease}`, { keepalive }),
    tickets: (lease: string, renditions: T.Rendition[]) =>
        post<T.Tickets>(`/leases/${lease}/tickets`, { renditions }),
    names: (lease: string) => post<T.Names>(`/leases/${lease}/names`),
    async picture(ticket: string, abort?: AbortSignal): Promise<Picture> {
        const call = abort === undefined ? {} : { abort };
        const answer = await send('GET', `/pictures/${encodeURIComponent(ticket)}`, call);
        return {
            view: answer.headers.get('Assay-View') ?? '',
            rendition: answer.headers.get('Assay-Rendition') ?? '',
            blob: await answer.blob(),
        };
    },
    endView: (view: string, shownMs: number) =>
        nothing('POST', `/views/${view}/end`, { body: { shown_ms: shownMs }, keepalive: true }),

    decide: (body: Grade & { lease: string; note?: string }, key: string) =>
        post<T.Decision>('/decisions', body, key),
    undo: (key: string) => post<T.Lease>('/undo', undefined, key),
    later: () => get<{ tasks: T.LaterRow[] }>('/later'),
    putOff: (lease: string, key: string) => post<T.TaskMoved>('/later', { lease }, key),
    secondLook: (lease: string, key: string) => post<T.TaskMoved>('/second-looks', { lease }, key),
    escalate: (body: { lease: string; reason: number; note?: string }, key: string) =>
        post<T.TaskMoved>('/escalations', body, key),
    escalations: () => get<{ escalations: T.EscalationRow[] }>('/escalations'),
    returnEscalation: (escalation: string) =>
        post<T.TaskMoved>(`/escalations/${escalation}/return`),

    refer: (escalation: string, body: T.ReferralNew, key: string) =>
        post<T.ReferralMade>(`/escalations/${escalation}/referrals`, body, key),
    referrals: () => get<{ referrals: T.Referral[] }>('/referrals'),
    stepReferral: (id: string, body: T.ReferralStep) =>
        json<T.Referral>('PATCH', `/referrals/${id}`, { body }),
    referralFile: (id: string, file: string) => `${BASE}/referrals/${id}/files/${file}`,

    lots: () => get<{ lots: T.Lot[] }>('/lots'),
    read: (body: Grade & { lease: string; reason?: string }, key: string) =>
        post<T.Reading>('/readings', body, key),
    corrections: () => get<{ corrections: T.Correction[] }>('/corrections'),
    answerCorrection: (id: string, body: { fix: Grade } | { contest: string }, key: string) =>
        post<T.Correction>(`/corrections/${id}/answer`, body, key),
    leaseCorrection: (id: string) => post<T.Lease>(`/corrections/${id}/lease`),
    closeCorrection: (id: string, outcome: 'upheld' | 'dropped', key: string) =>
        post<T.Correction>(`/corrections/${id}/close`, { outcome }, key),

    releases: () => get<{ releases: T.Release[]; candidates: T.Candidate[] }>('/releases'),
    release: (id: string) => get<T.Release>(`/releases/${id}`),
    requestRelease: (scheme: string, minReadings: number, key: string) =>
        post<T.Release>('/releases', { scheme, min_readings: minReadings }, key),
    approveRelease: (id: string, contentSha256: string) =>
        post<T.Release>(`/releases/${id}/approve`, { content_sha256: contentSha256 }),
    refuseRelease: (id: string, reason: string) =>
        post<T.Release>(`/releases/${id}/refuse`, { reason }),
    packageFile: (id: string, file: string) => `${BASE}/releases/${id}/package/${file}`,

    batches: () => get<{ batches: T.BatchRow[] }>('/batches'),
    openBatch: (body: T.BatchNew) => post<T.BatchRow>('/batches', body),
    changeBatch: (id: string, body: T.BatchChange) =>
        json<T.BatchRow>('PATCH', `/batches/${id}`, { body }),
    batchCases: (id: string) => get<T.BatchCases>(`/batches/${id}/cases`),
    makeReceipt: (id: string) => post<T.Receipt>(`/batches/${id}/receipt`),
    colleagues: () => get<T.Colleagues>('/colleagues'),
    intake: () => get<T.Intake>('/intake'),
    waiting: () => get<T.Waiting>('/waiting'),
    uploads: () => get<T.Uploads>('/uploads'),
    upload: (id: string) => get<T.Upload>(`/uploads/${id}`),
    startUpload: (body: T.UploadNew) => post<T.Upload>('/uploads', body),
    putPart: (id: string, offset: number, bytes: Blob, abort: AbortSignal) =>
        json<T.UploadReceived>('PUT', `/uploads/${id}/bytes?offset=${offset}`, { bytes, abort }),
    finishUpload: (id: string) => post<T.Upload>(`/uploads/${id}/finish`),
    dropUpload: (id: string) => nothing('DELETE', `/uploads/${id}`),
    stats: () => get<T.Stats>('/stats'),
    staff: () => get<{ staff: T.StaffRow[] }>('/staff'),
    addStaff: (body: T.StaffNew) => post<T.StaffRow>('/staff', body),
    changeStaff: (id: string, body: T.StaffChange) =>
        json<T.StaffRow>('PATCH', `/staff/${id}`, { body }),
    authorisations: () => get<{ authorisations: T.Authorisation[] }>('/authorisations'),
    addAuthorisation: (body: T.AuthorisationNew) => post<T.Authorisation>('/authorisations', body),
    revokeAuthorisation: (id: string) => post<T.Authorisation>(`/authorisations/${id}/revoke`),
    recordHead: () => get<T.RecordHead>('/record/head'),
    recordEntries: (from: number, count: number) =>
        get<T.RecordEntries>(`/record/entries?from=${from}&count=${count}`),
    verifyRecord: () => post<T.Verifying>('/record/verify'),
    verifying: () => get<T.Verifying>('/record/verify'),
    searchRecord: (body: T.RecordSearch) => post<T.RecordFound>('/record/search', body),
    recordFile: (event: string, file: string) => `${BASE}/record/entries/${event}/${file}`,

    lookUp: (hashes: readonly string[]) => post<T.LookupAnswers>('/lookup', { hashes }),
    lookUpFile: (bytes: Blob) => json<T.LookupAnswers>('PUT', '/lookup/file', { bytes }),

    lists: () => get<T.ListList>('/lists'),
    list: (name: string) => get<T.ListList>(`/lists/${name}`),
    addList: (body: T.ListNew) => post<T.ListList>('/lists', body),
    checkList: (bytes: Blob) => json<T.ListCounts>('PUT', '/lists/check', { bytes }),
    importList: (name: string, bytes: Blob, { expires, skip }: ImportSaid) =>
        json<T.ListCounts>(
            'PUT',
            `/lists/${name}/file?wrong=${skip ? 'skip' : 'stop'}${expires && `&expires=${expires}`}`,
            { bytes },
        ),
    heldRows: (name: string) => get<T.ListHeld>(`/lists/${name}/held`),
    switchOff: (name: string, hash: string, reason: string) =>
        post<T.ListSwitched>(`/lists/${name}/off`, { hash, reason }),
    switchOn: (name: string, hash: string) => post<T.ListSwitched>(`/lists/${name}/on`, { hash }),
    confirmList: (name: string, confirm: T.HashList['confirm']) =>
        json<T.ListList>('PATCH', `/lists/${name}`, { body: { confirm } }),
    removeList: (name: string) => nothing('DELETE', `/lists/${name}`),

    searchItems: (query: string) => post<T.ItemsFound>('/items/search', { query }),
    item: (id: string) => get<T.Item>(`/items/${id}`),
    itemNames: (id: string) => post<T.Names>(`/items/${id}/names`),
    supersede: (task: string, body: Grade & { reason: string }, key: string) =>
        post<T.TaskMoved>(`/tasks/${task}/supersede`, body, key),

    schemes: () => get<T.SchemeList>('/schemes'),
    schemeVersion: (name: string, version: number) =>
        get<T.SchemeVersion>(`/schemes/${name}/versions/${version}`),
    checkScheme: (text: string) => post<T.SchemeChecked>('/schemes/check', { text }),
    addScheme: (text: string) => post<T.SchemeList>('/schemes', { text }),
    settings: () => get<T.SettingList>('/settings'),
    setSetting: (name: string, value: number) =>
        json<T.SettingList>('PUT', `/settings/${name}`, { body: { value } }),
    keys: () => get<T.KeyList>('/keys'),
    backups: () => get<T.BackupList>('/backups'),
};
