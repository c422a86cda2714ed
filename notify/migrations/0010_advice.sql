-- +goose Up
-- The centre's own texts for types of findings. Each change is a version; one that somebody else published is used.
CREATE TABLE notify_advice_version (
    type         TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    nl           TEXT   NOT NULL,  -- JSON
    en           TEXT   NOT NULL,
    written_by   TEXT   NOT NULL,  -- as the record names them
    written_at   BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    published_at BIGINT,
    PRIMARY KEY (type, version)
);

-- Which version is used; without a row, the text that is part of the program.
CREATE TABLE notify_advice (
    type    TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

-- Counts each change of what is used, so that every process can see cheaply that there was one.
CREATE TABLE notify_advice_serial (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    serial BIGINT NOT NULL
);
INSERT INTO notify_advice_serial (one, serial) VALUES (1, 0);
