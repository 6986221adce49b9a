-- Every picture that a file holds: the table of facets, and sheets of them as renditions.

-- Pictures of an item that show something else than its main one, which is the row in picture.
CREATE TABLE facet (
    item_id     INTEGER NOT NULL REFERENCES item (id),
    number      INTEGER NOT NULL CHECK (number >= 1), -- its place on the sheet; 0: the main one
    kind        TEXT    NOT NULL CHECK (kind IN ('frame', 'thumbnail', 'transparency', 'trailing')),
    place       INTEGER NOT NULL, -- of a frame or page in the file, from 0; else counts its kind
    width       INTEGER NOT NULL, -- pixels, as stored
    height      INTEGER NOT NULL,
    pdq         BLOB    CHECK (length(pdq) = 32),
    pdq_quality INTEGER NOT NULL,
    pdq_reason  TEXT,             -- NULL: to be trusted
    maker       TEXT    NOT NULL,
    PRIMARY KEY (item_id, number)
) STRICT;

-- How many pictures of the file were looked at; the flag frames_unseen when not all.
ALTER TABLE picture ADD COLUMN frames_seen INTEGER NOT NULL DEFAULT 1;

-- The list of renditions grows by two, so the table is made anew; nothing refers to it.
CREATE TABLE blob_of_facets (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    wrapped    BLOB    CHECK (length(wrapped) = 64),
    size       INTEGER NOT NULL CHECK (size >= 0), -- plain bytes
    item_id    INTEGER NOT NULL REFERENCES item (id),
    rendition  TEXT    NOT NULL CHECK (rendition IN ('original', 'cover', 'small_grey',
                   'small_colour', 'full_grey', 'full_colour', 'strip', 'sheet_grey',
                   'sheet_colour')),
    width      INTEGER NOT NULL, -- pixels; 0 for originals
    height     INTEGER NOT NULL,
    maker      TEXT    NOT NULL, -- decoder version; empty for originals
    created_ms INTEGER NOT NULL,
    purged_ms  INTEGER,
    UNIQUE (item_id, rendition)
) STRICT;
INSERT INTO blob_of_facets (id, wrapped, size, item_id, rendition, width, height, maker, created_ms,
    purged_ms)
    SELECT id, wrapped, size, item_id, rendition, width, height, maker, created_ms, purged_ms
    FROM blob;
DROP TABLE blob;
ALTER TABLE blob_of_facets RENAME TO blob;
