-- 0003: who may see a batch, what came in by it, and changes of priority that are under way.

-- A batch with rows here is for these people only; one without is for everybody with the role.
CREATE TABLE batch_person (
    batch_id INTEGER NOT NULL REFERENCES batch (id),
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    PRIMARY KEY (batch_id, staff_id)
) STRICT;

-- What intake took in, counted in its own transactions: counting sightings anew would cost too much
-- for a page that is looked at every two seconds.
CREATE TABLE batch_tally (
    batch_id INTEGER NOT NULL PRIMARY KEY REFERENCES batch (id),
    files    INTEGER NOT NULL, -- sightings added
    fresh    INTEGER NOT NULL, -- of them, of bytes that were not here before
    refused  INTEGER NOT NULL, -- each time that one was
    last_ms  INTEGER NOT NULL
) STRICT;
INSERT INTO batch_tally (batch_id, files, fresh, refused, last_ms)
SELECT b.id, (SELECT count(*) FROM sighting s WHERE s.batch_id = b.id),
       (SELECT count(*) FROM task t WHERE t.batch_id = b.id), 0, b.created_ms
FROM batch b;

-- The tasks of a batch whose priority or due date changed get theirs anew page by page, so that
-- nobody waits for a long transaction; the row says how far that is and goes when it is done.
CREATE TABLE batch_pressing (
    batch_id   INTEGER NOT NULL PRIMARY KEY REFERENCES batch (id),
    after_mac  BLOB    NOT NULL, -- the last sighting that was looked at
    after_item INTEGER NOT NULL
) STRICT;

CREATE INDEX picture_failed ON picture (failure) WHERE failure IS NOT NULL;
