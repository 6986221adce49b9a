// Short names for the shapes of the HTTP contract, and the few that the contract leaves open.
import type { components } from './api-types.ts';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Problem = Schemas['Problem'];
export type Workspace = Schemas['Workspace'];
export type Me = Schemas['Me'];
export type Shift = Schemas['Shift'];
export type Check = Schemas['Check'];
export type CheckRow = Schemas['CheckRow'];
export type Submitted = Schemas['Submitted'];
export type Lease = Schemas['Lease'];
export type Leases = Schemas['Leases'];
export type Queue = Schemas['LeaseRequest']['queue'];
export type Ticket = Schemas['Ticket'];
export type Tickets = Schemas['Tickets'];
export type Rendition = Ticket['rendition'];
export type Names = Schemas['Names'];
export type Decision = Schemas['Decision'];
export type Reading = Schemas['Reading'];
export type TaskMoved = Schemas['TaskMoved'];
export type LaterRow = Schemas['LaterRow'];
export type BatchCases = Schemas['BatchCases'];
export type CaseAnswer = Schemas['CaseAnswer'];
export type Receipt = Schemas['Receipt'];
export type EscalationRow = Schemas['EscalationRow'];
export type Referral = Schemas['Referral'];
export type ReferralMade = Schemas['ReferralMade'];
export type ReferralNew = Schemas['ReferralNew'];
export type ReferralStep = Schemas['ReferralStep'];
export type Lot = Schemas['Lot'];
export type Correction = Schemas['Correction'];
export type Release = Schemas['Release'];
export type ReleaseRow = Schemas['ReleaseRow'];
export type Candidate = Schemas['Candidate'];
export type BatchRow = Schemas['BatchRow'];
export type BatchNew = Schemas['BatchNew'];
export type BatchChange = Schemas['BatchChange'];
export type Colleagues = Schemas['Colleagues'];
export type Intake = Schemas['Intake'];
export type Waiting = Schemas['Waiting'];
export type WaitingRow = Schemas['WaitingRow'];
export type Upload = Schemas['Upload'];
export type Uploads = Schemas['Uploads'];
export type UploadNew = Schemas['UploadNew'];
export type UploadReceived = Schemas['UploadReceived'];
/** What a person says of a file, apart from the file itself. */
export type UploadSaid = Omit<UploadNew, 'batch' | 'name' | 'size' | 'modified_ms' | 'sha256'>;
export type Stats = Schemas['Stats'];
export type StaffRow = Schemas['StaffRow'];
export type StaffNew = Schemas['StaffNew'];
export type StaffChange = Schemas['StaffChange'];
export type Authorisation = Schemas['Authorisation'];
export type AuthorisationNew = Schemas['AuthorisationNew'];
export type RecordHead = Schemas['RecordHead'];
export type RecordEntries = Schemas['RecordEntries'];
export type RecordReport = Schemas['RecordReport'];
export type RecordCheck = Schemas['RecordCheck'];
export type RecordSearch = Schemas['RecordSearch'];
export type RecordFound = Schemas['RecordFound'];
export type RecordLine = Schemas['RecordLine'];
export type Verifying = Schemas['Verifying'];
export type HashList = Schemas['HashList'];
export type ListList = Schemas['ListList'];
export type ListNew = Schemas['ListNew'];
export type ListCounts = Schemas['ListCounts'];
export type HeldRow = Schemas['HeldRow'];
export type ListHeld = Schemas['ListHeld'];
export type ListSwitched = Schemas['ListSwitched'];
export type LookupRow = Schemas['LookupRow'];
export type LookupAnswer = Schemas['LookupAnswer'];
export type LookupAnswers = Schemas['LookupAnswers'];
export type ItemsFound = Schemas['ItemsFound'];
export type Item = Schemas['Item'];
export type ItemTask = Schemas['ItemTask'];
export type ItemDecision = Schemas['ItemDecision'];
export type ItemReading = Schemas['ItemReading'];
export type ItemCorrection = Schemas['ItemCorrection'];
export type ItemEscalation = Schemas['ItemEscalation'];
export type SchemeList = Schemas['SchemeList'];
export type SchemeRow = Schemas['SchemeRow'];
export type SchemeVersion = Schemas['SchemeVersion'];
export type SchemeChecked = Schemas['SchemeChecked'];
export type SettingList = Schemas['SettingList'];
export type Setting = Schemas['Setting'];
export type KeyList = Schemas['KeyList'];
export type Backup = Schemas['Backup'];
export type BackupList = Schemas['BackupList'];
export type Guidance = Schemas['Guidance'];
export type SchemeView = Schemas['SchemeView'];

/** Picture flags in words: each says what a person should bear in mind, never what is shown. */
export const FLAG_WORDS: Record<Lease['flags'][number], string> = {
    damaged: 'damaged file, partly decoded',
    animated: 'animated',
    alpha_hides: 'hides a picture under transparency',
    trailing_data: 'further data after the picture',
    thumbnail_differs: 'thumbnail shows another picture',
    exif_turned: 'turned by its EXIF mark',
    extension_differs: 'name ending and type differ',
    frames_unseen: 'not every picture of the file could be looked at',
    second_picture: 'another picture behind the end',
};

/** The same of one item, with how many pictures there are to be seen. */
export function flagWords(lease: Pick<Lease, 'flags' | 'facets'>): string[] {
    const frames = lease.facets.filter((f) => f.kind === 'frame').length;
    return lease.flags.map((f) => {
        if (f !== 'animated') return FLAG_WORDS[f];
        return frames === 0 ? 'animated, all alike' : `animated, ${frames + 1} distinct frames`;
    });
}

/** One picture of the sheet behind the main one. */
export function facetWords(f: Lease['facets'][number]): string {
    switch (f.kind) {
        case 'frame':
            return `frame ${f.place + 1}`;
        case 'thumbnail':
            return 'embedded thumbnail';
        case 'transparency':
            return 'with its transparency';
        case 'trailing':
            return 'behind the end';
    }
}

export const ESCALATION_REASONS: readonly string[] = [
    'Safeguarding or possible identification',
    'Legal question',
    'New series',
    'Doubt whether AI-generated',
    'Technical',
    'I should not see this',
];

export const ROLES: readonly Role[] = [
    'assessor',
    'analyst',
    'quality',
    'arbiter',
    'lead',
    'intake',
    'release',
    'welfare',
    'compliance',
    'admin',
    'auditor',
];
