-- +goose Up
-- Who a person is at an OIDC provider. Known by issuer and subject, and by nothing else.
CREATE TABLE signin_identity (
    id                  BYTEA  NOT NULL PRIMARY KEY,
    account_id          BYTEA  NOT NULL REFERENCES signin_account (id),
    issuer              TEXT   NOT NULL,
    subject             TEXT   NOT NULL,
    registration_number TEXT   NOT NULL,  -- of the company, as the provider said at the last time; ''
    made_account        BIGINT NOT NULL CHECK (made_account IN (0, 1)),  -- the account began with it
    linked_at           BIGINT NOT NULL,
    seen_at             BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE INDEX signin_identity_account ON signin_identity (account_id);

-- A visit to a provider that has not come back yet. It is of use once, to one browser.
CREATE TABLE signin_visit (
    hash       BYTEA  NOT NULL PRIMARY KEY,  -- of the state in the address
    cookie     BYTEA  NOT NULL,              -- hash of the secret in the browser's cookie
    provider   TEXT   NOT NULL,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('sign-in', 'confirm', 'link')),
    session_id BYTEA,                        -- for confirm and link: whose session asked
    secret     BYTEA  NOT NULL,              -- nonce and PKCE verifier, sealed
    back       TEXT   NOT NULL,              -- the page to go to
    begun_at   BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX signin_visit_ends ON signin_visit (ends_at);

-- A token that a program comes with: of a person at the centre, or of an organisation (directory's).
CREATE TABLE signin_token (
    id              BYTEA  NOT NULL PRIMARY KEY,
    hash            BYTEA  NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    account_id      BYTEA  REFERENCES signin_account (id),
    organisation_id BYTEA,
    scopes          TEXT   NOT NULL,  -- with spaces
    made_by         BYTEA  NOT NULL,
    made_at         BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    used_at         BIGINT,           -- to the hour
    revoked_at      BIGINT,
    CHECK ((account_id IS NULL) <> (organisation_id IS NULL))
);
CREATE INDEX signin_token_account ON signin_token (account_id);
CREATE INDEX signin_token_organisation ON signin_token (organisation_id);
