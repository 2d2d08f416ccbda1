-- Which call asked: what ties an approval to the records of calls. Nothing of those that were asked before.
ALTER TABLE approval ADD COLUMN call TEXT NOT NULL DEFAULT '';
ALTER TABLE approval ADD COLUMN request TEXT NOT NULL DEFAULT '';
-- The call whose guest made that one.
ALTER TABLE approval ADD COLUMN parent TEXT;
-- When a yes for one call was used up.
ALTER TABLE approval ADD COLUMN used_at BIGINT;
