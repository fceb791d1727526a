-- Version 8: trials of two options, and the sessions that were drawn for them.
CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    -- The names of the two protocols, or `rest`.
    a TEXT NOT NULL,
    b TEXT NOT NULL,
    -- How long a rest lasts.
    rest_ns INTEGER NOT NULL,
    site TEXT NOT NULL,
    -- How many complete pairs were planned when it started, and what the order is drawn from.
    blocks INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    -- NULL while it goes on.
    ended_ms INTEGER,
    -- 1: the person stopped it. Otherwise it ended with the last planned pair.
    stopped INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX trial_uid ON trial(uid);
-- One at a time.
CREATE UNIQUE INDEX trial_open ON trial(ended_ms IS NULL) WHERE ended_ms IS NULL;

-- The place of a session in the order of its trial, from 0. Its pain two hours later has the role `later`.
CREATE TABLE drawn (
    session INTEGER PRIMARY KEY REFERENCES session(id),
    trial INTEGER NOT NULL REFERENCES trial(id),
    place INTEGER NOT NULL
);
CREATE UNIQUE INDEX drawn_place ON drawn(trial, place);
