-- 0009: clients: programs of others that may match hashes, their rights, and what they asked.

-- 0001 left room for clients; no version ever wrote into it.
DROP TABLE client;
CREATE TABLE client (
    id           INTEGER NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE, -- [a-z0-9._-], up to 40
    key_id       TEXT    NOT NULL UNIQUE, -- 16 hex digits, in clear in front of the secret
    key_mac      BLOB    NOT NULL CHECK (length(key_mac) = 32), -- keyed; the key is nowhere
    created_ms   INTEGER NOT NULL,
    key_ms       INTEGER NOT NULL,        -- since when this key is its key
    expires_ms   INTEGER,                 -- NULL: never
    disabled_ms  INTEGER,
    rate         INTEGER NOT NULL CHECK (rate >= 1),  -- hashes a second
    burst        INTEGER NOT NULL CHECK (burst >= 1), -- hashes at once
    distance_max INTEGER NOT NULL CHECK (distance_max BETWEEN 0 AND 31),
    quality_min  INTEGER NOT NULL CHECK (quality_min BETWEEN 0 AND 100),
    keeps        TEXT    NOT NULL CHECK (keeps IN ('counts', 'hits'))
) STRICT;

-- The lists that a client's hashes are looked up in. detail: it is told what the list says.
CREATE TABLE client_list (
    client_id INTEGER NOT NULL REFERENCES client (id),
    list_id   INTEGER NOT NULL REFERENCES list (id),
    detail    INTEGER NOT NULL CHECK (detail IN (0, 1)),
    PRIMARY KEY (client_id, list_id)
) STRICT;

-- How many hashes were answered how, by day. list_id 0: the answer as a whole; else hits in it.
CREATE TABLE client_count (
    client_id INTEGER NOT NULL REFERENCES client (id),
    day       INTEGER NOT NULL, -- days since 1970
    list_id   INTEGER NOT NULL,
    outcome   TEXT    NOT NULL CHECK (outcome IN ('call', 'match', 'no_match', 'unmatchable',
                  'test', 'limited')),
    count     INTEGER NOT NULL,
    PRIMARY KEY (client_id, day, list_id, outcome)
) STRICT;

-- With the policy 'hits': which rows a client's hashes hit, by day; never the hash that was asked.
CREATE TABLE client_hit (
    client_id INTEGER NOT NULL REFERENCES client (id),
    row_id    INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    last_ms   INTEGER NOT NULL,
    PRIMARY KEY (client_id, row_id, day)
) STRICT;
