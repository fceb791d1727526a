-- Version 2: ids that stay the same in another journal, the way a session that was cut off ended, answers that
-- belong to a person or to an injury, and every pain score with its time.

-- The id of this journal, and below those of its sessions and scores: a copy or an import keeps them.
CREATE TABLE about (uid TEXT NOT NULL);
INSERT INTO about VALUES (lower(hex(randomblob(16))));

ALTER TABLE session ADD COLUMN uid TEXT;
UPDATE session SET uid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX session_uid ON session(uid);

-- 1: it is not known when the pack came off, so the doses are assumed.
ALTER TABLE session ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0;
UPDATE session SET assumed = (outcome = 'cut_off'), outcome = 'cut_off' WHERE outcome IN ('cut_off', 'cut_off_told');

-- Earlier answers are void: the question could be misread both ways.
DROP TABLE screening;
CREATE TABLE screening (
    id INTEGER PRIMARY KEY,
    -- NULL: there was no injury.
    injury INTEGER REFERENCES injury(id),
    -- The keys of the signs that apply, with blanks between; NULL: they were shown where nobody could answer.
    signs TEXT,
    noted_ms INTEGER NOT NULL
);

-- A score before a session or after it belongs to it; a score without a session stands alone.
ALTER TABLE pain ADD COLUMN uid TEXT;
ALTER TABLE pain ADD COLUMN role TEXT;
UPDATE pain SET session = NULL
    WHERE session IN (SELECT id FROM session WHERE noted_ms NOT BETWEEN ended_ms AND ended_ms + 7200000);
UPDATE pain SET role = 'after' WHERE session IS NOT NULL;
INSERT INTO pain (session, score, noted_ms, role)
    SELECT id, pain_before, started_ms, 'before' FROM session WHERE pain_before IS NOT NULL;
UPDATE pain SET uid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX pain_uid ON pain(uid);
CREATE INDEX pain_session ON pain(session, role);
ALTER TABLE session DROP COLUMN pain_before;
ALTER TABLE session DROP COLUMN pain_after;

-- Finds the doses of the last days by the clock that nobody can set.
CREATE INDEX event_boot ON event(boot, clock_ns);
