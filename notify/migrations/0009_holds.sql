-- +goose Up
-- What an analyst or a rule keeps back. Nothing moves when something is held: what is due stays due and is passed over,
-- and what waits to be sent becomes 'held' when its turn comes.
CREATE TABLE notify_hold (
    id              BYTEA  NOT NULL PRIMARY KEY,
    scope           TEXT   NOT NULL CHECK (scope IN ('everything', 'source', 'type', 'organisation', 'report', 'message')),
    subject         TEXT   NOT NULL,  -- '', a source's key, a type, or the id or number of the others
    organisation_id BYTEA,            -- whom it is about, of 'organisation' and 'message'
    series_id       BIGINT,           -- of 'report': what this series brought from the report on
    seq             BIGINT,
    warned          BIGINT NOT NULL,  -- of 'report': organisations it would have warned when it was held
    most            BIGINT NOT NULL,  -- and how many it might have
    reason          TEXT   NOT NULL,
    held_at         BIGINT NOT NULL,
    held_by         TEXT   NOT NULL,  -- as the record names them: "account:...", "operator:NAME", "polder"
    first_at        BIGINT,           -- of 'report': one person said that it may go; it takes two
    first_by        TEXT   NOT NULL,
    released_at     BIGINT,
    released_by     TEXT   NOT NULL,
    CHECK (scope <> 'organisation' OR organisation_id IS NOT NULL),
    CHECK (scope <> 'report' OR series_id IS NOT NULL AND seq IS NOT NULL)
);
CREATE UNIQUE INDEX notify_hold_open ON notify_hold (scope, subject) WHERE released_at IS NULL;
CREATE INDEX notify_hold_held ON notify_hold (held_at);

ALTER TABLE notify_delivery ADD COLUMN hold_id BYTEA;
CREATE INDEX notify_delivery_hold ON notify_delivery (hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX notify_delivery_state ON notify_delivery (state, notification_id, id);

-- Which sources and types a message is about.
CREATE TABLE notify_topic (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    type            TEXT  NOT NULL,
    source_key      TEXT  NOT NULL,
    PRIMARY KEY (notification_id, type, source_key)
);
CREATE INDEX notify_topic_type ON notify_topic (type, notification_id);
CREATE INDEX notify_topic_source ON notify_topic (source_key, notification_id);
INSERT INTO notify_topic (notification_id, type, source_key)
    SELECT DISTINCT i.notification_id, e.type, s.source_key FROM notify_item i
    JOIN notify_exposure e ON e.organisation_id = i.organisation_id AND e.fingerprint = i.fingerprint JOIN notify_series s ON s.id = e.series_id;

-- Whom a report that is being read would warn, and of one that was read, how many.
CREATE TABLE notify_warned (
    seq             BIGINT NOT NULL,
    organisation_id BYTEA  NOT NULL,
    PRIMARY KEY (seq, organisation_id)
);
ALTER TABLE notify_report ADD COLUMN warned BIGINT;
ALTER TABLE notify_report ADD COLUMN offered_by TEXT NOT NULL DEFAULT '';
