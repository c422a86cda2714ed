-- +goose Up
CREATE INDEX signin_account_staff ON signin_account (id) WHERE staff <> 0;
-- What is looked for when an account is disabled or forgotten.
CREATE INDEX signin_ceremony_account ON signin_ceremony (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX signin_lost_account ON signin_lost (account_id);
-- Tokens past their term.
CREATE INDEX signin_token_ends ON signin_token (ends_at);
CREATE INDEX signin_token_revoked ON signin_token (revoked_at) WHERE revoked_at IS NOT NULL;
