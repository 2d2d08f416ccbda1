-- An answer is bound to everything that a call could touch, and no longer to what is dangerous alone: what was
-- asked, given or refused before answers no question of now, so it ends. Whoever looks next writes that down.
UPDATE approval SET ends_at = 1 WHERE state IN ('asked', 'given', 'refused') AND (ends_at IS NULL OR ends_at > 1);
-- How many of the capabilities are dangerous: they come first.
ALTER TABLE approval ADD COLUMN dangerous BIGINT NOT NULL DEFAULT 0;
-- How many there were besides those that are kept to be read.
ALTER TABLE approval ADD COLUMN more BIGINT NOT NULL DEFAULT 0;
-- The tool that made the call, as clients call it, where a tool did.
ALTER TABLE approval ADD COLUMN maker TEXT;
