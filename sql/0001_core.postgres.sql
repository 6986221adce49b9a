-- Rows of these tables are never changed or deleted, whoever asks.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: rows are append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER record_append_only BEFORE UPDATE OR DELETE ON record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER record_seq_append_only BEFORE UPDATE OR DELETE ON record_seq
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER record_seq_no_truncate BEFORE TRUNCATE ON record_seq
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER record_head_append_only BEFORE UPDATE OR DELETE ON record_head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER record_head_no_truncate BEFORE TRUNCATE ON record_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER inheritance_append_only BEFORE UPDATE OR DELETE ON inheritance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inheritance_no_truncate BEFORE TRUNCATE ON inheritance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER scheme_append_only BEFORE UPDATE OR DELETE ON scheme
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER scheme_no_truncate BEFORE TRUNCATE ON scheme
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER guidance_append_only BEFORE UPDATE OR DELETE ON guidance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guidance_no_truncate BEFORE TRUNCATE ON guidance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
