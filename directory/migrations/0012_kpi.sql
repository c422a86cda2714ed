-- +goose Up
-- What insight may read: the organisations that the centre serves, by sector.
CREATE VIEW directory_kpi_organisation AS SELECT id AS organisation_id, sector FROM directory_organisation WHERE state = 'accepted';
