-- 0004: what the page of one item and the search in the record ask for.

CREATE INDEX item_by_sha1 ON item (sha1);
CREATE INDEX picture_by_pdq ON picture (pdq);
CREATE INDEX picture_by_pdq_oriented ON picture (pdq_oriented);
CREATE INDEX reading_by_task ON reading (task_id);
CREATE INDEX correction_by_task ON correction (task_id);
CREATE INDEX release_row_by_task ON release_row (task_id);

-- Which entries speak of an object. Made from the entries by the sequencer and made again where it
-- is missing: an aid to find them, no evidence. `size` entries from the first on are in it.
CREATE TABLE record_about (
    noun      TEXT    NOT NULL,
    object_id INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (noun, object_id, seq)
) STRICT;

CREATE TABLE record_about_end (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL CHECK (size >= 0)
) STRICT;

-- Each time that the record was verified, by whomever.
CREATE TABLE record_check (
    id         INTEGER NOT NULL PRIMARY KEY,
    checked_ms INTEGER NOT NULL,
    staff_id   INTEGER REFERENCES staff (id), -- NULL: the operator
    entries    INTEGER NOT NULL,
    finding    TEXT                           -- NULL: whole
) STRICT;
CREATE INDEX record_check_by_time ON record_check (checked_ms);
