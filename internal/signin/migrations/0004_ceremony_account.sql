-- +goose Up
-- Signing in ends what was begun with a link of the account.
CREATE INDEX signin_ceremony_account ON signin_ceremony (account_id) WHERE account_id IS NOT NULL;
