-- 0010: items that wait to be looked up in the lists: each after it was identified, and those that
-- a pass over all finds near rows that changed.
CREATE TABLE match_job (
    item_id INTEGER NOT NULL PRIMARY KEY REFERENCES item (id)
) STRICT;
