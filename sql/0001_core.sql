-- 0001: the tables of the way of a file, from intake to a signed release.
--
-- Written for SQLite (STRICT). The PostgreSQL text is made of it by three whole-word substitutions:
-- INTEGER to BIGINT, BLOB to BYTEA, STRICT to nothing. All times are UTC milliseconds since 1970
-- and end in _ms. Ids are 63-bit and made by the application. Text that came from outside (names,
-- paths, URLs, notes, reasons) is sealed with the workspace's wrap key and ends in _sealed.

CREATE TABLE workspace (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    workspace_key TEXT    NOT NULL, -- the keyring's workspace id, 16 hex digits
    label         TEXT    NOT NULL,
    training      INTEGER NOT NULL CHECK (training IN (0, 1)), -- for ever
    created_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;

-- ---- people ----

CREATE TABLE staff (
    id              INTEGER NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL UNIQUE, -- what they sign in with; [a-z0-9._-]
    label           TEXT    NOT NULL,        -- what colleagues see
    password        TEXT,                    -- Argon2id text form; NULL: no sign-in by password
    created_ms      INTEGER NOT NULL,
    disabled_ms     INTEGER
) STRICT;

-- Failed sign-ins in a row, of names that are there and of names that are not: so that being held
-- up tells nobody which names there are.
CREATE TABLE signin_failure (
    name_mac        BLOB    NOT NULL PRIMARY KEY CHECK (length(name_mac) = 32),
    failed_count    INTEGER NOT NULL CHECK (failed_count > 0),
    locked_until_ms INTEGER NOT NULL,
    failed_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX signin_failure_by_age ON signin_failure (failed_ms);

CREATE TABLE staff_role (
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    role       TEXT    NOT NULL CHECK (role IN ('assessor', 'analyst', 'quality', 'arbiter', 'lead',
                   'intake', 'release', 'welfare', 'compliance', 'admin', 'auditor')),
    granted_ms INTEGER NOT NULL,
    PRIMARY KEY (staff_id, role)
) STRICT;

-- A named person may view media from .. to, authorised by a named person; none in force, no lease.
CREATE TABLE authorisation (
    id            INTEGER NOT NULL PRIMARY KEY,
    staff_id      INTEGER NOT NULL REFERENCES staff (id),
    authorised_by TEXT    NOT NULL CHECK (length(authorised_by) > 0),
    purpose       TEXT    NOT NULL,
    reference     TEXT    NOT NULL, -- vetting or training reference; may be empty
    from_ms       INTEGER NOT NULL,
    to_ms         INTEGER NOT NULL CHECK (to_ms > from_ms),
    created_ms    INTEGER NOT NULL,
    revoked_ms    INTEGER
) STRICT;
CREATE INDEX authorisation_by_staff ON authorisation (staff_id, to_ms);

CREATE TABLE session (
    id          INTEGER NOT NULL PRIMARY KEY,
    token_mac   BLOB    NOT NULL UNIQUE CHECK (length(token_mac) = 32), -- the token is nowhere
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    workstation TEXT    NOT NULL,
    created_ms  INTEGER NOT NULL,
    seen_ms     INTEGER NOT NULL,
    ended_ms    INTEGER
) STRICT;
CREATE INDEX session_by_staff ON session (staff_id);

-- Links that sign a person in; made in training workspaces only.
CREATE TABLE signin_link (
    link_mac   BLOB    NOT NULL PRIMARY KEY CHECK (length(link_mac) = 32),
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    expires_ms INTEGER NOT NULL
) STRICT;

-- ---- schemes ----

CREATE TABLE scheme (
    name      TEXT    NOT NULL,
    version   INTEGER NOT NULL CHECK (version >= 1),
    body      TEXT    NOT NULL, -- the file as it was loaded
    sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
    loaded_ms INTEGER NOT NULL,
    PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE guidance (
    scheme_name TEXT    NOT NULL,
    target      TEXT    NOT NULL, -- a code, or group:value
    version     INTEGER NOT NULL CHECK (version >= 1),
    body        TEXT    NOT NULL,
    set_by      INTEGER NOT NULL REFERENCES staff (id),
    set_ms      INTEGER NOT NULL,
    PRIMARY KEY (scheme_name, target, version)
) STRICT;

-- ---- what came in ----

CREATE TABLE batch (
    id             INTEGER NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    scheme_name    TEXT    NOT NULL,
    sender         TEXT    NOT NULL,
    contact        TEXT    NOT NULL,
    case_reference TEXT    NOT NULL,
    authority      TEXT    NOT NULL,
    purpose        TEXT    NOT NULL,
    handling       TEXT    NOT NULL,
    priority       INTEGER NOT NULL CHECK (priority IN (0, 1, 2)), -- urgent, normal, background
    due_ms         INTEGER NOT NULL, -- 9223372036854775807: none
    created_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE item (
    id         INTEGER NOT NULL PRIMARY KEY,
    sha256     BLOB    NOT NULL UNIQUE CHECK (length(sha256) = 32), -- identity
    sha1       BLOB    NOT NULL CHECK (length(sha1) = 20),
    md5        BLOB    NOT NULL CHECK (length(md5) = 16),
    size       INTEGER NOT NULL CHECK (size > 0), -- bytes
    mime       TEXT    NOT NULL,                  -- from content
    kind       TEXT    NOT NULL CHECK (kind IN ('picture', 'video', 'other')),
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX item_by_md5 ON item (md5);

-- A sealed file of the vault. Without its wrapped key it is gone for good.
CREATE TABLE blob (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    wrapped    BLOB    CHECK (length(wrapped) = 64),
    size       INTEGER NOT NULL CHECK (size >= 0), -- plain bytes
    item_id    INTEGER NOT NULL REFERENCES item (id),
    rendition  TEXT    NOT NULL CHECK (rendition IN ('original', 'cover', 'small_grey',
                   'small_colour', 'full_grey', 'full_colour', 'strip')),
    width      INTEGER NOT NULL, -- pixels; 0 for originals
    height     INTEGER NOT NULL,
    maker      TEXT    NOT NULL, -- decoder version; empty for originals
    created_ms INTEGER NOT NULL,
    purged_ms  INTEGER,
    UNIQUE (item_id, rendition)
) STRICT;

-- One time and place where the bytes were seen. Names and URLs are content, so they are sealed.
CREATE TABLE sighting (
    id          INTEGER NOT NULL PRIMARY KEY,
    item_id     INTEGER NOT NULL REFERENCES item (id),
    batch_id    INTEGER NOT NULL REFERENCES batch (id),
    path_mac    BLOB    NOT NULL CHECK (length(path_mac) = 32), -- keyed: finds the same path again
    text_sealed BLOB    NOT NULL, -- JSON: path, source, url, page_url, note
    found_ms    INTEGER,
    created_ms  INTEGER NOT NULL,
    UNIQUE (batch_id, path_mac, item_id)
) STRICT;
CREATE INDEX sighting_by_item ON sighting (item_id);

-- What the sandboxed decoder made of an item; remade by `assay identify --again`.
CREATE TABLE picture (
    item_id      INTEGER NOT NULL PRIMARY KEY REFERENCES item (id),
    maker        TEXT    NOT NULL,
    pixel_policy INTEGER NOT NULL,
    width        INTEGER NOT NULL, -- pixels, as stored; 0 when nothing could be decoded
    height       INTEGER NOT NULL,
    frames       INTEGER NOT NULL,
    orientation  INTEGER NOT NULL,
    flags        INTEGER NOT NULL, -- enum decode_flag
    pdq          BLOB    CHECK (length(pdq) = 32),
    pdq_quality  INTEGER NOT NULL,
    pdq_reason   TEXT,             -- NULL: to be trusted
    pdq_oriented BLOB    CHECK (length(pdq_oriented) = 32),
    failure      TEXT,             -- NULL; unsupported, undecodable, limit, crashed
    made_ms      INTEGER NOT NULL
) STRICT;

-- Items that wait for the decoder; a row goes when the result is committed.
CREATE TABLE identify_job (
    item_id       INTEGER NOT NULL PRIMARY KEY REFERENCES item (id),
    priority      INTEGER NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    holder        BLOB,
    held_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX identify_job_in_order ON identify_job (priority, item_id);

-- ---- the flow: one item under one scheme ----

CREATE TABLE task (
    id          INTEGER NOT NULL PRIMARY KEY,
    item_id     INTEGER NOT NULL REFERENCES item (id),
    scheme_name TEXT    NOT NULL,
    batch_id    INTEGER NOT NULL REFERENCES batch (id), -- the first that brought it
    state       TEXT    NOT NULL CHECK (state IN (
                    'received', 'unsupported', 'undecodable', 'waiting',
                    'later', 'second_look', 'escalated', 'graded', 'submitted', 'passed')),
    state_ms    INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    owner_id    INTEGER REFERENCES staff (id), -- whose Later pile
    decision_id INTEGER,                       -- the one that stands; NULL: none
    lot_id      INTEGER,                       -- where that one was graded
    fence       INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0), -- counts its leases
    UNIQUE (item_id, scheme_name)
) STRICT;
CREATE INDEX task_in_order ON task (state, priority, due_ms, id);
CREATE INDEX task_by_lot ON task (lot_id);
CREATE INDEX task_by_batch ON task (batch_id, state);

-- People who may not be handed a task again, such as who sent it to another reader.
CREATE TABLE task_exclusion (
    task_id  INTEGER NOT NULL REFERENCES task (id),
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    why      TEXT    NOT NULL,
    PRIMARY KEY (task_id, staff_id)
) STRICT;

-- A source's own grade: kept from assessors until they have decided.
CREATE TABLE vote (
    id         INTEGER NOT NULL PRIMARY KEY,
    task_id    INTEGER NOT NULL REFERENCES task (id),
    source     TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    tags       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (task_id, source)
) STRICT;

CREATE TABLE lease (
    task_id          INTEGER NOT NULL PRIMARY KEY REFERENCES task (id), -- so one holder at a time
    token            BLOB    NOT NULL UNIQUE CHECK (length(token) = 16), -- random, quoted
    fence            INTEGER NOT NULL,
    staff_id         INTEGER NOT NULL REFERENCES staff (id),
    session_id       INTEGER NOT NULL REFERENCES session (id),
    authorisation_id INTEGER NOT NULL REFERENCES authorisation (id),
    purpose          TEXT    NOT NULL CHECK (purpose IN
                         ('grade', 'settle', 'reading', 'correction')),
    reading_id       INTEGER,
    correction_id    INTEGER,
    taken_ms         INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL CHECK (expires_ms > taken_ms)
) STRICT;
CREATE INDEX lease_by_expiry ON lease (expires_ms);
CREATE INDEX lease_by_staff ON lease (staff_id);

CREATE TABLE shift (
    id           INTEGER NOT NULL PRIMARY KEY,
    staff_id     INTEGER NOT NULL REFERENCES staff (id),
    started_ms   INTEGER NOT NULL,
    checked_ms   INTEGER,
    submitted_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX shift_one_open ON shift (staff_id) WHERE submitted_ms IS NULL;

CREATE TABLE lot (
    id           INTEGER NOT NULL PRIMARY KEY,
    shift_id     INTEGER NOT NULL UNIQUE REFERENCES shift (id),
    staff_id     INTEGER NOT NULL REFERENCES staff (id),
    state        TEXT    NOT NULL CHECK (state IN ('open', 'submitted', 'sampling', 'passed',
                     'failed')),
    seed         BLOB    CHECK (length(seed) = 32), -- made after submission
    size         INTEGER NOT NULL DEFAULT 0,
    sample_size  INTEGER NOT NULL DEFAULT 0,
    reread       INTEGER NOT NULL DEFAULT 0 CHECK (reread IN (0, 1)), -- failed: all is read again
    submitted_ms INTEGER,
    closed_ms    INTEGER
) STRICT;
CREATE INDEX lot_by_state ON lot (state);

-- Append-only versions; code NULL takes the version before it back.
CREATE TABLE decision (
    id               INTEGER NOT NULL PRIMARY KEY,
    task_id          INTEGER NOT NULL REFERENCES task (id),
    version          INTEGER NOT NULL CHECK (version >= 1),
    staff_id         INTEGER NOT NULL REFERENCES staff (id),
    lot_id           INTEGER REFERENCES lot (id),
    basis            TEXT    NOT NULL CHECK (basis IN
                         ('seen', 'inherited', 'propagated', 'source')),
    from_decision_id INTEGER REFERENCES decision (id), -- inherited, propagated
    distance         INTEGER,                          -- propagated: PDQ bits
    scheme_name      TEXT    NOT NULL,
    scheme_version   INTEGER NOT NULL,
    guidance_version INTEGER NOT NULL, -- of the code; 0: the site has none
    code             TEXT,
    tags             TEXT    NOT NULL, -- sorted, one space between
    note_sealed      BLOB,
    fence            INTEGER NOT NULL, -- of the lease it was made under
    revealed_ms      INTEGER NOT NULL, -- how long a sharp picture was shown before it
    software         TEXT    NOT NULL,
    decided_ms       INTEGER NOT NULL,
    UNIQUE (task_id, version),
    UNIQUE (id, staff_id)
) STRICT;
CREATE INDEX decision_by_lot ON decision (lot_id);

-- A sighting whose bytes were decided before inherits that decision; when the decision is
-- superseded the link gets a new version in the same transaction.
CREATE TABLE inheritance (
    sighting_id INTEGER NOT NULL REFERENCES sighting (id),
    version     INTEGER NOT NULL CHECK (version >= 1),
    decision_id INTEGER NOT NULL REFERENCES decision (id),
    linked_ms   INTEGER NOT NULL,
    PRIMARY KEY (sighting_id, version)
) STRICT;
CREATE INDEX inheritance_by_decision ON inheritance (decision_id);

CREATE TABLE escalation (
    id          INTEGER NOT NULL PRIMARY KEY,
    task_id     INTEGER NOT NULL REFERENCES task (id),
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    reason      INTEGER NOT NULL CHECK (reason BETWEEN 1 AND 6),
    note_sealed BLOB,
    created_ms  INTEGER NOT NULL,
    settled_by  INTEGER REFERENCES staff (id),
    settled_ms  INTEGER,
    outcome     TEXT CHECK (outcome IN ('graded', 'returned'))
) STRICT;
CREATE INDEX escalation_by_task ON escalation (task_id);
CREATE INDEX escalation_open ON escalation (reason, id) WHERE settled_ms IS NULL;

-- A picture that was sent. The ticket's number is unique, so a ticket works once.
CREATE TABLE viewing (
    id         INTEGER NOT NULL PRIMARY KEY,
    event      BLOB    NOT NULL CHECK (length(event) = 16), -- its record entry
    ticket     BLOB    NOT NULL UNIQUE CHECK (length(ticket) = 16),
    task_id    INTEGER NOT NULL REFERENCES task (id),
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    session_id INTEGER NOT NULL REFERENCES session (id),
    fence      INTEGER NOT NULL,
    rendition  TEXT    NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    shown_ms   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX viewing_by_task ON viewing (task_id, staff_id);

-- ---- quality ----

-- A blind second (or third) grade. The composite keys let the database itself see who graded.
CREATE TABLE reading (
    id               INTEGER NOT NULL PRIMARY KEY,
    lot_id           INTEGER NOT NULL REFERENCES lot (id),
    task_id          INTEGER NOT NULL REFERENCES task (id),
    decision_id      INTEGER NOT NULL,
    grader_id        INTEGER NOT NULL,
    kind             TEXT    NOT NULL CHECK (kind IN ('sample', 'reread', 'third')),
    first_reading_id INTEGER,
    first_reader_id  INTEGER,
    reader_id        INTEGER REFERENCES staff (id), -- NULL: waiting
    probability_ppm  INTEGER NOT NULL CHECK (probability_ppm BETWEEN 0 AND 1000000), -- of a draw
    code             TEXT,
    tags             TEXT    NOT NULL DEFAULT '',
    scheme_version   INTEGER NOT NULL DEFAULT 0,
    outcome          TEXT CHECK (outcome IN ('agrees', 'differs', 'upheld', 'cleared')),
    severity         INTEGER NOT NULL DEFAULT 0, -- enum scheme_severity
    reason_sealed    BLOB,
    decided_ms       INTEGER,
    UNIQUE (lot_id, task_id, kind),
    UNIQUE (id, reader_id),
    FOREIGN KEY (decision_id, grader_id) REFERENCES decision (id, staff_id),
    FOREIGN KEY (first_reading_id, first_reader_id) REFERENCES reading (id, reader_id),
    CHECK (reader_id <> grader_id),
    CHECK (reader_id <> first_reader_id)
) STRICT;
CREATE INDEX reading_waiting ON reading (id) WHERE reader_id IS NULL;
CREATE INDEX reading_by_decision ON reading (decision_id);

CREATE TABLE correction (
    id            INTEGER NOT NULL PRIMARY KEY,
    reading_id    INTEGER NOT NULL UNIQUE REFERENCES reading (id),
    lot_id        INTEGER NOT NULL REFERENCES lot (id),
    task_id       INTEGER NOT NULL REFERENCES task (id),
    staff_id      INTEGER NOT NULL REFERENCES staff (id), -- who graded
    severity      INTEGER NOT NULL,
    code          TEXT    NOT NULL, -- the upheld grade
    tags          TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'contested', 'closed')),
    outcome       TEXT CHECK (outcome IN ('fixed', 'upheld', 'dropped')),
    answer_sealed BLOB,
    opened_ms     INTEGER NOT NULL,
    answered_ms   INTEGER,
    closed_ms     INTEGER,
    closed_by     INTEGER REFERENCES staff (id)
) STRICT;
CREATE INDEX correction_by_lot ON correction (lot_id, state);
CREATE INDEX correction_by_staff ON correction (staff_id, state);

-- ---- what goes out ----

CREATE TABLE release (
    id             INTEGER NOT NULL PRIMARY KEY,
    scheme_name    TEXT    NOT NULL,
    scheme_version INTEGER NOT NULL,
    min_readings   INTEGER NOT NULL CHECK (min_readings >= 1),
    row_count      INTEGER NOT NULL,
    content_sha256 BLOB    NOT NULL CHECK (length(content_sha256) = 32), -- of exactly what goes out
    state          TEXT    NOT NULL CHECK (state IN ('requested', 'approved', 'refused')),
    requested_by   INTEGER NOT NULL REFERENCES staff (id),
    requested_ms   INTEGER NOT NULL,
    decided_by     INTEGER REFERENCES staff (id), -- who approved or refused
    decided_ms     INTEGER,
    event          BLOB CHECK (length(event) = 16), -- the record entry of the approval
    written_ms     INTEGER,
    CHECK (decided_by <> requested_by)
) STRICT;

CREATE TABLE release_row (
    release_id  INTEGER NOT NULL REFERENCES release (id),
    row_index   INTEGER NOT NULL, -- from 0, in order of SHA-256
    task_id     INTEGER NOT NULL REFERENCES task (id),
    decision_id INTEGER NOT NULL REFERENCES decision (id),
    readings    INTEGER NOT NULL,
    PRIMARY KEY (release_id, row_index)
) STRICT;

-- ---- the record ----

CREATE TABLE record (
    event BLOB NOT NULL PRIMARY KEY CHECK (length(event) = 16),
    entry TEXT NOT NULL -- one line of JSON
) STRICT;

-- Texts that the record only commits to; they may be erased, the entries stay.
CREATE TABLE record_text (
    event       BLOB NOT NULL REFERENCES record (event),
    field       TEXT NOT NULL,
    salt        BLOB NOT NULL CHECK (length(salt) = 16),
    text_sealed BLOB NOT NULL,
    PRIMARY KEY (event, field)
) STRICT;

-- Entries that have no index yet, in the order in which one process wrote them.
CREATE TABLE record_new (
    id    INTEGER NOT NULL PRIMARY KEY,
    event BLOB    NOT NULL UNIQUE REFERENCES record (event)
) STRICT;

CREATE TABLE record_seq (
    seq   INTEGER NOT NULL PRIMARY KEY CHECK (seq >= 0),
    event BLOB    NOT NULL UNIQUE REFERENCES record (event),
    leaf  BLOB    NOT NULL CHECK (length(leaf) = 32) -- SHA-256(0x00 || entry)
) STRICT;

CREATE TABLE record_head (
    size       INTEGER NOT NULL PRIMARY KEY CHECK (size > 0),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT    NOT NULL,
    signed_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE record_lease (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    holder     BLOB    NOT NULL CHECK (length(holder) = 16),
    expires_ms INTEGER NOT NULL
) STRICT;

-- ---- the same request twice ----

CREATE TABLE idempotency (
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    request_key TEXT    NOT NULL CHECK (length(request_key) BETWEEN 8 AND 64),
    body_sha256 BLOB    NOT NULL CHECK (length(body_sha256) = 32),
    answer      TEXT    NOT NULL,
    created_ms  INTEGER NOT NULL,
    PRIMARY KEY (staff_id, request_key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_ms);

-- ---- room for what comes next: reports, URLs and takedowns, clients, lists ----

CREATE TABLE report (
    id          INTEGER NOT NULL PRIMARY KEY,
    batch_id    INTEGER REFERENCES batch (id),
    source      TEXT    NOT NULL,
    text_sealed BLOB,
    received_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE url (
    id         INTEGER NOT NULL PRIMARY KEY,
    url_mac    BLOB    NOT NULL UNIQUE CHECK (length(url_mac) = 32),
    url_sealed BLOB    NOT NULL,
    report_id  INTEGER REFERENCES report (id),
    item_id    INTEGER REFERENCES item (id),
    country    TEXT,
    seen_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE takedown (
    id       INTEGER NOT NULL PRIMARY KEY,
    url_id   INTEGER NOT NULL REFERENCES url (id),
    state    TEXT    NOT NULL,
    sent_ms  INTEGER,
    ended_ms INTEGER
) STRICT;

CREATE TABLE client (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    key_mac     BLOB CHECK (length(key_mac) = 32),
    created_ms  INTEGER NOT NULL,
    disabled_ms INTEGER
) STRICT;

CREATE TABLE hash_list (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    licence    TEXT    NOT NULL,
    contact    TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT;

CREATE TABLE hash_list_entry (
    list_id   INTEGER NOT NULL REFERENCES hash_list (id),
    algorithm TEXT    NOT NULL,
    hash      BLOB    NOT NULL,
    detail    TEXT    NOT NULL,
    PRIMARY KEY (list_id, algorithm, hash)
) STRICT;
