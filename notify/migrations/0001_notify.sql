-- +goose Up
CREATE TABLE notify_source (
    key        TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    tlp        TEXT   NOT NULL CHECK (tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
    licence    TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Reports that follow one another: the same source, type and part of the constituency.
CREATE TABLE notify_series (
    id         BIGINT NOT NULL PRIMARY KEY,
    source_key TEXT   NOT NULL REFERENCES notify_source (key),
    type       TEXT   NOT NULL,
    part       TEXT   NOT NULL,
    UNIQUE (source_key, type, part)
);

CREATE TABLE notify_report (
    id                 BYTEA  NOT NULL PRIMARY KEY,
    seq                BIGINT NOT NULL UNIQUE,  -- order of reading; an exposure counts each report once by it
    series_id          BIGINT NOT NULL REFERENCES notify_series (id),
    source_key         TEXT   NOT NULL REFERENCES notify_source (key),
    type               TEXT   NOT NULL,         -- '' when each line has its own
    format             TEXT   NOT NULL,
    name               TEXT   NOT NULL,         -- of the file, as it came
    mapping            TEXT   NOT NULL,
    sha256             BYTEA  NOT NULL UNIQUE,
    size               BIGINT NOT NULL,
    tlp                TEXT   NOT NULL,
    licence            TEXT   NOT NULL,
    received_at        BIGINT NOT NULL,
    state              TEXT   NOT NULL CHECK (state IN ('reading', 'complete', 'broken')),
    problem            TEXT   NOT NULL,
    last_line          BIGINT NOT NULL,         -- everything up to this line is done
    rows_read          BIGINT NOT NULL,
    rejected           BIGINT NOT NULL,
    matched            BIGINT NOT NULL,
    unmatched          BIGINT NOT NULL,
    exposures_new      BIGINT NOT NULL,
    exposures_again    BIGINT NOT NULL,
    exposures_reopened BIGINT NOT NULL,
    observed_last      BIGINT,                  -- the latest moment that a line speaks of
    day                BIGINT,                  -- of the report, days since 1970
    fresh              BIGINT NOT NULL,         -- 1: whole and of usual size, so absence from it means something
    completed_at       BIGINT,
    raw_deleted_at     BIGINT,
    register_version   BIGINT NOT NULL          -- of the assets, when its reading began
);
CREATE INDEX notify_report_series ON notify_report (series_id, day);
CREATE INDEX notify_report_raw ON notify_report (received_at) WHERE raw_deleted_at IS NULL;
CREATE INDEX notify_report_reading ON notify_report (seq) WHERE state = 'reading';

CREATE TABLE notify_drift (
    report_id BYTEA NOT NULL REFERENCES notify_report (id) ON DELETE CASCADE,
    kind      TEXT  NOT NULL,
    name      TEXT  NOT NULL,
    PRIMARY KEY (report_id, kind, name)
);

CREATE TABLE notify_rejected (
    report_id BYTEA  NOT NULL REFERENCES notify_report (id) ON DELETE CASCADE,
    line      BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    raw       TEXT   NOT NULL,
    PRIMARY KEY (report_id, line)
);

CREATE TABLE notify_exposure (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    fingerprint     BYTEA  NOT NULL,  -- of type, address or name, port, vulnerability
    type            TEXT   NOT NULL,
    class           TEXT   NOT NULL,  -- RSIT v1003 type
    severity        BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 5),
    address         TEXT   NOT NULL,
    port            BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    vulnerability   TEXT   NOT NULL,
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    reasons         TEXT   NOT NULL,  -- JSON: why this organisation
    evidence        TEXT   NOT NULL,  -- JSON: what the source said when it was last seen
    series_id       BIGINT NOT NULL REFERENCES notify_series (id),
    first_seen      BIGINT NOT NULL,
    last_seen       BIGINT NOT NULL,
    count           BIGINT NOT NULL,  -- of reports
    first_report    BIGINT NOT NULL,
    last_report     BIGINT NOT NULL,  -- seq
    state           TEXT   NOT NULL CHECK (state IN ('new', 'open', 'acknowledged', 'solved', 'false_positive', 'not_ours', 'expired', 'reopened')),
    state_at        BIGINT NOT NULL,
    reopens_after   BIGINT NOT NULL,  -- a sighting after this moment reopens what was solved or expired
    confirmed       BIGINT NOT NULL,  -- 1: solved, and absent from two fresh reports
    told_at         BIGINT,
    remind_at       BIGINT,           -- when a reminder is due, should it be seen again
    reminders       BIGINT NOT NULL,
    due_at          BIGINT,           -- when the next message about it is due
    PRIMARY KEY (organisation_id, fingerprint)
);
CREATE INDEX notify_exposure_due ON notify_exposure (due_at, organisation_id) WHERE due_at IS NOT NULL;
CREATE INDEX notify_exposure_series ON notify_exposure (series_id)
    WHERE confirmed = 0 AND state IN ('new', 'open', 'acknowledged', 'reopened', 'solved');

-- What an organisation wants otherwise than the defaults.
CREATE TABLE notify_preference (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    severity        BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 5),
    cadence         TEXT   NOT NULL CHECK (cadence IN ('at_once', 'daily', 'weekly', 'never')),
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, severity)
);

