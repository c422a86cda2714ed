PRAGMA defer_foreign_keys = ON;
CREATE TABLE audit_event (
    id              BYTEA  NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor           TEXT   NOT NULL,  -- who: "operator:jan", "recipient", "polder"
    action          TEXT   NOT NULL,  -- import, read, export, send, feedback, delete
    object          TEXT   NOT NULL,  -- what, by kind and id
    organisation_id BYTEA,            -- whose data, when it is one organisation's
    detail          TEXT   NOT NULL
);
CREATE TABLE audit_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE directory_contact (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    purpose         TEXT   NOT NULL CHECK (purpose IN ('warnings')),
    email           TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, purpose)
);
CREATE TABLE directory_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE directory_organisation (
    id                  BYTEA  NOT NULL PRIMARY KEY,
    reference           TEXT   NOT NULL UNIQUE,  -- the operator's own key
    name                TEXT   NOT NULL,
    registration_number TEXT   NOT NULL,
    sector              TEXT   NOT NULL,
    province            TEXT   NOT NULL,
    employees           BIGINT NOT NULL CHECK (employees >= -1),  -- -1: not known
    language            TEXT   NOT NULL CHECK (language IN ('nl', 'en')),
    created_at          BIGINT NOT NULL,
    changed_at          BIGINT NOT NULL
);
CREATE TABLE footprint_asset (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('prefix', 'asn', 'domain', 'product')),
    value           TEXT   NOT NULL,  -- canonical: 192.0.2.0/28, AS64500, example.nl
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    state           TEXT   NOT NULL CHECK (state IN ('proven', 'withdrawn')),
    method          TEXT   NOT NULL CHECK (method IN ('operator')),
    registered_at   BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    UNIQUE (organisation_id, kind, value)
);
CREATE TABLE footprint_correction (
    id              BYTEA  NOT NULL PRIMARY KEY,
    asset_id        BYTEA  NOT NULL REFERENCES footprint_asset (id),
    organisation_id BYTEA  NOT NULL,
    reason          TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at       BIGINT NOT NULL,
    closed_at       BIGINT
);
CREATE TABLE footprint_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE footprint_version (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
CREATE TABLE jobs_job (
    id            TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    args          TEXT   NOT NULL, -- JSON
    same          TEXT,            -- for unique kinds: equal when the args are equal
    state         TEXT   NOT NULL, -- waiting, running, failed
    attempt       BIGINT NOT NULL, -- how often it was tried, the running one included
    most_attempts BIGINT NOT NULL,
    deaths        BIGINT NOT NULL, -- how often its process died; these attempts are not counted above
    run_at        BIGINT NOT NULL, -- microseconds since 1970, as all times here
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL, -- when it came into its state
    worker        TEXT,            -- who runs it: slot/process
    error         TEXT             -- of the last attempt
);
CREATE TABLE jobs_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE jobs_schedule (
    kind    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);
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
CREATE TABLE notify_drift (
    report_id BYTEA NOT NULL REFERENCES notify_report (id) ON DELETE CASCADE,
    kind      TEXT  NOT NULL,
    name      TEXT  NOT NULL,
    PRIMARY KEY (report_id, kind, name)
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
    evidence        TEXT   NOT NULL,  -- JSON: what the source said when it was first seen
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
CREATE TABLE notify_item (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (notification_id, fingerprint)
);
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);
CREATE TABLE notify_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
CREATE TABLE notify_preference (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    severity        BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 5),
    cadence         TEXT   NOT NULL CHECK (cadence IN ('at_once', 'daily', 'weekly', 'never')),
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, severity)
);
CREATE TABLE notify_rejected (
    report_id BYTEA  NOT NULL REFERENCES notify_report (id) ON DELETE CASCADE,
    line      BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    raw       TEXT   NOT NULL,
    PRIMARY KEY (report_id, line)
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
CREATE TABLE notify_series (
    id         BIGINT NOT NULL PRIMARY KEY,
    source_key TEXT   NOT NULL REFERENCES notify_source (key),
    type       TEXT   NOT NULL,
    part       TEXT   NOT NULL,
    UNIQUE (source_key, type, part)
);
CREATE TABLE notify_source (
    key        TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    tlp        TEXT   NOT NULL CHECK (tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
    licence    TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE notify_tally (
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (source_key, type, answer)
);
CREATE TABLE notify_upkeep (
    what   TEXT   NOT NULL PRIMARY KEY,
    ran_at BIGINT NOT NULL
);
INSERT INTO "audit_event" VALUES(X'01A20FD0AF917D3696E9BF30B7B62D0F',1795561664401860,'operator','import','organisations',NULL,'3 rows, 3 new, 0 changed');
INSERT INTO "audit_event" VALUES(X'01A20FD0B0047E2FA6C2C538D6D8172A',1795561664516921,'operator','import','assets',NULL,'6 rows, 6 new, 0 changed, 0 withdrawn');
INSERT INTO "audit_event" VALUES(X'01A20FD0B0367BF38CE9136656595E4A',1795561664566777,'operator','import','report 01a20fd0-b036-7124-916f-337778c0389c',NULL,'2026-11-20-scan_rdp-example-nl.csv, 313 bytes, SHA-256 2636827c482719559db73f7fcec7b977cc80f08a86f41063a5f45c1362eee588');
INSERT INTO "audit_event" VALUES(X'01A20FD0B05F7EF895AF779EDBAD5432',1795561664607956,'operator','read','exposures',NULL,'');
INSERT INTO "audit_migration" VALUES(1,0,1,'2026-11-24 23:07:44');
INSERT INTO "audit_migration" VALUES(2,1,1,'2026-11-24 23:07:44');
INSERT INTO "directory_contact" VALUES(X'01A20FD0AF907BA9BC7A2EB78D0F809C','warnings','beveiliging@korst.example',1795561664401571);
INSERT INTO "directory_contact" VALUES(X'01A20FD0AF907BB481BD88E773439055','warnings','security@staal.example',1795561664401571);
INSERT INTO "directory_contact" VALUES(X'01A20FD0AF907BBC8EF737F64A4A1A13','warnings','abuse@hoster.example',1795561664401571);
INSERT INTO "directory_migration" VALUES(1,0,1,'2026-11-24 23:07:44');
INSERT INTO "directory_migration" VALUES(2,1,1,'2026-11-24 23:07:44');
INSERT INTO "directory_organisation" VALUES(X'01A20FD0AF907BA9BC7A2EB78D0F809C','bakery','Bakkerij De Korst','68750110','C','Utrecht',12,'nl',1795561664401571,1795561664401571);
INSERT INTO "directory_organisation" VALUES(X'01A20FD0AF907BB481BD88E773439055','steel','Staal en Zonen','90000001','C','Limburg',250,'en',1795561664401571,1795561664401571);
INSERT INTO "directory_organisation" VALUES(X'01A20FD0AF907BBC8EF737F64A4A1A13','hoster','Hoster Noord','90000002','J','Groningen',40,'nl',1795561664401571,1795561664401571);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF795A986D5319CCE0188C',X'01A20FD0AF907BA9BC7A2EB78D0F809C','prefix','203.0.113.0/28','owner','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF79649B0271A403412457',X'01A20FD0AF907BA9BC7A2EB78D0F809C','domain','korst.example','owner','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF7966828566193A3ECF1E',X'01A20FD0AF907BB481BD88E773439055','prefix','203.0.113.16/28','owner','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF7968AD48A6F71805A78E',X'01A20FD0AF907BB481BD88E773439055','product','Fortinet FortiOS 7.2','owner','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF796B9B1DFF472B49ABA0',X'01A20FD0AF907BBC8EF737F64A4A1A13','prefix','203.0.113.0/24','provider','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_asset" VALUES(X'01A20FD0AFFF796DBEF6DFE1D1F3A589',X'01A20FD0AF907BBC8EF737F64A4A1A13','asn','AS64500','provider','proven','operator',1795561664514523,1795561664514523,1);
INSERT INTO "footprint_migration" VALUES(1,0,1,'2026-11-24 23:07:44');
INSERT INTO "footprint_migration" VALUES(2,1,1,'2026-11-24 23:07:44');
INSERT INTO "footprint_version" VALUES(1,1);
INSERT INTO "jobs_job" VALUES('01a20fd0-b004-7f27-bfea-6fd27ffd90b5','notify.rematch','{"Version":1,"Report":0}','37d958e7cb6dc9c096f17742a1a81583','waiting',0,20,0,1795561664516992,1795561664516997,1795561664516997,NULL,NULL);
INSERT INTO "jobs_job" VALUES('01a20fd0-b03c-7e8a-989c-f252865b0f82','notify.confirm','{"Series":1}','debeddc9e8dc53745606a304b0bb97aa','waiting',0,20,0,1795561664572947,1795561664572954,1795561664572954,NULL,NULL);
INSERT INTO "jobs_job" VALUES('01a20fd0-b03d-700d-aea1-b1b67c81bf8a','notify.compose','{}','44136fa355b3678a1146ad16f7e8649e','waiting',0,20,0,1795561964559651,1795561664573003,1795561664573003,NULL,NULL);
INSERT INTO "jobs_migration" VALUES(1,0,1,'2026-11-24 23:07:44');
INSERT INTO "jobs_migration" VALUES(2,1,1,'2026-11-24 23:07:44');
INSERT INTO "notify_exposure" VALUES(X'01A20FD0AF907BBC8EF737F64A4A1A13',X'293A799C4650EF0C5756E0F99F90CFDC','scan_rdp','vulnerable-system',4,'203.0.113.20',3389,'','','provider','[{"kind":"prefix","value":"203.0.113.0/24","on":"203.0.113.20","since":"2026-11-24T23:07:44Z","role":"provider","asset":"01a20fd0-afff-796b-9b1d-ff472b49aba0"},{"kind":"asn","value":"AS64500","on":"203.0.113.20","since":"2026-11-24T23:07:44Z","role":"provider","asset":"01a20fd0-afff-796d-bef6-dfe1d1f3a589"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',1,1795136524000000,1795136524000000,1,1,1,'new',1795561664571521,0,0,NULL,NULL,0,1795561964559651);
INSERT INTO "notify_exposure" VALUES(X'01A20FD0AF907BA9BC7A2EB78D0F809C',X'FDF5B1D1455046FE5794713E1CD04B03','scan_rdp','vulnerable-system',4,'203.0.113.7',3389,'till.korst.example','CVE-2019-0708','owner','[{"kind":"prefix","value":"203.0.113.0/28","on":"203.0.113.7","since":"2026-11-24T23:07:44Z","role":"owner","asset":"01a20fd0-afff-795a-986d-5319cce0188c"},{"kind":"domain","value":"korst.example","on":"till.korst.example","since":"2026-11-24T23:07:44Z","role":"owner","asset":"01a20fd0-afff-7964-9b02-71a403412457"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',1,1795136523000000,1795136523000000,1,1,1,'new',1795561664571521,0,0,NULL,NULL,0,1795561964559651);
INSERT INTO "notify_exposure" VALUES(X'01A20FD0AF907BBC8EF737F64A4A1A13',X'FDF5B1D1455046FE5794713E1CD04B03','scan_rdp','vulnerable-system',4,'203.0.113.7',3389,'till.korst.example','CVE-2019-0708','provider','[{"kind":"prefix","value":"203.0.113.0/24","on":"203.0.113.7","since":"2026-11-24T23:07:44Z","role":"provider","asset":"01a20fd0-afff-796b-9b1d-ff472b49aba0"},{"kind":"asn","value":"AS64500","on":"203.0.113.7","since":"2026-11-24T23:07:44Z","role":"provider","asset":"01a20fd0-afff-796d-bef6-dfe1d1f3a589"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',1,1795136523000000,1795136523000000,1,1,1,'new',1795561664571521,0,0,NULL,NULL,0,1795561964559651);
INSERT INTO "notify_exposure" VALUES(X'01A20FD0AF907BB481BD88E773439055',X'293A799C4650EF0C5756E0F99F90CFDC','scan_rdp','vulnerable-system',4,'203.0.113.20',3389,'','','owner','[{"kind":"prefix","value":"203.0.113.16/28","on":"203.0.113.20","since":"2026-11-24T23:07:44Z","role":"owner","asset":"01a20fd0-afff-7966-8285-66193a3ecf1e"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',1,1795136524000000,1795136524000000,1,1,1,'new',1795561664571521,0,0,NULL,NULL,0,1795561964559651);
INSERT INTO "notify_migration" VALUES(1,0,1,'2026-11-24 23:07:44');
INSERT INTO "notify_migration" VALUES(2,1,1,'2026-11-24 23:07:44');
INSERT INTO "notify_rejected" VALUES(X'01A20FD0B0367124916F337778C0389C',5,'column ip: "999.1.2.3" is not an IP address','2026-11-20 01:02:06,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO "notify_report" VALUES(X'01A20FD0B0367124916F337778C0389C',1,1,'shadowserver','scan_rdp','shadowserver','2026-11-20-scan_rdp-example-nl.csv','',X'2636827C482719559DB73F7FCEC7B977CC80F08A86F41063A5F45C1362EEE588',313,'AMBER','Shadowserver: for the network''s owner',1795561664559651,'complete','',5,4,1,2,1,4,0,0,1795136525000000,20777,0,1795561664572702,NULL,1);
INSERT INTO "notify_series" VALUES(1,'shadowserver','scan_rdp','example-nl');
INSERT INTO "notify_source" VALUES('shadowserver','The Shadowserver Foundation','AMBER','Shadowserver: for the network''s owner',1795561664566075);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit_migration',2);
INSERT INTO "sqlite_sequence" VALUES('directory_migration',2);
INSERT INTO "sqlite_sequence" VALUES('footprint_migration',2);
INSERT INTO "sqlite_sequence" VALUES('jobs_migration',2);
INSERT INTO "sqlite_sequence" VALUES('notify_migration',2);
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_organisation ON audit_event (organisation_id, at);
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE INDEX footprint_asset_version ON footprint_asset (version, id);
CREATE UNIQUE INDEX footprint_correction_open ON footprint_correction (asset_id) WHERE state = 'open';
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX jobs_job_same ON jobs_job (kind, same) WHERE state = 'waiting' AND same IS NOT NULL;
CREATE INDEX jobs_job_running ON jobs_job (kind, same) WHERE state = 'running';
CREATE INDEX notify_report_series ON notify_report (series_id, day);
CREATE INDEX notify_report_raw ON notify_report (received_at) WHERE raw_deleted_at IS NULL;
CREATE INDEX notify_report_reading ON notify_report (seq) WHERE state = 'reading';
CREATE INDEX notify_exposure_due ON notify_exposure (due_at, organisation_id) WHERE due_at IS NOT NULL;
CREATE INDEX notify_exposure_series ON notify_exposure (series_id)
    WHERE confirmed = 0 AND state IN ('new', 'open', 'acknowledged', 'reopened', 'solved');
CREATE INDEX notify_notification_organisation ON notify_notification (organisation_id, created_at);
CREATE INDEX notify_item_exposure ON notify_item (organisation_id, fingerprint);
CREATE INDEX notify_delivery_next ON notify_delivery (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notify_delivery_failed ON notify_delivery (id) WHERE state = 'failed';
CREATE INDEX notify_delivery_notification ON notify_delivery (notification_id);
CREATE INDEX notify_link_notification ON notify_link (notification_id);
CREATE INDEX notify_feedback_given ON notify_feedback (given_at);
CREATE INDEX notify_feedback_notification ON notify_feedback (notification_id);
