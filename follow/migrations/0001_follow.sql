-- +goose Up
-- Where what changes for an organisation is posted to. The cursor says how far all was taken; a batch that was not is
-- asked for anew at each attempt, so that nothing is sent that is no longer the organisation's.
CREATE TABLE follow_webhook (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    host            TEXT   NOT NULL,  -- of the address, for the page
    sealed          BYTEA  NOT NULL,  -- the address and the key of the signature
    state           TEXT   NOT NULL CHECK (state IN ('on', 'failing', 'maker')),
    made_by         BYTEA,            -- who answers for it; NULL: forgotten
    made_at         BIGINT NOT NULL,
    cursor_at       BIGINT NOT NULL,
    cursor_print    BYTEA  NOT NULL,
    batch_id        BYTEA,            -- under way: its id, and where it ends
    batch_at        BIGINT NOT NULL,
    batch_print     BYTEA  NOT NULL,
    attempts        BIGINT NOT NULL,
    failing_since   BIGINT,
    next_at         BIGINT NOT NULL,
    tested_at       BIGINT
);
CREATE INDEX follow_webhook_organisation ON follow_webhook (organisation_id, id);
CREATE INDEX follow_webhook_on ON follow_webhook (id) WHERE state = 'on';
CREATE INDEX follow_webhook_by ON follow_webhook (made_by) WHERE made_by IS NOT NULL;

-- The latest posts of each.
CREATE TABLE follow_post (
    id         BYTEA  NOT NULL PRIMARY KEY,
    webhook_id BYTEA  NOT NULL REFERENCES follow_webhook (id) ON DELETE CASCADE,
    message    BYTEA  NOT NULL,  -- webhook-id: the same for each attempt
    events     BIGINT NOT NULL,  -- 0: a test
    at         BIGINT NOT NULL,
    status     BIGINT NOT NULL,  -- of HTTP; 0: there was no answer
    problem    TEXT   NOT NULL   -- '' when it was taken
);
CREATE INDEX follow_post_webhook ON follow_post (webhook_id, id);

-- Secret addresses of feeds; only their hashes are kept.
CREATE TABLE follow_feed (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    hash            BYTEA  NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    made_by         BYTEA,
    made_at         BIGINT NOT NULL,
    revoked_at      BIGINT,
    read_at         BIGINT,
    minute          BIGINT NOT NULL,  -- in which reads were counted last
    reads           BIGINT NOT NULL
);
CREATE INDEX follow_feed_organisation ON follow_feed (organisation_id, id);
CREATE INDEX follow_feed_by ON follow_feed (made_by) WHERE made_by IS NOT NULL;
