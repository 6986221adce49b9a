-- 0008: lists of hashes, what items match in them, and stacks of pictures that are near another.

CREATE TABLE list (
    id           INTEGER NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE, -- as people and programs call it: [a-z0-9._-], up to 40
    kind         TEXT    NOT NULL CHECK (kind IN ('hashes', 'own', 'known_good', 'never_export',
                     'test', 'client')),
    trust        TEXT    NOT NULL CHECK (trust IN ('trusted', 'candidate')),
    about_sealed BLOB    NOT NULL, -- JSON: source, licence, contact
    version      INTEGER NOT NULL DEFAULT 0, -- the last that was imported to its end; 0: none
    created_by   INTEGER REFERENCES staff (id), -- NULL: assay itself, or its command line
    created_ms   INTEGER NOT NULL,
    removed_ms   INTEGER
) STRICT;
CREATE UNIQUE INDEX list_own ON list (kind) WHERE kind IN ('own', 'test');

-- Each import of a list's file. One that was not finished goes on with the same file.
CREATE TABLE list_version (
    list_id     INTEGER NOT NULL REFERENCES list (id),
    version     INTEGER NOT NULL CHECK (version >= 1),
    file_sha256 BLOB    NOT NULL CHECK (length(file_sha256) = 32),
    form        TEXT    NOT NULL, -- how the file was read: text, csv, jsonl, vics
    staff_id    INTEGER REFERENCES staff (id),
    started_ms  INTEGER NOT NULL,
    done_ms     INTEGER,
    records     INTEGER NOT NULL DEFAULT 0, -- in the file; doubles once
    added       INTEGER NOT NULL DEFAULT 0,
    removed     INTEGER NOT NULL DEFAULT 0,
    refused     INTEGER NOT NULL DEFAULT 0, -- records that could not be read
    PRIMARY KEY (list_id, version)
) STRICT;
CREATE UNIQUE INDEX list_version_open ON list_version (list_id) WHERE done_ms IS NULL;

-- A record of a list: the hashes of one file, and what the list says of it.
CREATE TABLE list_row (
    id              INTEGER NOT NULL PRIMARY KEY,
    list_id         INTEGER NOT NULL REFERENCES list (id),
    identity        BLOB    NOT NULL CHECK (length(identity) = 32), -- SHA-256 of its hashes
    md5             BLOB    CHECK (length(md5) = 16),
    sha1            BLOB    CHECK (length(sha1) = 20),
    sha256          BLOB    CHECK (length(sha256) = 32),
    pdq             BLOB    CHECK (length(pdq) = 32),
    pdq_oriented    BLOB    CHECK (length(pdq_oriented) = 32),
    pdq_quality     INTEGER NOT NULL, -- 0 to 100; -1: the list does not say
    item_id         INTEGER REFERENCES item (id), -- own decisions
    scheme_name     TEXT,
    scheme_version  INTEGER,
    code            TEXT,
    tags            TEXT    NOT NULL, -- sorted, one space between
    details_sealed  BLOB,             -- JSON: what else the list says; reason of a guard
    expires_ms      INTEGER,          -- known_good, never_export: until then; NULL: for good
    first_version   INTEGER NOT NULL,
    last_version    INTEGER NOT NULL, -- the last that had it
    removed_version INTEGER,          -- NULL: it is in the list
    off_ms          INTEGER,          -- switched off by a person: it matches nothing
    off_by          INTEGER REFERENCES staff (id),
    off_reason_sealed BLOB,
    hits            INTEGER NOT NULL DEFAULT 0, -- items that matched it
    hits_day        INTEGER NOT NULL DEFAULT 0, -- of them, on that day
    day             INTEGER NOT NULL DEFAULT 0, -- days since 1970
    quarantined_ms  INTEGER,                    -- too many hits on a day: nothing is queued for it
    UNIQUE (list_id, identity)
) STRICT;
CREATE INDEX list_row_by_version ON list_row (list_id, last_version) WHERE removed_version IS NULL;
CREATE INDEX list_row_by_sha256 ON list_row (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX list_row_by_item ON list_row (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX list_row_quarantined ON list_row (quarantined_ms) WHERE quarantined_ms IS NOT NULL;

-- Rows that changed, in order: what a process that holds lists in memory reads again. Who changes
-- rows counts the clock up first, so numbers become visible in their order.
CREATE TABLE list_clock (
    id  INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO list_clock (id, seq) VALUES (1, 0);
CREATE TABLE list_change (
    seq    INTEGER NOT NULL PRIMARY KEY,
    row_id INTEGER NOT NULL REFERENCES list_row (id)
) STRICT;

-- That an item's hash is, or is near, one of a row.
CREATE TABLE match (
    item_id  INTEGER NOT NULL REFERENCES item (id),
    row_id   INTEGER NOT NULL REFERENCES list_row (id),
    kind     TEXT    NOT NULL CHECK (kind IN ('md5', 'sha1', 'sha256', 'pdq')),
    distance INTEGER NOT NULL CHECK (distance >= 0), -- bits, of PDQ
    outcome  TEXT    NOT NULL CHECK (outcome IN ('noted', 'vote', 'candidate', 'guard', 'test',
                 'quarantined')),
    found_ms INTEGER NOT NULL,
    PRIMARY KEY (item_id, row_id, kind)
) STRICT;
CREATE INDEX match_by_row ON match (row_id);

-- Items that were here when lists grew are matched again, page by page: up to `goal` of the clock.
CREATE TABLE match_pass (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    done_seq   INTEGER NOT NULL, -- every item was matched against lists as of it
    goal_seq   INTEGER NOT NULL, -- of the pass under way; = done_seq: none is
    after_item INTEGER NOT NULL  -- how far it is
) STRICT;
INSERT INTO match_pass (id, done_seq, goal_seq, after_item) VALUES (1, 0, 0, 0);

-- Pictures near one that stands for all; never near one another's neighbours.
CREATE TABLE stack (
    id         INTEGER NOT NULL PRIMARY KEY,
    item_id    INTEGER NOT NULL UNIQUE REFERENCES item (id), -- which stands for it
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE stack_member (
    item_id   INTEGER NOT NULL PRIMARY KEY REFERENCES item (id), -- in one stack at most
    stack_id  INTEGER NOT NULL REFERENCES stack (id),
    distance  INTEGER NOT NULL CHECK (distance >= 0), -- bits, to the one that stands for it
    joined_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX stack_member_by_stack ON stack_member (stack_id, distance);
