-- Rows of these tables are never changed or deleted, whoever asks.

CREATE TRIGGER record_no_update BEFORE UPDATE ON record
BEGIN
    SELECT RAISE(ABORT, 'record: rows are append-only');
END;

CREATE TRIGGER record_no_delete BEFORE DELETE ON record
BEGIN
    SELECT RAISE(ABORT, 'record: rows are append-only');
END;

CREATE TRIGGER record_seq_no_update BEFORE UPDATE ON record_seq
BEGIN
    SELECT RAISE(ABORT, 'record_seq: rows are append-only');
END;

CREATE TRIGGER record_seq_no_delete BEFORE DELETE ON record_seq
BEGIN
    SELECT RAISE(ABORT, 'record_seq: rows are append-only');
END;

CREATE TRIGGER record_head_no_update BEFORE UPDATE ON record_head
BEGIN
    SELECT RAISE(ABORT, 'record_head: rows are append-only');
END;

CREATE TRIGGER record_head_no_delete BEFORE DELETE ON record_head
BEGIN
    SELECT RAISE(ABORT, 'record_head: rows are append-only');
END;

CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decision: rows are append-only');
END;

CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decision: rows are append-only');
END;

CREATE TRIGGER inheritance_no_update BEFORE UPDATE ON inheritance
BEGIN
    SELECT RAISE(ABORT, 'inheritance: rows are append-only');
END;

CREATE TRIGGER inheritance_no_delete BEFORE DELETE ON inheritance
BEGIN
    SELECT RAISE(ABORT, 'inheritance: rows are append-only');
END;

CREATE TRIGGER scheme_no_update BEFORE UPDATE ON scheme
BEGIN
    SELECT RAISE(ABORT, 'scheme: rows are append-only');
END;

CREATE TRIGGER scheme_no_delete BEFORE DELETE ON scheme
BEGIN
    SELECT RAISE(ABORT, 'scheme: rows are append-only');
END;

CREATE TRIGGER guidance_no_update BEFORE UPDATE ON guidance
BEGIN
    SELECT RAISE(ABORT, 'guidance: rows are append-only');
END;

CREATE TRIGGER guidance_no_delete BEFORE DELETE ON guidance
BEGIN
    SELECT RAISE(ABORT, 'guidance: rows are append-only');
END;
