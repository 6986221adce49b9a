-- 0017: answers to cases: what went back for each record, and the tools that a profile is proven
-- with (doc/answer.md).

CREATE TABLE case_answer (
    id             INTEGER NOT NULL PRIMARY KEY,
    batch_id       INTEGER NOT NULL REFERENCES batch (id),
    number         INTEGER NOT NULL CHECK (number >= 1), -- of the batch's answers
    part           INTEGER NOT NULL CHECK (part IN (0, 1)), -- 1: settled, and in no earlier part
    profile        TEXT    NOT NULL, -- its name, and its text, as it was written by
    profile_text   TEXT    NOT NULL,
    votes          INTEGER NOT NULL CHECK (votes >= 1), -- readings that a grade needs
    software       TEXT    NOT NULL,
    created_ms     INTEGER NOT NULL,
    content_sha256 BLOB CHECK (length(content_sha256) = 32), -- NULL: not written yet
    UNIQUE (batch_id, number)
) STRICT;

CREATE TABLE case_answer_row (
    answer_id   INTEGER NOT NULL REFERENCES case_answer (id),
    record_id   INTEGER NOT NULL REFERENCES case_record (id),
    state       TEXT    NOT NULL CHECK (state IN ('graded', 'cannot_be_assessed', 'waiting',
                    'disputed', 'too_few_votes', 'media_missing', 'media_mismatch',
                    'record_refused', 'cannot_be_decoded', 'type_not_supported')),
    decision_id INTEGER REFERENCES decision (id), -- graded, cannot_be_assessed
    readings    INTEGER NOT NULL,
    PRIMARY KEY (answer_id, record_id)
) STRICT;
CREATE INDEX case_answer_row_by_record ON case_answer_row (record_id);

-- A person has loaded what we write by a profile into a tool, and it was taken.
CREATE TABLE profile_proof (
    profile_sha256 BLOB    NOT NULL CHECK (length(profile_sha256) = 32), -- of its text
    tool           TEXT    NOT NULL, -- such as a program and its version
    person         TEXT    NOT NULL,
    created_ms     INTEGER NOT NULL,
    PRIMARY KEY (profile_sha256, tool)
) STRICT;
