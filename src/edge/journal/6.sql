-- Version 6: the plan that a person keeps.
CREATE TABLE planned (
    id INTEGER PRIMARY KEY,
    -- It stays the same when a later plan moves the session.
    uid TEXT NOT NULL,
    protocol TEXT NOT NULL,
    site TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    -- How often it was changed, and when the plan was made that has it like this.
    sequence INTEGER NOT NULL,
    made_ms INTEGER NOT NULL,
    -- When a later plan did without it; NULL while it is kept.
    dropped_ms INTEGER
);
CREATE UNIQUE INDEX planned_uid ON planned(uid);
CREATE INDEX planned_from ON planned(from_ms);
