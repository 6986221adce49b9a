-- 0016: files of VICS that police send, and every record of them as it was said (doc/cases.md).

CREATE TABLE case_file (
    id             INTEGER NOT NULL PRIMARY KEY,
    batch_id       INTEGER NOT NULL REFERENCES batch (id),
    sha256         BLOB    NOT NULL CHECK (length(sha256) = 32),
    size           INTEGER NOT NULL,
    profile        TEXT    NOT NULL, -- its name, and its text, as it was read by
    profile_text   TEXT    NOT NULL,
    version        TEXT    NOT NULL, -- as the file's context says, such as 2.0 and UK; '' where not
    region         TEXT    NOT NULL,
    created_ms     INTEGER NOT NULL,
    done_ms        INTEGER,          -- NULL: it is being taken in
    records        INTEGER NOT NULL DEFAULT 0, -- when it is done: all that is in the file
    UNIQUE (batch_id, sha256)
) STRICT;

-- What a case says beside its media.
CREATE TABLE case_head (
    file_id     INTEGER NOT NULL REFERENCES case_file (id),
    number      INTEGER NOT NULL, -- of the cases in the file, from 1
    said_sealed BLOB    NOT NULL,
    PRIMARY KEY (file_id, number)
) STRICT;

CREATE TABLE case_record (
    id          INTEGER NOT NULL PRIMARY KEY,
    file_id     INTEGER NOT NULL REFERENCES case_file (id),
    number      INTEGER NOT NULL, -- of the records in the file, from 1
    case_number INTEGER NOT NULL, -- 0: of no case
    state       TEXT    NOT NULL CHECK (state IN ('taken', 'missing', 'mismatch', 'refused')),
    item_id     INTEGER REFERENCES item (id), -- taken
    category    INTEGER,          -- NULL: none
    md5         BLOB CHECK (length(md5) = 16), -- as it says, not as was found
    sha1        BLOB CHECK (length(sha1) = 20),
    sha256      BLOB CHECK (length(sha256) = 32),
    said_sealed BLOB    NOT NULL, -- JSON: said, and what was found or is wrong
    UNIQUE (file_id, number)
) STRICT;
CREATE INDEX case_record_by_item ON case_record (item_id) WHERE item_id IS NOT NULL;
