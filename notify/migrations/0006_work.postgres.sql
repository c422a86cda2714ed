-- +goose Up
-- A supplier may be given a link from the pages too, for exposures that were chosen there and by no message: who made
-- it and for whom stands with it.
ALTER TABLE notify_link ALTER COLUMN notification_id DROP NOT NULL;
ALTER TABLE notify_link ADD COLUMN account_id BYTEA;
ALTER TABLE notify_link ADD COLUMN label TEXT NOT NULL DEFAULT '';

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
