-- 0011: what is counted and shown of a list is read without looking at all of its rows.
CREATE INDEX list_row_hit ON list_row (list_id, hits) WHERE hits > 0;
CREATE INDEX list_row_off ON list_row (list_id, id) WHERE off_ms IS NOT NULL;
CREATE INDEX list_row_held ON list_row (list_id, id) WHERE quarantined_ms IS NOT NULL;
CREATE INDEX list_row_expires ON list_row (list_id, expires_ms) WHERE expires_ms IS NOT NULL;

-- Items that a guard holds back, named where releases are asked for.
CREATE INDEX match_guard ON match (item_id) WHERE outcome = 'guard';