-- One message to one organisation.
CREATE TABLE notify_notification (
    id              BYTEA  NOT NULL PRIMARY KEY,
    reference       TEXT   NOT NULL UNIQUE,  -- anyone can check it on /verify
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('warning', 'reminder', 'closing', 'desk')),
    severity        BIGINT NOT NULL,
    classes         TEXT   NOT NULL,         -- RSIT types, comma-separated
    language        TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    body_text       TEXT   NOT NULL,         -- with a placeholder where the secret link goes
    body_html       TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    register_version BIGINT NOT NULL,        -- of the assets, when it was composed
    created_at      BIGINT NOT NULL
);
CREATE INDEX notify_notification_organisation ON notify_notification (organisation_id, created_at);

-- Deferred: what a notification is about is settled before the notification is written, in one transaction.
CREATE TABLE notify_item (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (notification_id, fingerprint)
);
CREATE INDEX notify_item_exposure ON notify_item (organisation_id, fingerprint);

CREATE TABLE notify_delivery (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    recipient       TEXT   NOT NULL,
    message_id      TEXT   NOT NULL UNIQUE,
    state           TEXT   NOT NULL CHECK (state IN ('queued', 'sent', 'deferred', 'bounced', 'failed', 'withdrawn')),
    attempts        BIGINT NOT NULL,
    next_at         BIGINT,
    sent_at         BIGINT,
    reply           TEXT   NOT NULL
);
CREATE INDEX notify_delivery_next ON notify_delivery (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notify_delivery_failed ON notify_delivery (id) WHERE state = 'failed';
CREATE INDEX notify_delivery_notification ON notify_delivery (notification_id);

-- A secret link to the exposures of one notification; only its hash is kept.
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);
CREATE INDEX notify_link_notification ON notify_link (notification_id);

CREATE TABLE notify_feedback (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL,
    answer          TEXT   NOT NULL CHECK (answer IN ('on_it', 'solved', 'false_positive', 'not_ours', 'forwarded', 'help')),
    note            TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    given_at        BIGINT NOT NULL
);
CREATE INDEX notify_feedback_given ON notify_feedback (given_at);
CREATE INDEX notify_feedback_notification ON notify_feedback (notification_id);

-- What a supplier's link is about, when it is not about all of its notification.
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);

-- When daily work was last done.
CREATE TABLE notify_upkeep (
    what   TEXT   NOT NULL PRIMARY KEY,
    ran_at BIGINT NOT NULL
);

-- Feedback counted as it comes, by source and type.
CREATE TABLE notify_tally (
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (source_key, type, answer)
);
