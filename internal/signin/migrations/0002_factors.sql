-- +goose Up
-- A passkey. What the library knows of it is kept whole; the id is apart because it is looked up.
CREATE TABLE signin_passkey (
    id            BYTEA  NOT NULL PRIMARY KEY,
    account_id    BYTEA  NOT NULL REFERENCES signin_account (id),
    credential_id BYTEA  NOT NULL UNIQUE,
    name          TEXT   NOT NULL,  -- as the person calls it
    credential    TEXT   NOT NULL,  -- JSON of the library, with the public key and the counter
    created_at    BIGINT NOT NULL,
    used_at       BIGINT,
    warned_at     BIGINT            -- when its counter last went back, as of a copy
);
CREATE INDEX signin_passkey_account ON signin_passkey (account_id);

CREATE TABLE signin_password (
    account_id BYTEA  NOT NULL PRIMARY KEY REFERENCES signin_account (id),
    hash       TEXT   NOT NULL,  -- argon2id with its parameters and salt
    changed_at BIGINT NOT NULL
);

CREATE TABLE signin_totp (
    account_id BYTEA  NOT NULL PRIMARY KEY REFERENCES signin_account (id),
    secret     BYTEA  NOT NULL,  -- sealed, bound to the account
    step       BIGINT NOT NULL,  -- the last one that was accepted: a code counts once
    created_at BIGINT NOT NULL
);

-- A code of 120 bits: no salt is needed, and looking one up costs nothing.
CREATE TABLE signin_recovery (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    made_at    BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX signin_recovery_account ON signin_recovery (account_id);

-- Something half done, of one browser or one session: a challenge, a mailed code, a secret that is
-- being set up. It is no session.
CREATE TABLE signin_ceremony (
    owner      BYTEA  NOT NULL,  -- hash of the browser's token, or of the session's id
    kind       TEXT   NOT NULL,
    account_id BYTEA REFERENCES signin_account (id),
    data       BYTEA  NOT NULL,  -- sealed, bound to owner and kind
    code       BYTEA,            -- keyed hash of the mailed code
    tries      BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    PRIMARY KEY (owner, kind)
);
CREATE INDEX signin_ceremony_ends ON signin_ceremony (ends_at);

CREATE TABLE signin_throttle (
    key     BYTEA  NOT NULL PRIMARY KEY,  -- keyed hash of the purpose and of whom it is about
    n       BIGINT NOT NULL,
    until   BIGINT NOT NULL,  -- nothing is tried before this
    ends_at BIGINT NOT NULL   -- forgotten after this
);
CREATE INDEX signin_throttle_ends ON signin_throttle (ends_at);

-- A link that works once, to set a first way to sign in.
CREATE TABLE signin_link (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    purpose    TEXT   NOT NULL,  -- 'invited' by the operator, or 'lost'
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX signin_link_ends ON signin_link (ends_at);
CREATE INDEX signin_link_account ON signin_link (account_id);

-- A person who lost every way to sign in. Two members of staff approve, then a day passes.
CREATE TABLE signin_lost (
    id         BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    statement  TEXT   NOT NULL,  -- who can vouch for the person; '' once it ended
    state      TEXT   NOT NULL CHECK (state IN ('asked', 'seconded', 'waiting', 'done', 'refused', 'cancelled')),
    asked_at   BIGINT NOT NULL,
    first_by   BYTEA REFERENCES signin_account (id),
    first_at   BIGINT,
    second_by  BYTEA REFERENCES signin_account (id),
    second_at  BIGINT,
    due_at     BIGINT,
    ended_at   BIGINT
);
CREATE UNIQUE INDEX signin_lost_open ON signin_lost (account_id) WHERE state IN ('asked', 'seconded', 'waiting');
CREATE INDEX signin_lost_due ON signin_lost (state, due_at);
