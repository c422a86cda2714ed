-- +goose Up
-- The tokens that somebody made end when the account is closed or taken back.
CREATE INDEX signin_token_maker ON signin_token (made_by) WHERE revoked_at IS NULL;
