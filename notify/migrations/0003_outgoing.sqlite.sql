-- +goose Up
-- A message may go to somebody who is in no register (kind 'stranger'): it is about no organisation of ours. And a
-- message may be held by an analyst, until another lets it go. SQLite cannot change a column, and dropping a table
-- deletes what refers to it: so all tables around it are made anew, from copies.
CREATE TEMP TABLE copy_notify_notification AS SELECT * FROM notify_notification;
CREATE TEMP TABLE copy_notify_item AS SELECT * FROM notify_item;
CREATE TEMP TABLE copy_notify_delivery AS SELECT * FROM notify_delivery;
CREATE TEMP TABLE copy_notify_link AS SELECT * FROM notify_link;
CREATE TEMP TABLE copy_notify_link_item AS SELECT * FROM notify_link_item;
CREATE TEMP TABLE copy_notify_feedback AS SELECT * FROM notify_feedback;
CREATE TEMP TABLE copy_notify_feedback_item AS SELECT * FROM notify_feedback_item;
DROP TABLE notify_feedback_item;
DROP TABLE notify_feedback;
DROP TABLE notify_link_item;
DROP TABLE notify_link;
DROP TABLE notify_delivery;
DROP TABLE notify_item;
DROP TABLE notify_notification;
CREATE TABLE notify_notification (
    id              BYTEA  NOT NULL PRIMARY KEY,
    reference       TEXT   NOT NULL UNIQUE,  -- anyone can check it on /verify
    organisation_id BYTEA  REFERENCES directory_organisation (id),  -- NULL: to a stranger
    kind            TEXT   NOT NULL CHECK (kind IN ('warning', 'reminder', 'closing', 'desk', 'stranger', 'test')),
    severity        BIGINT NOT NULL,
    classes         TEXT   NOT NULL,         -- RSIT types, comma-separated
    language        TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    body_text       TEXT   NOT NULL,         -- with a placeholder where the secret link goes
    body_html       TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    register_version BIGINT NOT NULL,        -- of the assets, when it was composed
    created_at      BIGINT NOT NULL,
    CHECK (organisation_id IS NOT NULL OR kind = 'stranger')
);
CREATE TABLE notify_item (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (notification_id, fingerprint)
);
CREATE TABLE notify_delivery (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    recipient       TEXT   NOT NULL,
    message_id      TEXT   NOT NULL UNIQUE,
    state           TEXT   NOT NULL CHECK (state IN ('queued', 'held', 'sent', 'deferred', 'bounced', 'failed', 'withdrawn')),
    attempts        BIGINT NOT NULL,
    next_at         BIGINT,
    sent_at         BIGINT,
    reply           TEXT   NOT NULL
);
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);
CREATE TABLE notify_feedback (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  REFERENCES notify_notification (id) ON DELETE CASCADE,  -- by the link in which; NULL: by no link
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier', 'person', 'program')),
    account_id      BYTEA,            -- of a person who is signed in, until that person is forgotten
    token_id        BYTEA,            -- of a program
    behalf          TEXT   NOT NULL,  -- the organisation that a delegate came from; '' for no delegate
    answer          TEXT   NOT NULL CHECK (answer IN ('on_it', 'solved', 'false_positive', 'not_ours', 'forwarded', 'help')),
    note            TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    given_at        BIGINT NOT NULL
);
CREATE TABLE notify_feedback_item (
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    feedback_id     BYTEA NOT NULL REFERENCES notify_feedback (id) ON DELETE CASCADE,
    PRIMARY KEY (organisation_id, fingerprint, feedback_id)
);
INSERT INTO notify_notification (id, reference, organisation_id, kind, severity, classes, language, subject, body_text, body_html, exposures, register_version, created_at) SELECT id, reference, organisation_id, kind, severity, classes, language, subject, body_text, body_html, exposures, register_version, created_at FROM copy_notify_notification;
DROP TABLE copy_notify_notification;
INSERT INTO notify_item (notification_id, organisation_id, fingerprint) SELECT notification_id, organisation_id, fingerprint FROM copy_notify_item;
DROP TABLE copy_notify_item;
INSERT INTO notify_delivery (id, notification_id, recipient, message_id, state, attempts, next_at, sent_at, reply) SELECT id, notification_id, recipient, message_id, state, attempts, next_at, sent_at, reply FROM copy_notify_delivery;
DROP TABLE copy_notify_delivery;
INSERT INTO notify_link (token_hash, notification_id, organisation_id, holder, created_at, expires_at, revoked_at) SELECT token_hash, notification_id, organisation_id, holder, created_at, expires_at, revoked_at FROM copy_notify_link;
DROP TABLE copy_notify_link;
INSERT INTO notify_link_item (token_hash, fingerprint) SELECT token_hash, fingerprint FROM copy_notify_link_item;
DROP TABLE copy_notify_link_item;
INSERT INTO notify_feedback (id, notification_id, organisation_id, holder, account_id, token_id, behalf, answer, note, exposures, given_at) SELECT id, notification_id, organisation_id, holder, account_id, token_id, behalf, answer, note, exposures, given_at FROM copy_notify_feedback;
DROP TABLE copy_notify_feedback;
INSERT INTO notify_feedback_item (organisation_id, fingerprint, feedback_id) SELECT organisation_id, fingerprint, feedback_id FROM copy_notify_feedback_item;
DROP TABLE copy_notify_feedback_item;
CREATE INDEX notify_notification_organisation ON notify_notification (organisation_id, created_at);
CREATE INDEX notify_item_exposure ON notify_item (organisation_id, fingerprint);
CREATE INDEX notify_delivery_next ON notify_delivery (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notify_delivery_failed ON notify_delivery (id) WHERE state = 'failed';
CREATE INDEX notify_delivery_notification ON notify_delivery (notification_id);
CREATE INDEX notify_link_notification ON notify_link (notification_id);
CREATE INDEX notify_feedback_given ON notify_feedback (given_at);
CREATE INDEX notify_feedback_notification ON notify_feedback (notification_id);
CREATE INDEX notify_feedback_organisation ON notify_feedback (organisation_id, given_at);
CREATE INDEX notify_feedback_account ON notify_feedback (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX notify_feedback_item_feedback ON notify_feedback_item (feedback_id);
