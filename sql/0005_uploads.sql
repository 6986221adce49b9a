-- 0005: files on their way in over HTTP.

-- Its bytes lie in the vault as sealed parts until it is taken in. Name and the person's fields are
-- content, so they are sealed.
CREATE TABLE upload (
    id            INTEGER NOT NULL PRIMARY KEY,
    staff_id      INTEGER NOT NULL REFERENCES staff (id),
    batch_id      INTEGER NOT NULL REFERENCES batch (id),
    name_mac      BLOB    NOT NULL CHECK (length(name_mac) = 32), -- keyed: finds the file again
    text_sealed   BLOB    NOT NULL, -- JSON: name, fields, own grade
    size          INTEGER NOT NULL CHECK (size > 0), -- bytes in all, as said
    received      INTEGER NOT NULL CHECK (received >= 0), -- bytes acknowledged
    parts         INTEGER NOT NULL CHECK (parts >= 0),    -- rows of upload_part
    taken         INTEGER NOT NULL, -- bytes read again while it is taken in
    sha256_said   BLOB    CHECK (length(sha256_said) = 32),
    sha256        BLOB    CHECK (length(sha256) = 32), -- of what came
    state         TEXT    NOT NULL CHECK (state IN
                      ('open', 'finishing', 'done', 'differs', 'refused', 'dropped')),
    outcome       TEXT    NOT NULL, -- done: intake's verdict; refused: why
    role          TEXT    NOT NULL, -- in which it was finished
    session_id    INTEGER,
    event         BLOB    CHECK (length(event) = 16), -- the entry that its parts are opened by
    held_until_ms INTEGER NOT NULL, -- by who takes it in
    created_ms    INTEGER NOT NULL,
    changed_ms    INTEGER NOT NULL,
    CHECK (received <= size)
) STRICT;
-- The same file of the same person is one upload while it is open, so that it can be gone on with.
CREATE UNIQUE INDEX upload_open ON upload (staff_id, batch_id, name_mac, size)
    WHERE state = 'open';
CREATE INDEX upload_by_state ON upload (state, created_ms);
CREATE INDEX upload_by_staff ON upload (staff_id, created_ms);

CREATE TABLE upload_part (
    upload_id  INTEGER NOT NULL REFERENCES upload (id),
    part_index INTEGER NOT NULL, -- from 0
    blob_id    BLOB    NOT NULL UNIQUE CHECK (length(blob_id) = 16),
    wrapped    BLOB    NOT NULL CHECK (length(wrapped) = 64),
    size       INTEGER NOT NULL CHECK (size > 0), -- plain bytes
    PRIMARY KEY (upload_id, part_index)
) STRICT;
