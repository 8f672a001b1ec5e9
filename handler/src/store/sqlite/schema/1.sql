-- Moments are whole microseconds since 1970.

CREATE TABLE requests (
    id          TEXT    NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,            -- when it was accepted
    body        TEXT,                        -- JSON; dropped once it is finished, and the id stays
    attempts    INTEGER NOT NULL DEFAULT 0,  -- how often it failed
    due         INTEGER,                     -- when it is to be tried; NULL once it is finished
    finished_at INTEGER
) STRICT;
CREATE INDEX requests_due ON requests (due) WHERE due IS NOT NULL;
CREATE INDEX requests_finished ON requests (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE incidents (
    id          TEXT    NOT NULL PRIMARY KEY,
    gateway     TEXT    NOT NULL,            -- in lower case
    open        INTEGER NOT NULL CHECK (open IN (0, 1)),
    version     INTEGER NOT NULL,            -- counts the writes
    due         INTEGER,                     -- when it has something to do next
    opened_at   INTEGER NOT NULL,
    doc         TEXT    NOT NULL             -- JSON
) STRICT;
CREATE UNIQUE INDEX incidents_one_open ON incidents (gateway) WHERE open = 1;
CREATE INDEX incidents_due ON incidents (due) WHERE due IS NOT NULL;

CREATE TABLE wakeups (
    due         INTEGER NOT NULL,            -- when it becomes visible
    kind        TEXT    NOT NULL CHECK (kind IN ('request', 'incident')),
    id          TEXT    NOT NULL,
    PRIMARY KEY (due, kind, id)
) STRICT, WITHOUT ROWID;
