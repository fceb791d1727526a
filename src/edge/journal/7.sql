-- Version 7: rows of other journals, and ids for the rows that had none.

-- The journal where a row was measured or told, when it was imported. NULL: this one.
ALTER TABLE session ADD COLUMN origin TEXT;
ALTER TABLE told ADD COLUMN origin TEXT;
ALTER TABLE note ADD COLUMN origin TEXT;
ALTER TABLE pain ADD COLUMN origin TEXT;
ALTER TABLE injury ADD COLUMN origin TEXT;
ALTER TABLE screening ADD COLUMN origin TEXT;
ALTER TABLE planned ADD COLUMN origin TEXT;

-- 1: it had no end when it was exported. Here it is cut off, and never resumed.
ALTER TABLE session ADD COLUMN was_open INTEGER NOT NULL DEFAULT 0;
-- When a dose was imported; `boot` and `clock_ns` are of that moment then.
ALTER TABLE told ADD COLUMN imported_ms INTEGER;

ALTER TABLE injury ADD COLUMN uid TEXT;
UPDATE injury SET uid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX injury_uid ON injury(uid);
ALTER TABLE screening ADD COLUMN uid TEXT;
UPDATE screening SET uid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX screening_uid ON screening(uid);

-- Find the last rows of this journal, however many were imported after them.
CREATE INDEX session_own ON session(id) WHERE origin IS NULL;
CREATE INDEX told_own ON told(id) WHERE origin IS NULL;

-- Find the notes of a session, and what stands alone since a time, however much there is.
CREATE INDEX note_session ON note(session);
CREATE INDEX note_at ON note(at_ms);
CREATE INDEX pain_moment ON pain(coalesce(at_ms, noted_ms));
