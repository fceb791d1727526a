-- Version 3: what the person tried, and whether they heard it.
CREATE TABLE tried (
    id INTEGER PRIMARY KEY,
    -- `sound` or `speech`.
    rung TEXT NOT NULL,
    -- The player or the voice. NULL: it was not tried, and the person was told so.
    program TEXT,
    -- NULL: the person was not asked.
    heard INTEGER,
    noted_ms INTEGER NOT NULL
);
