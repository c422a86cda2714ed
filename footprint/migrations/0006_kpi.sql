-- +goose Up
-- What insight may read: a row for each asset that is proven.
CREATE VIEW footprint_kpi_proven AS SELECT organisation_id FROM footprint_asset WHERE state = 'proven';
