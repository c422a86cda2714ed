-- +goose Up
-- A person. When forgotten, the row stays as an id without the person, for what refers to it.
CREATE TABLE signin_account (
    id         BYTEA  NOT NULL PRIMARY KEY,
    mail       TEXT   NOT NULL,  -- lower case, A-labels; '' when forgotten
    name       TEXT   NOT NULL,
    language   TEXT   NOT NULL,  -- 'nl', 'en', or '' when not chosen
    staff      BIGINT NOT NULL,  -- roles at the centre, as bits
    state      TEXT   NOT NULL CHECK (state IN ('active', 'disabled', 'forgotten')),
    handle     BYTEA  NOT NULL UNIQUE,  -- random: what authenticators know the person by
    created_at BIGINT NOT NULL,
    seen_at    BIGINT            -- last signed in
);
CREATE UNIQUE INDEX signin_account_mail ON signin_account (mail) WHERE mail <> '';

CREATE TABLE signin_session (
    id         BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    hash       BYTEA  NOT NULL UNIQUE,  -- of the token in the cookie
    method     TEXT   NOT NULL,         -- 'passkey', 'password', 'recovery', 'oidc', 'enrolment'
    browser    TEXT   NOT NULL,         -- in a few words, for the person's own list
    created_at BIGINT NOT NULL,
    fresh_at   BIGINT NOT NULL,         -- when a factor was last shown
    seen_at    BIGINT NOT NULL,         -- to the minute
    ends_at    BIGINT NOT NULL          -- at the latest
);
CREATE INDEX signin_session_account ON signin_session (account_id);
CREATE INDEX signin_session_ends ON signin_session (ends_at);
