-- +goose Up
-- What the figures on quality come from: counted as exposures change, by the database itself, so that no page reads
-- exposures and no way of changing one is forgotten. An exposure counts on the day it was first seen, on the day it was
-- last told of, and on the day on which it came to stand as it does; what is undone takes its count along.
CREATE TABLE notify_day (
    day            BIGINT NOT NULL,  -- since 1970, UTC
    source_key     TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    severity       BIGINT NOT NULL,
    seen           BIGINT NOT NULL,
    told           BIGINT NOT NULL,
    acknowledged   BIGINT NOT NULL,
    solved         BIGINT NOT NULL,
    false_positive BIGINT NOT NULL,
    not_ours       BIGINT NOT NULL,
    expired        BIGINT NOT NULL,
    PRIMARY KEY (day, source_key, type, severity)
);

-- How long it took from first seen to solved, in steps that grow: see solveBounds in notify/figures.go.
CREATE TABLE notify_solve_time (
    day        BIGINT NOT NULL,
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    bucket     BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (day, source_key, type, bucket)
);

-- How often advice was opened: by the link in a mail, by a page of the portal, or by a machine that follows links. Nothing
-- says by whom.
CREATE TABLE notify_opened (
    day   BIGINT NOT NULL,
    type  TEXT   NOT NULL,
    door  TEXT   NOT NULL CHECK (door IN ('link', 'portal', 'machine')),
    count BIGINT NOT NULL,
    PRIMARY KEY (day, type, door)
);

-- Findings that concern nobody, by network, for some weeks. asn -1 is all networks that are not among the largest of
-- their piece of a report; 0 is a network that the report does not name.
CREATE TABLE notify_unmatched (
    day        BIGINT NOT NULL,
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    asn        BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (day, source_key, type, asn)
);

-- What insight may read.
CREATE VIEW notify_kpi_source AS SELECT key, name, tlp FROM notify_source;
CREATE VIEW notify_kpi_day AS SELECT day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired FROM notify_day;
CREATE VIEW notify_kpi_solve_time AS SELECT day, source_key, type, bucket, count FROM notify_solve_time;
CREATE VIEW notify_kpi_opened AS SELECT day, type, door, count FROM notify_opened;
CREATE VIEW notify_kpi_unmatched AS SELECT day, source_key, type, asn, count FROM notify_unmatched;

