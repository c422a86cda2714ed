-- +goose Up
-- A supplier may be given a link from the pages too, for exposures that were chosen there and by no message: who made
-- it and for whom stands with it.
CREATE TEMP TABLE copy_notify_link AS SELECT * FROM notify_link;
CREATE TEMP TABLE copy_notify_link_item AS SELECT * FROM notify_link_item;
DROP TABLE notify_link_item;
DROP TABLE notify_link;
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  REFERENCES notify_notification (id) ON DELETE CASCADE,  -- NULL: made on the pages
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT,
    account_id      BYTEA,
    label           TEXT   NOT NULL DEFAULT ''
);
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);
INSERT INTO notify_link (token_hash, notification_id, organisation_id, holder, created_at, expires_at, revoked_at) SELECT token_hash, notification_id, organisation_id, holder, created_at, expires_at, revoked_at FROM copy_notify_link;
DROP TABLE copy_notify_link;
INSERT INTO notify_link_item (token_hash, fingerprint) SELECT token_hash, fingerprint FROM copy_notify_link_item;
DROP TABLE copy_notify_link_item;
CREATE INDEX notify_link_notification ON notify_link (notification_id);

-- Who works on an exposure (an account of its own people, or the organisation that holds a mandate) and by which day
-- (since 1970) it is to be done.
ALTER TABLE notify_exposure ADD COLUMN assignee BYTEA;
ALTER TABLE notify_exposure ADD COLUMN deadline BIGINT;
CREATE INDEX notify_exposure_assignee ON notify_exposure (assignee, organisation_id, severity, first_seen, fingerprint) WHERE assignee IS NOT NULL;
CREATE INDEX notify_exposure_deadline ON notify_exposure (organisation_id, deadline, fingerprint) WHERE deadline IS NOT NULL;

-- Steps of the advice that were ticked.
CREATE TABLE notify_step (
    organisation_id BYTEA  NOT NULL,
    fingerprint     BYTEA  NOT NULL,
    step            BIGINT NOT NULL,  -- 1 is the first
    account_id      BYTEA,            -- until that person is forgotten
    behalf          TEXT   NOT NULL,  -- the organisation that a delegate came from; '' for no delegate
    at              BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, fingerprint, step),
    FOREIGN KEY (organisation_id, fingerprint) REFERENCES notify_exposure (organisation_id, fingerprint) ON DELETE CASCADE
);
CREATE INDEX notify_step_account ON notify_step (account_id) WHERE account_id IS NOT NULL;

-- What people of an organisation and its delegates say to one another about an exposure.
CREATE TABLE notify_comment (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL,
    fingerprint     BYTEA  NOT NULL,
    account_id      BYTEA,            -- until that person is forgotten
    behalf          TEXT   NOT NULL,
    text            TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    FOREIGN KEY (organisation_id, fingerprint) REFERENCES notify_exposure (organisation_id, fingerprint) ON DELETE CASCADE
);
CREATE INDEX notify_comment_exposure ON notify_comment (organisation_id, fingerprint, id);
CREATE INDEX notify_comment_account ON notify_comment (account_id) WHERE account_id IS NOT NULL;

-- Sets of filters that a person gave a name.
CREATE TABLE notify_view (
    id              BYTEA  NOT NULL PRIMARY KEY,
    account_id      BYTEA  NOT NULL,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    name            TEXT   NOT NULL,
    query           TEXT   NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX notify_view_account ON notify_view (account_id, organisation_id, id);

-- By which link feedback came, and which links an exposure is in.
ALTER TABLE notify_feedback ADD COLUMN link_hash BYTEA;
CREATE INDEX notify_feedback_link ON notify_feedback (link_hash, given_at) WHERE link_hash IS NOT NULL;
CREATE INDEX notify_link_item_print ON notify_link_item (fingerprint);
CREATE INDEX notify_link_account ON notify_link (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX notify_link_own ON notify_link (expires_at) WHERE notification_id IS NULL;
