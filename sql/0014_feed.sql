-- 0014: the change feed of lists, and where a matching node stands in it (doc/feed.md).

-- SHA-256 of the secret of its key, which nodes are told; NULL: the key was made before, and no
-- node knows it.
ALTER TABLE client ADD COLUMN key_sha256 BLOB CHECK (length(key_sha256) = 32);
-- 1: it is a matching node and may follow the feed.
ALTER TABLE client ADD COLUMN feeds INTEGER NOT NULL DEFAULT 0 CHECK (feeds IN (0, 1));

-- Names the order of the changes that list_clock counts. It is another one after a backup was put
-- back, where the same numbers come to stand for other changes; none until the feed is asked for.
CREATE TABLE feed_epoch (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch BLOB    NOT NULL CHECK (length(epoch) = 16)
) STRICT;

-- At a node: where it stands.
CREATE TABLE feed_node (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch    BLOB    NOT NULL CHECK (length(epoch) = 16),
    seq      INTEGER NOT NULL, -- changes up to it are here
    roster   BLOB    NOT NULL CHECK (length(roster) = 32), -- SHA-256 of the lists and clients here
    pass     INTEGER NOT NULL CHECK (pass >= 1), -- one more whenever all lists are read from new
    as_of_ms INTEGER NOT NULL  -- what is here was all there was then; 0: not yet
) STRICT;

-- At a node: how far each list is read whole.
CREATE TABLE feed_list (
    list_id    INTEGER NOT NULL PRIMARY KEY REFERENCES list (id),
    whole_pass INTEGER NOT NULL, -- the last pass in which it was read to its end; 0: none yet
    after_row  INTEGER NOT NULL  -- of the pass that goes on: rows up to this one are here
) STRICT;