-- +goose StatementBegin
INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        SELECT day, source_key, type, severity, sum(seen), sum(told), sum(acknowledged), sum(solved), sum(false_positive), sum(not_ours), sum(expired) FROM (SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, 1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, 1, 0, 0, 0, 0, 0 FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN 1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN 1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN 1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN 1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN 1 ELSE 0 END
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')) AS c
        WHERE true GROUP BY day, source_key, type, severity ORDER BY day, source_key, type, severity
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = notify_day.seen + excluded.seen, told = notify_day.told + excluded.told, acknowledged = notify_day.acknowledged + excluded.acknowledged, solved = notify_day.solved + excluded.solved, false_positive = notify_day.false_positive + excluded.false_positive, not_ours = notify_day.not_ours + excluded.not_ours, expired = notify_day.expired + excluded.expired;
-- +goose StatementEnd
-- +goose StatementBegin
INSERT INTO notify_solve_time (day, source_key, type, bucket, count)
        SELECT day, source_key, type, bucket, sum(count) FROM (SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, 1 AS count
            FROM notify_exposure AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved') AS c WHERE true GROUP BY day, source_key, type, bucket ORDER BY day, source_key, type, bucket
        ON CONFLICT (day, source_key, type, bucket) DO UPDATE SET count = notify_solve_time.count + excluded.count;
-- +goose StatementEnd
-- Nearly all that is new is just that, and is counted in the shortest way.
-- +goose StatementBegin
CREATE TRIGGER notify_exposure_new AFTER INSERT ON notify_exposure WHEN NEW.state = 'new' AND NEW.told_at IS NULL BEGIN
    INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        VALUES (NEW.first_seen / 86400000000, (SELECT source_key FROM notify_series WHERE id = NEW.series_id), NEW.type, NEW.severity, 1, 0, 0, 0, 0, 0, 0)
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = seen + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notify_exposure_insert AFTER INSERT ON notify_exposure WHEN NEW.state <> 'new' OR NEW.told_at IS NOT NULL BEGIN
    INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        SELECT day, source_key, type, severity, sum(seen), sum(told), sum(acknowledged), sum(solved), sum(false_positive), sum(not_ours), sum(expired) FROM (SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, 1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, 1, 0, 0, 0, 0, 0 FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN 1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN 1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN 1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN 1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN 1 ELSE 0 END
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')) AS c
        WHERE true GROUP BY day, source_key, type, severity ORDER BY day, source_key, type, severity
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = notify_day.seen + excluded.seen, told = notify_day.told + excluded.told, acknowledged = notify_day.acknowledged + excluded.acknowledged, solved = notify_day.solved + excluded.solved, false_positive = notify_day.false_positive + excluded.false_positive, not_ours = notify_day.not_ours + excluded.not_ours, expired = notify_day.expired + excluded.expired;
    INSERT INTO notify_solve_time (day, source_key, type, bucket, count)
        SELECT day, source_key, type, bucket, sum(count) FROM (SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, 1 AS count
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved') AS c WHERE true GROUP BY day, source_key, type, bucket ORDER BY day, source_key, type, bucket
        ON CONFLICT (day, source_key, type, bucket) DO UPDATE SET count = notify_solve_time.count + excluded.count;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notify_exposure_delete AFTER DELETE ON notify_exposure BEGIN
    INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        SELECT day, source_key, type, severity, sum(seen), sum(told), sum(acknowledged), sum(solved), sum(false_positive), sum(not_ours), sum(expired) FROM (SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, -1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, -1, 0, 0, 0, 0, 0 FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN -1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN -1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN -1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN -1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN -1 ELSE 0 END
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')) AS c
        WHERE true GROUP BY day, source_key, type, severity ORDER BY day, source_key, type, severity
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = notify_day.seen + excluded.seen, told = notify_day.told + excluded.told, acknowledged = notify_day.acknowledged + excluded.acknowledged, solved = notify_day.solved + excluded.solved, false_positive = notify_day.false_positive + excluded.false_positive, not_ours = notify_day.not_ours + excluded.not_ours, expired = notify_day.expired + excluded.expired;
    INSERT INTO notify_solve_time (day, source_key, type, bucket, count)
        SELECT day, source_key, type, bucket, sum(count) FROM (SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, -1 AS count
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved') AS c WHERE true GROUP BY day, source_key, type, bucket ORDER BY day, source_key, type, bucket
        ON CONFLICT (day, source_key, type, bucket) DO UPDATE SET count = notify_solve_time.count + excluded.count;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notify_exposure_update AFTER UPDATE OF state, state_at, first_seen, severity, series_id, type, told_at ON notify_exposure
    WHEN (OLD.state <> NEW.state OR OLD.state_at <> NEW.state_at OR OLD.first_seen <> NEW.first_seen OR OLD.severity <> NEW.severity OR OLD.series_id <> NEW.series_id OR OLD.type <> NEW.type OR OLD.told_at IS NOT NEW.told_at) BEGIN
    INSERT INTO notify_day (day, source_key, type, severity, seen, told, acknowledged, solved, false_positive, not_ours, expired)
        SELECT day, source_key, type, severity, sum(seen), sum(told), sum(acknowledged), sum(solved), sum(false_positive), sum(not_ours), sum(expired) FROM (SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, -1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, -1, 0, 0, 0, 0, 0 FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN -1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN -1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN -1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN -1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN -1 ELSE 0 END
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')
        UNION ALL SELECT x.first_seen / 86400000000 AS day, s.source_key AS source_key, x.type AS type, x.severity AS severity, 1 AS seen, 0 AS told, 0 AS acknowledged, 0 AS solved, 0 AS false_positive, 0 AS not_ours, 0 AS expired
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
        UNION ALL SELECT x.told_at / 86400000000, s.source_key, x.type, x.severity, 0, 1, 0, 0, 0, 0, 0 FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.told_at IS NOT NULL
        UNION ALL SELECT x.state_at / 86400000000, s.source_key, x.type, x.severity, 0, 0, CASE WHEN x.state = 'acknowledged' THEN 1 ELSE 0 END, CASE WHEN x.state = 'solved' THEN 1 ELSE 0 END, CASE WHEN x.state = 'false_positive' THEN 1 ELSE 0 END, CASE WHEN x.state = 'not_ours' THEN 1 ELSE 0 END, CASE WHEN x.state = 'expired' THEN 1 ELSE 0 END
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id
            WHERE x.state IN ('acknowledged', 'solved', 'false_positive', 'not_ours', 'expired')) AS c
        WHERE true GROUP BY day, source_key, type, severity ORDER BY day, source_key, type, severity
        ON CONFLICT (day, source_key, type, severity) DO UPDATE SET seen = notify_day.seen + excluded.seen, told = notify_day.told + excluded.told, acknowledged = notify_day.acknowledged + excluded.acknowledged, solved = notify_day.solved + excluded.solved, false_positive = notify_day.false_positive + excluded.false_positive, not_ours = notify_day.not_ours + excluded.not_ours, expired = notify_day.expired + excluded.expired;
    INSERT INTO notify_solve_time (day, source_key, type, bucket, count)
        SELECT day, source_key, type, bucket, sum(count) FROM (SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, -1 AS count
            FROM (SELECT OLD.first_seen AS first_seen, OLD.told_at AS told_at, OLD.state AS state, OLD.state_at AS state_at, OLD.type AS type, OLD.severity AS severity, OLD.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved'
        UNION ALL SELECT x.state_at / 86400000000 AS day, s.source_key AS source_key, x.type AS type, CASE WHEN x.state_at - x.first_seen < 3600000000 THEN 0 WHEN x.state_at - x.first_seen < 7200000000 THEN 1 WHEN x.state_at - x.first_seen < 14400000000 THEN 2 WHEN x.state_at - x.first_seen < 28800000000 THEN 3 WHEN x.state_at - x.first_seen < 57600000000 THEN 4 WHEN x.state_at - x.first_seen < 86400000000 THEN 5 WHEN x.state_at - x.first_seen < 172800000000 THEN 6 WHEN x.state_at - x.first_seen < 259200000000 THEN 7 WHEN x.state_at - x.first_seen < 432000000000 THEN 8 WHEN x.state_at - x.first_seen < 604800000000 THEN 9 WHEN x.state_at - x.first_seen < 864000000000 THEN 10 WHEN x.state_at - x.first_seen < 1209600000000 THEN 11 WHEN x.state_at - x.first_seen < 1814400000000 THEN 12 WHEN x.state_at - x.first_seen < 2592000000000 THEN 13 WHEN x.state_at - x.first_seen < 3888000000000 THEN 14 WHEN x.state_at - x.first_seen < 5184000000000 THEN 15 WHEN x.state_at - x.first_seen < 7776000000000 THEN 16 WHEN x.state_at - x.first_seen < 10368000000000 THEN 17 WHEN x.state_at - x.first_seen < 15552000000000 THEN 18 WHEN x.state_at - x.first_seen < 31536000000000 THEN 19 ELSE 20 END AS bucket, 1 AS count
            FROM (SELECT NEW.first_seen AS first_seen, NEW.told_at AS told_at, NEW.state AS state, NEW.state_at AS state_at, NEW.type AS type, NEW.severity AS severity, NEW.series_id AS series_id) AS x JOIN notify_series s ON s.id = x.series_id WHERE x.state = 'solved') AS c WHERE true GROUP BY day, source_key, type, bucket ORDER BY day, source_key, type, bucket
        ON CONFLICT (day, source_key, type, bucket) DO UPDATE SET count = notify_solve_time.count + excluded.count;
END;
-- +goose StatementEnd
