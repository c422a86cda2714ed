-- +goose Up
-- The desk's first page counts the lists that somebody began and did not send.
CREATE INDEX collect_list_waiting ON collect_list (changed_at) WHERE state IN ('draft', 'rehearsed', 'failed');
