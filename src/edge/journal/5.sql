-- Version 5: what the timer did not see, and what was taken back. Nothing that was told is ever deleted.

-- A dose that was given without the timer.
CREATE TABLE told (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    -- Counts over `told`, `note` and `pain`: the highest number is taken back first, whatever the clock said.
    nth INTEGER NOT NULL,
    -- `cold` or `heat`.
    kind TEXT NOT NULL,
    site TEXT NOT NULL,
    length_ns INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    -- When it was told, by both clocks.
    noted_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    clock_ns INTEGER NOT NULL,
    -- When it was taken back.
    undone_ms INTEGER
);
CREATE UNIQUE INDEX told_uid ON told(uid);
CREATE INDEX told_ended ON told(ended_ms);
CREATE INDEX told_boot ON told(boot, clock_ns);

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    nth INTEGER NOT NULL,
    -- NULL: it stands alone.
    session INTEGER REFERENCES session(id),
    text TEXT NOT NULL,
    -- NULL: not known.
    site TEXT,
    -- The moment that it is about.
    at_ms INTEGER NOT NULL,
    noted_ms INTEGER NOT NULL,
    undone_ms INTEGER
);
CREATE UNIQUE INDEX note_uid ON note(uid);

-- The moment that a score is about. NULL: when it was noted.
ALTER TABLE pain ADD COLUMN at_ms INTEGER;
ALTER TABLE pain ADD COLUMN undone_ms INTEGER;
ALTER TABLE pain ADD COLUMN nth INTEGER;
UPDATE pain SET nth = id;
