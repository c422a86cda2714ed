-- +goose Up
-- When an organisation's proofs are looked at again and end, for its first page.
CREATE INDEX footprint_claim_proofs ON footprint_claim (organisation_id, state, check_at, expires_at);
