-- Small documents that many may change.
CREATE TABLE notes (
    name        TEXT    NOT NULL PRIMARY KEY,
    version     INTEGER NOT NULL,            -- counts the writes
    note        TEXT    NOT NULL             -- JSON
) STRICT, WITHOUT ROWID;
