-- 0012: what a trusted list's exact hash with a grade does beside being a hidden vote.
-- hidden_vote: nothing more. one: where the one who grades blind gives the same code, nobody else
-- reads the item again; it is left out of its lot's sample.
ALTER TABLE list ADD COLUMN confirm TEXT NOT NULL DEFAULT 'hidden_vote'
    CHECK (confirm IN ('hidden_vote', 'one'));
