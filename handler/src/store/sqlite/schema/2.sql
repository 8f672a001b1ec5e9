-- What happened to an incident, for good: its timeline, entry by entry, each written once.
CREATE TABLE trail (
    incident    TEXT    NOT NULL,
    n           INTEGER NOT NULL,            -- its place in the timeline, from 0
    entry       TEXT    NOT NULL,            -- JSON
    PRIMARY KEY (incident, n)
) STRICT, WITHOUT ROWID;
INSERT INTO trail (incident, n, entry)
    SELECT incidents.id, entries.key, entries.value
    FROM incidents, json_each(incidents.doc, '$.timeline') AS entries;

-- What a platform wants to hear to reach a channel without being asked first.
CREATE TABLE conversations (
    platform    TEXT    NOT NULL,
    channel     TEXT    NOT NULL,            -- the platform's own id
    reference   TEXT    NOT NULL,            -- JSON
    PRIMARY KEY (platform, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    id          TEXT    NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,            -- when it was given up
    letter      TEXT    NOT NULL             -- JSON
) STRICT;
CREATE INDEX dead_letters_at ON dead_letters (at);
