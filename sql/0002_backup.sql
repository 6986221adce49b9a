-- Backups that were made, and restores that were tried, of this workspace: when work was last safe.

CREATE TABLE backup (
    id         INTEGER NOT NULL PRIMARY KEY,
    act        TEXT    NOT NULL CHECK (act IN ('made', 'tested')),
    name       TEXT    NOT NULL, -- the backup's folder in its repository, such as 20261122T193000Z
    entries    INTEGER NOT NULL, -- of the record, under the head that the backup holds
    files      INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL, -- of all of them
    took_ms    INTEGER NOT NULL,
    done_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX backup_by_time ON backup (act, done_ms);
