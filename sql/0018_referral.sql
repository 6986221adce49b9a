-- 0018: escalated items that were handed to police outside of the answer, and what came of it
-- (doc/referral.md).

CREATE TABLE referral (
    id              INTEGER NOT NULL PRIMARY KEY,
    task_id         INTEGER NOT NULL REFERENCES task (id),
    escalation_id   INTEGER NOT NULL REFERENCES escalation (id),
    urgent          INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    text_sealed     BLOB    NOT NULL, -- the file that goes out
    contact_sealed  BLOB    NOT NULL, -- whom it goes to
    state           TEXT    NOT NULL CHECK (state IN ('made', 'sent', 'acknowledged', 'closed')),
    outcome         TEXT CHECK (outcome IN ('identified', 'known', 'investigating', 'no_action')),
    due_ms          INTEGER NOT NULL, -- by when it is to be acknowledged
    made_by         INTEGER NOT NULL REFERENCES staff (id),
    made_ms         INTEGER NOT NULL,
    sent_ms         INTEGER,
    acknowledged_ms INTEGER,
    closed_ms       INTEGER,
    CHECK ((outcome IS NULL) = (closed_ms IS NULL))
) STRICT;
CREATE INDEX referral_open ON referral (due_ms) WHERE closed_ms IS NULL;
CREATE INDEX referral_by_task ON referral (task_id);
