-- 0013: lists of kind client: the hashes that a client puts into a bank of its own.
CREATE TABLE client_bank (
    list_id   INTEGER NOT NULL PRIMARY KEY REFERENCES list (id),
    client_id INTEGER NOT NULL REFERENCES client (id)
) STRICT;
