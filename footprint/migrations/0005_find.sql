-- +goose Up
-- Staff look for what is claimed by what it is.
CREATE INDEX footprint_claim_value ON footprint_claim (kind, value);
