-- +goose Up
-- Addresses that a proven domain leads to, with spaces between; they are offered one by one.
ALTER TABLE footprint_claim ADD COLUMN leads TEXT NOT NULL DEFAULT '';
