-- +goose Up
-- What is looked for when a person is forgotten, and when codes and answers are past their term.
CREATE INDEX footprint_claim_registered ON footprint_claim (registered_by) WHERE registered_by IS NOT NULL;
CREATE INDEX footprint_claim_decided ON footprint_claim (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX footprint_code_term ON footprint_code (sent_at);
CREATE INDEX footprint_network_term ON footprint_network (answered_at);
