-- Version 1 of the journal. Times of day are milliseconds since 1970; lengths and clock readings are nanoseconds.
CREATE TABLE injury (
    id INTEGER PRIMARY KEY,
    -- NULL: the clock was cleared.
    happened_ms INTEGER,
    noted_ms INTEGER NOT NULL
);
-- Answers to the question before the first session of an injury; the last one counts.
CREATE TABLE screening (
    id INTEGER PRIMARY KEY,
    injury INTEGER NOT NULL REFERENCES injury(id),
    red_flag INTEGER NOT NULL,
    noted_ms INTEGER NOT NULL
);
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    protocol TEXT NOT NULL,
    -- The expanded steps, as JSON.
    steps TEXT NOT NULL,
    carried_cold INTEGER NOT NULL,
    carried_heat INTEGER NOT NULL,
    confirm INTEGER NOT NULL,
    grace_ns INTEGER NOT NULL,
    overrides TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    planned_cold_ns INTEGER NOT NULL,
    planned_heat_ns INTEGER NOT NULL,
    pain_before INTEGER,
    pain_after INTEGER,
    -- NULL while it runs, and when it was cut off and not closed yet.
    outcome TEXT,
    ended_ms INTEGER,
    cold_ns INTEGER,
    heat_ns INTEGER
);
CREATE INDEX session_started ON session(started_ms);
CREATE INDEX session_open ON session(id) WHERE outcome IS NULL;
-- One row an event, never changed.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session(id),
    wall_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    clock_ns INTEGER NOT NULL,
    elapsed_ns INTEGER NOT NULL,
    step INTEGER NOT NULL,
    kind TEXT NOT NULL,
    length_ns INTEGER,
    rule TEXT
);
CREATE INDEX event_session ON event(session);
-- What another shell asks of the running session, and what came of it.
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session(id),
    what TEXT NOT NULL,
    length_ns INTEGER,
    answer TEXT
);
CREATE INDEX request_open ON request(session) WHERE answer IS NULL;
CREATE TABLE pain (
    id INTEGER PRIMARY KEY,
    session INTEGER REFERENCES session(id),
    score INTEGER NOT NULL,
    noted_ms INTEGER NOT NULL
);
