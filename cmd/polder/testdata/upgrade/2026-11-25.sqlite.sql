-- link bakker x7lmwgq32qlsnsxurzn7m7xc4u4nrdrq
-- link smid 6g2e4esiiljltoliwy43belkieytgglp
-- link molen r2suyi7xtjdlnyesnbmmpa5quy52qfc5
-- link supplier nhgrw2tz7tfigibrmo5b74pt2g24u47c
PRAGMA defer_foreign_keys = ON;
CREATE TABLE audit_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO audit_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO audit_migration VALUES(2,1,1,'2026-11-25 02:03:58');
CREATE TABLE audit_event (
    id              BYTEA  NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor           TEXT   NOT NULL,  -- who: "operator:jan", "recipient", "polder"
    action          TEXT   NOT NULL,  -- import, read, export, send, feedback, delete
    object          TEXT   NOT NULL,  -- what, by kind and id
    organisation_id BYTEA,            -- whose data, when it is one organisation's
    detail          TEXT   NOT NULL
);
INSERT INTO audit_event VALUES(X'01a210720849758eb26ecc9bb27503f3',1782882000000000,'polder','import','organisations',NULL,'5 rows, 5 new, 0 changed');
INSERT INTO audit_event VALUES(X'01a21072084a7b5f8a8f4df989284d0e',1782882000000000,'polder','import','assets',NULL,'7 rows, 7 new, 0 changed, 0 withdrawn');
INSERT INTO audit_event VALUES(X'01a2107208507ba08ac02843fb1b0c96',1782882000000000,'operator:jan','import','report 01a21072-0850-7899-b394-f884d0b8c2e1',NULL,'2026-07-01-scan_http_vulnerable-example-nl.csv, 122 bytes, SHA-256 d6273db9a9027e75cd6a2d9023c5896d6b48d2d4bdca4f6fb660ade4e81ae548');
INSERT INTO audit_event VALUES(X'01a2107208737023a63a4c15057308e4',1782885600000000,'polder','send','notification 01a21072-0861-76a9-9831-eec86d62045a',X'01a2107208467dcfae4a0803cc2b6081','PLD-Q1T36-2766G');
INSERT INTO audit_event VALUES(X'01a210720876726795b3a42094e4a610',1794290400000000,'polder','delete','raw reports',NULL,'1 from before 2026-10-11');
INSERT INTO audit_event VALUES(X'01a21072087c7bc7b30209c5f34759e8',1794290400000000,'operator:jan','import','report 01a21072-087c-78c7-b577-d714c77c4c9d',NULL,'2026-11-10-scan_rdp-example-nl.csv, 531 bytes, SHA-256 8234e4b08328926f764ba8e34e3ce6e3889ab6f556852c1c6f933d7e64b3c8d4');
INSERT INTO audit_event VALUES(X'01a21072088574f7b7312f4704c4afcb',1794290400000000,'operator:jan','import','report 01a21072-0885-703f-badc-e8cd49dbbc1d',NULL,'2026-11-10-scan_smb-example-nl.csv, 188 bytes, SHA-256 905a594768913c2ccf12f94a41087b11706aa01da90cf4113ee0361a28fcdf03');
INSERT INTO audit_event VALUES(X'01a2107208907d9a82a305d3d5586785',1794294000000000,'polder','send','notification 01a21072-0889-7324-9af4-92db35769f5f',X'01a2107208467db8a63a263f32f17316','PLD-SKENC-R4G2P');
INSERT INTO audit_event VALUES(X'01a210720891793dac2c28f73cbdd1a7',1794294000000000,'polder','send','notification 01a21072-0889-7dfd-991e-e750add7de83',X'01a2107208467dc683b1a83fe2760064','PLD-88260-JRW6T');
INSERT INTO audit_event VALUES(X'01a210720892748a86f8cdf88dac1a38',1794294000000000,'polder','send','notification 01a21072-088b-729b-a7e2-22f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','PLD-J99VT-10M7V');
INSERT INTO audit_event VALUES(X'01a2107208927bbd8e4e9db44d18ff8b',1794294000000000,'polder','send','notification 01a21072-088c-732b-b97e-65530693632d',X'01a2107208467dd6be8d8d0e6a9c9cff','PLD-1M6FS-SM9CA');
INSERT INTO audit_event VALUES(X'01a21072089578bcb1092637f4744308',1794294000000000,'recipient','read','notification 01a21072-0889-7324-9af4-92db35769f5f',X'01a2107208467db8a63a263f32f17316','PLD-SKENC-R4G2P');
INSERT INTO audit_event VALUES(X'01a2107208967a8da348daf0ee67274b',1794294000000000,'recipient','feedback','notification 01a21072-0889-7324-9af4-92db35769f5f',X'01a2107208467db8a63a263f32f17316','on_it about 1');
INSERT INTO audit_event VALUES(X'01a2107208977da3a4de0c29e1161fb0',1794294000000000,'recipient','feedback','notification 01a21072-0889-7324-9af4-92db35769f5f',X'01a2107208467db8a63a263f32f17316','not_ours about 1');
INSERT INTO audit_event VALUES(X'01a210720899702dadb04e3270703da0',1794294000000000,'recipient','feedback','notification 01a21072-0889-7dfd-991e-e750add7de83',X'01a2107208467dc683b1a83fe2760064','solved about 2');
INSERT INTO audit_event VALUES(X'01a21072089a711c9d44ecc529ec20d4',1794294000000000,'recipient','feedback','notification 01a21072-088b-729b-a7e2-22f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','forwarded about 2');
INSERT INTO audit_event VALUES(X'01a21072089a794bbd390e95b87f1564',1794294000000000,'supplier','read','notification 01a21072-088b-729b-a7e2-22f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','PLD-J99VT-10M7V');
INSERT INTO audit_event VALUES(X'01a21072089b792ea25be16b0ed33b20',1794294000000000,'supplier','feedback','notification 01a21072-088b-729b-a7e2-22f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','on_it about 1');
INSERT INTO audit_event VALUES(X'01a21072089b7d48a04030c4b353e88b',1794294000000000,'recipient','feedback','notification 01a21072-0889-7324-9af4-92db35769f5f',X'01a2107208467db8a63a263f32f17316','mail wanted: map[high:daily]');
INSERT INTO audit_event VALUES(X'01a21072089c718ea77806de6650a60e',1794294000000000,'recipient','feedback','notification 01a21072-088b-729b-a7e2-22f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','mail wanted: map[low:never medium:weekly]');
INSERT INTO audit_event VALUES(X'01a21072089c768c8e8e8035fff211a2',1794294000000000,'polder','factor','account 01a21072-089c-73ef-8309-cb9bd9a8b181',NULL,'enrolment link made: invited');
INSERT INTO audit_event VALUES(X'01a21072089c7ccd871bb55fd35edb78',1794294000000000,'polder','grant','organisation 01a21072-0846-7db8-a63a-263f32f17316',X'01a2107208467db8a63a263f32f17316','account:01a21072-089c-73ef-8309-cb9bd9a8b181 is owner, by the operator');
INSERT INTO audit_event VALUES(X'01a21072089d71098db1f101826445e7',1794294000000000,'polder','grant','account 01a21072-089c-7eff-8485-54201bda4465',NULL,'staff: analyst,auditor');
INSERT INTO audit_event VALUES(X'01a21072089d73118fa578261f49f513',1794294000000000,'polder','factor','account 01a21072-089c-7eff-8485-54201bda4465',NULL,'enrolment link made: invited');
INSERT INTO audit_event VALUES(X'01a21072089e703a905c79a5d52a406e',1794294000000000,'account:01a21072-089c-73ef-8309-cb9bd9a8b181','read','exposures',X'01a2107208467db8a63a263f32f17316','');
INSERT INTO audit_event VALUES(X'01a21072089f706f85f5e9beee2c1be0',1794294000000000,'account:01a21072-089c-73ef-8309-cb9bd9a8b181','feedback','feedback 01a21072-089e-77a0-9428-51ba9f50d0cd',X'01a2107208467db8a63a263f32f17316','false_positive about 1');
INSERT INTO audit_event VALUES(X'01a21072089f7b84a9c628049972d819',1794294000000000,'account:01a21072-089c-73ef-8309-cb9bd9a8b181','grant','organisation 01a21072-0846-7db8-a63a-263f32f17316',X'01a2107208467db8a63a263f32f17316','mandate 01a21072-089f-7b12-9d55-487de333904c to 01a21072-0846-7dd6-be8d-8d0e6a9c9cff, acting true, all assets true, until 2027-05-29');
INSERT INTO audit_event VALUES(X'01a2107208a47c37a423fed2fe036a85',1794380400000000,'operator:jan','import','report 01a21072-08a4-78ac-b61f-8b3550a9a906',NULL,'2026-11-11-scan_rdp-example-nl.csv, 418 bytes, SHA-256 cf0ebcb1a229bc7986c6281d4354fa8f69da6790ad1960e0bb559bf01a86d2b0');
INSERT INTO audit_event VALUES(X'01a2107208b578bcb067d89b5ca14b19',1794380400000000,'operator:jan','import','report 01a21072-08b5-746a-9614-77bdf2aa6fe9',NULL,'2026-11-11-scan_smb-example-nl.csv, 113 bytes, SHA-256 e3f2268a1e5b88e5ead7f37bf53ba789f39f62239a0df6d7635b42312cd73279');
INSERT INTO audit_event VALUES(X'01a2107208c171fe97b21579a0cd61b0',1794384000000000,'polder','send','letter 01a21072-089f-7ea5-9d8a-63b085b3fd80',X'01a2107208467db8a63a263f32f17316','mandate_giver: sent');
INSERT INTO audit_event VALUES(X'01a2107208c87afe8db0dc161a1c582e',1794470400000000,'operator:jan','import','report 01a21072-08c8-76e7-8265-d037a90eb271',NULL,'2026-11-12-scan_rdp-example-nl.csv, 418 bytes, SHA-256 76edeb22705c52578686b609c7803ae7b7dd1c07dc8a8e11d902a60b832f28a2');
INSERT INTO audit_event VALUES(X'01a2107208d2702f91dd9c862bfac976',1794470400000000,'operator:jan','import','report 01a21072-08d1-7c47-9029-4f5c180ac763',NULL,'2026-11-12-scan_smb-example-nl.csv, 113 bytes, SHA-256 641b09960ea9375045c7fcb694a9a9877c47d2233c03ac3b936027b7e62c0d79');
INSERT INTO audit_event VALUES(X'01a2107208e2719e9228cea90fc769af',1794474000000000,'polder','send','notification 01a21072-08df-748e-aa38-d64eacae0c26',X'01a2107208467dc683b1a83fe2760064','PLD-JM114-0JVFF');
INSERT INTO audit_event VALUES(X'01a2107208e7731ba1815341648da84a',1794560400000000,'operator:jan','import','report 01a21072-08e6-7f16-bedc-ee856eccd18a',NULL,'2026-11-13-scan_rdp-example-nl.csv, 476 bytes, SHA-256 e7f203a5f41f3879a0de765012267af4735791980ed6664c3a016c9df1e1ec58');
INSERT INTO audit_event VALUES(X'01a2107208f776f5acc3832d25efd186',1794564000000000,'polder','send','notification 01a21072-08f0-714d-ae15-b6fd68720a63',X'01a2107208467dcfae4a0803cc2b6081','PLD-QJBPP-24JJY');
INSERT INTO audit_event VALUES(X'01a2107208f77ef2bff8893a525efebb',1794564000000000,'polder','send','notification 01a21072-08f0-7a5d-a49e-03161cb45fe4',X'01a2107208467dc683b1a83fe2760064','PLD-7X147-2FJP1');
INSERT INTO audit_event VALUES(X'01a2107208fc7ca8a4a2cfc6603e4add',1795500000000000,'operator:jan','import','report 01a21072-08fc-7a04-8ce2-81ae5bb0ae63',NULL,'2026-11-24-scan_ftp-example-nl.csv, 105 bytes, SHA-256 1aa6e9add5b871cc14f15573023b8293402fedd47bef22feac039e6cf5522af3');
INSERT INTO audit_event VALUES(X'01a21072090870c2be5749abb9408e77',1795500000000000,'operator:jan','import','report 01a21072-0907-7d67-bca1-fa8bc3aa10e8',NULL,'2026-11-24-scan_telnet-example-nl.csv, 116 bytes, SHA-256 1a8cfd2e06f3dc97cbe70f7a13ef983681f95c367ae7e5dac0cdb33c51ce25ae');
CREATE TABLE signin_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO signin_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO signin_migration VALUES(2,1,1,'2026-11-25 02:03:58');
INSERT INTO signin_migration VALUES(3,2,1,'2026-11-25 02:03:58');
INSERT INTO signin_migration VALUES(4,3,1,'2026-11-25 02:03:58');
INSERT INTO signin_migration VALUES(5,4,1,'2026-11-25 02:03:58');
INSERT INTO signin_migration VALUES(6,5,1,'2026-11-25 02:03:58');
CREATE TABLE signin_account (
    id         BYTEA  NOT NULL PRIMARY KEY,
    mail       TEXT   NOT NULL,  -- lower case, A-labels; '' when forgotten
    name       TEXT   NOT NULL,
    language   TEXT   NOT NULL,  -- 'nl', 'en', or '' when not chosen
    staff      BIGINT NOT NULL,  -- roles at the centre, as bits
    state      TEXT   NOT NULL CHECK (state IN ('active', 'disabled', 'forgotten')),
    handle     BYTEA  NOT NULL UNIQUE,  -- random: what authenticators know the person by
    created_at BIGINT NOT NULL,
    seen_at    BIGINT            -- last signed in
);
INSERT INTO signin_account VALUES(X'01a21072089c73ef8309cb9bd9a8b181','jan@korst.example','Jan de Wit','nl',0,'active',X'80aa0a70b2483868cfb50d641e4e34c6379fe2ba61c96ae20662d08cfad8711b',1794294000000000,NULL);
INSERT INTO signin_account VALUES(X'01a21072089c7eff848554201bda4465','els@polder.example','Els Bakker','nl',66,'active',X'989386839920952598726cc710b17b5c11969b4a517de3d2250fac4079186ae2',1794294000000000,NULL);
CREATE TABLE signin_session (
    id         BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    hash       BYTEA  NOT NULL UNIQUE,  -- of the token in the cookie
    method     TEXT   NOT NULL,         -- 'passkey', 'password', 'recovery', 'oidc', 'enrolment'
    browser    TEXT   NOT NULL,         -- in a few words, for the person's own list
    created_at BIGINT NOT NULL,
    fresh_at   BIGINT NOT NULL,         -- when a factor was last shown
    seen_at    BIGINT NOT NULL,         -- to the minute
    ends_at    BIGINT NOT NULL          -- at the latest
);
CREATE TABLE signin_passkey (
    id            BYTEA  NOT NULL PRIMARY KEY,
    account_id    BYTEA  NOT NULL REFERENCES signin_account (id),
    credential_id BYTEA  NOT NULL UNIQUE,
    name          TEXT   NOT NULL,  -- as the person calls it
    credential    TEXT   NOT NULL,  -- JSON of the library, with the public key and the counter
    created_at    BIGINT NOT NULL,
    used_at       BIGINT,
    warned_at     BIGINT            -- when its counter last went back, as of a copy
);
CREATE TABLE signin_password (
    account_id BYTEA  NOT NULL PRIMARY KEY REFERENCES signin_account (id),
    hash       TEXT   NOT NULL,  -- argon2id with its parameters and salt
    changed_at BIGINT NOT NULL
);
CREATE TABLE signin_totp (
    account_id BYTEA  NOT NULL PRIMARY KEY REFERENCES signin_account (id),
    secret     BYTEA  NOT NULL,  -- sealed, bound to the account
    step       BIGINT NOT NULL,  -- the last one that was accepted: a code counts once
    created_at BIGINT NOT NULL
);
CREATE TABLE signin_recovery (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    made_at    BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE TABLE signin_ceremony (
    owner      BYTEA  NOT NULL,  -- hash of the browser's token, or of the session's id
    kind       TEXT   NOT NULL,
    account_id BYTEA REFERENCES signin_account (id),
    data       BYTEA  NOT NULL,  -- sealed, bound to owner and kind
    code       BYTEA,            -- keyed hash of the mailed code
    tries      BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    PRIMARY KEY (owner, kind)
);
CREATE TABLE signin_throttle (
    key     BYTEA  NOT NULL PRIMARY KEY,  -- keyed hash of the purpose and of whom it is about
    n       BIGINT NOT NULL,
    until   BIGINT NOT NULL,  -- nothing is tried before this
    ends_at BIGINT NOT NULL   -- forgotten after this
);
CREATE TABLE signin_link (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    purpose    TEXT   NOT NULL,  -- 'invited' by the operator, or 'lost'
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
INSERT INTO signin_link VALUES(X'd96d0d03ce3ce7a7b044366f567c9ea35aae704fd24b2d6f05f50fa1ea87e139',X'01a21072089c73ef8309cb9bd9a8b181','invited',1794294000000000,1794380400000000);
INSERT INTO signin_link VALUES(X'8c84a28bd2485bb183399f2013ac90be396affc8537f7ab3c771593d1e81f812',X'01a21072089c7eff848554201bda4465','invited',1794294000000000,1794380400000000);
CREATE TABLE signin_lost (
    id         BYTEA  NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL REFERENCES signin_account (id),
    statement  TEXT   NOT NULL,  -- who can vouch for the person; '' once it ended
    state      TEXT   NOT NULL CHECK (state IN ('asked', 'seconded', 'waiting', 'done', 'refused', 'cancelled')),
    asked_at   BIGINT NOT NULL,
    first_by   BYTEA REFERENCES signin_account (id),
    first_at   BIGINT,
    second_by  BYTEA REFERENCES signin_account (id),
    second_at  BIGINT,
    due_at     BIGINT,
    ended_at   BIGINT
);
CREATE TABLE signin_identity (
    id                  BYTEA  NOT NULL PRIMARY KEY,
    account_id          BYTEA  NOT NULL REFERENCES signin_account (id),
    issuer              TEXT   NOT NULL,
    subject             TEXT   NOT NULL,
    registration_number TEXT   NOT NULL,  -- of the company, as the provider said at the last time; ''
    made_account        BIGINT NOT NULL CHECK (made_account IN (0, 1)),  -- the account began with it
    linked_at           BIGINT NOT NULL,
    seen_at             BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE TABLE signin_visit (
    hash       BYTEA  NOT NULL PRIMARY KEY,  -- of the state in the address
    cookie     BYTEA  NOT NULL,              -- hash of the secret in the browser's cookie
    provider   TEXT   NOT NULL,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('sign-in', 'confirm', 'link')),
    session_id BYTEA,                        -- for confirm and link: whose session asked
    secret     BYTEA  NOT NULL,              -- nonce and PKCE verifier, sealed
    back       TEXT   NOT NULL,              -- the page to go to
    begun_at   BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE TABLE signin_token (
    id              BYTEA  NOT NULL PRIMARY KEY,
    hash            BYTEA  NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    account_id      BYTEA  REFERENCES signin_account (id),
    organisation_id BYTEA,
    scopes          TEXT   NOT NULL,  -- with spaces
    made_by         BYTEA  NOT NULL,
    made_at         BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    used_at         BIGINT,           -- to the hour
    revoked_at      BIGINT,
    CHECK ((account_id IS NULL) <> (organisation_id IS NULL))
);
CREATE TABLE directory_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO directory_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(2,1,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(3,2,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(4,3,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(5,4,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(6,5,1,'2026-11-25 02:03:58');
INSERT INTO directory_migration VALUES(7,6,1,'2026-11-25 02:03:58');
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
, kind TEXT NOT NULL DEFAULT 'company' CHECK (kind IN ('company', 'partnership')), state TEXT NOT NULL DEFAULT 'accepted'
    CHECK (state IN ('requested', 'asked', 'accepted', 'refused', 'closed')), scheme TEXT NOT NULL DEFAULT 'kvk', domain TEXT NOT NULL DEFAULT '', register_name TEXT NOT NULL DEFAULT '', wished_name TEXT NOT NULL DEFAULT '', wished_number TEXT NOT NULL DEFAULT '', waits_at BIGINT, closed_at BIGINT, erase_at BIGINT);
INSERT INTO directory_organisation VALUES(X'01a2107208467db8a63a263f32f17316','bakker','Bakkerij De Korst','68750110','C','Utrecht',12,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a2107208467dc683b1a83fe2760064','smid','Smederij Vonk & Zonen','','C','Gelderland',40,'en',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a2107208467dcfae4a0803cc2b6081','molen','Molen De Zwaan','','C','Zeeland',3,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff','host','Polderhost B.V.','','J','Flevoland',80,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a2107208467ddb885067da453396ed','stil','Stille Wateren','','','',0,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
CREATE TABLE directory_member (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    account_id      BYTEA  NOT NULL,
    place           TEXT   NOT NULL CHECK (place IN ('owner', 'security-contact', 'member')),
    since           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
);
INSERT INTO directory_member VALUES(X'01a2107208467db8a63a263f32f17316',X'01a21072089c73ef8309cb9bd9a8b181','owner',1794294000000000);
CREATE TABLE directory_mandate (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,  -- who gave it
    holder_id       BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,  -- who holds it
    acting          BIGINT NOT NULL CHECK (acting IN (0, 1)),      -- 0: reads only
    every_asset     BIGINT NOT NULL CHECK (every_asset IN (0, 1)), -- 0: only those of directory_mandate_asset
    given_by        BYTEA  NOT NULL,
    given_at        BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    withdrawn_by    BYTEA,
    withdrawn_at    BIGINT, by_holder BIGINT NOT NULL DEFAULT 0 CHECK (by_holder IN (0, 1)), remind_at BIGINT,
    CHECK (organisation_id <> holder_id)
);
INSERT INTO directory_mandate VALUES(X'01a21072089f7b129d55487de333904c',X'01a2107208467db8a63a263f32f17316',X'01a2107208467dd6be8d8d0e6a9c9cff',1,1,X'01a21072089c73ef8309cb9bd9a8b181',1794294000000000,1811574000000000,NULL,NULL,0,1810364400000000);
CREATE TABLE directory_mandate_asset (
    mandate_id BYTEA NOT NULL REFERENCES directory_mandate (id) ON DELETE CASCADE,
    asset_id   BYTEA NOT NULL,
    PRIMARY KEY (mandate_id, asset_id)
);
CREATE TABLE IF NOT EXISTS "directory_contact" (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    purpose         TEXT   NOT NULL,
    email           TEXT   NOT NULL,
    main            BIGINT NOT NULL CHECK (main = 0 OR main = 1 AND verified_at IS NOT NULL),
    created_at      BIGINT NOT NULL,
    created_by      BYTEA,               -- account; NULL: the operator
    verified_at     BIGINT,
    verified_by     BYTEA,               -- account; NULL: the operator
    code_hash       BYTEA,               -- keyed, of the six digits that were mailed last
    code_until      BIGINT,
    code_tries      BIGINT NOT NULL,     -- left
    UNIQUE (organisation_id, purpose, email)
);
INSERT INTO directory_contact VALUES(X'01a2107208467db8a63a263f32f17316',X'01a2107208467db8a63a263f32f17316','warnings','info@korst.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a2107208467dc683b1a83fe2760064',X'01a2107208467dc683b1a83fe2760064','warnings','info@vonk.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'01a2107208467dcfae4a0803cc2b6081','warnings','info@molen.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff',X'01a2107208467dd6be8d8d0e6a9c9cff','warnings','abuse@host.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
CREATE TABLE directory_note (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    kind            TEXT   NOT NULL CHECK (kind IN ('question', 'answer', 'accepted', 'refused', 'changed', 'unchanged')),
    text            TEXT   NOT NULL,
    account_id      BYTEA,               -- who wrote it; NULL when forgotten
    at              BIGINT NOT NULL
);
CREATE TABLE directory_invitation (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    mail            TEXT   NOT NULL,     -- '' once it is of no use any more
    place           TEXT   NOT NULL CHECK (place IN ('owner', 'security-contact', 'member')),
    hash            BYTEA  NOT NULL UNIQUE,  -- of the token in the link
    invited_by      BYTEA,
    invited_at      BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    accepted_by     BYTEA,
    accepted_at     BIGINT,
    withdrawn_at    BIGINT
);
CREATE TABLE directory_join (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    account_id      BYTEA  NOT NULL,
    asked_at        BIGINT NOT NULL,
    decided_at      BIGINT,
    UNIQUE (organisation_id, account_id)
);
CREATE TABLE directory_tally (
    subject BYTEA  NOT NULL,             -- account or organisation
    what    TEXT   NOT NULL,
    day     BIGINT NOT NULL,             -- since 1970
    times   BIGINT NOT NULL,
    PRIMARY KEY (subject, what, day)
);
CREATE TABLE footprint_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO footprint_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO footprint_migration VALUES(2,1,1,'2026-11-25 02:03:58');
INSERT INTO footprint_migration VALUES(3,2,1,'2026-11-25 02:03:58');
INSERT INTO footprint_migration VALUES(4,3,1,'2026-11-25 02:03:58');
INSERT INTO footprint_migration VALUES(5,4,1,'2026-11-25 02:03:58');
CREATE TABLE footprint_version (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO footprint_version VALUES(1,1);
CREATE TABLE footprint_asset (
    id              BYTEA  NOT NULL PRIMARY KEY,
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('prefix', 'asn', 'domain', 'product')),
    value           TEXT   NOT NULL,  -- canonical: 192.0.2.0/28, AS64500, example.nl
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    state           TEXT   NOT NULL CHECK (state IN ('proven', 'withdrawn')),
    registered_at   BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL, method TEXT NOT NULL DEFAULT 'operator'
    CHECK (method IN ('operator', 'dns', 'file', 'rdap', 'route', 'staff', 'word')),
    UNIQUE (organisation_id, kind, value)
);
INSERT INTO footprint_asset VALUES(X'01a2107208497c4fbf0731b07d1dc40b',X'01a2107208467db8a63a263f32f17316','prefix','192.0.2.0/28','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c52bfc478addd90b6d6',X'01a2107208467db8a63a263f32f17316','domain','korst.example','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c548dc629d0ee2aec11',X'01a2107208467dc683b1a83fe2760064','prefix','198.51.100.0/28','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c55b3138ef8f7af9cc6',X'01a2107208467dcfae4a0803cc2b6081','domain','molen.example','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c57b8a5eaf82f38e6c8',X'01a2107208467dcfae4a0803cc2b6081','prefix','203.0.113.0/29','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c5ab4ae93e616f29e3e',X'01a2107208467dd6be8d8d0e6a9c9cff','prefix','192.0.2.0/24','provider','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a2107208497c5b93c195a201e7406f',X'01a2107208467ddb885067da453396ed','prefix','203.0.113.32/29','owner','proven',1782882000000000,1782882000000000,1,'operator');
CREATE TABLE footprint_correction (
    id              BYTEA  NOT NULL PRIMARY KEY,
    asset_id        BYTEA  NOT NULL REFERENCES footprint_asset (id),
    organisation_id BYTEA  NOT NULL,
    reason          TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at       BIGINT NOT NULL,
    closed_at       BIGINT
);
INSERT INTO footprint_correction VALUES(X'01a21072089772848238b476654176e1',X'01a2107208497c4fbf0731b07d1dc40b',X'01a2107208467db8a63a263f32f17316','','open',1794294000000000,NULL);
CREATE TABLE footprint_claim (
    id              BYTEA  NOT NULL PRIMARY KEY,  -- that of the asset
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('prefix', 'asn', 'domain', 'product')),
    value           TEXT   NOT NULL,  -- canonical, as in footprint_asset
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'provider')),
    state           TEXT   NOT NULL CHECK (state IN ('pending', 'proven', 'active', 'contested', 'refused', 'unproven', 'expired', 'withdrawn')),
    method          TEXT   NOT NULL CHECK (method IN ('', 'operator', 'dns', 'file', 'rdap', 'route', 'staff', 'word')),
    evidence        TEXT   NOT NULL,  -- what was seen, in a few words that need no translation: a name, an address
    reason          TEXT   NOT NULL,  -- why staff decided so
    plea            TEXT   NOT NULL,  -- what the organisation shows staff instead of a proof; '' when it asked nothing
    via             TEXT   NOT NULL,  -- for method 'route': the name that leads to the address
    asked           TEXT   NOT NULL,  -- what is being looked at now: 'domain', 'route', 'rdap', or ''
    outcome         TEXT   NOT NULL,  -- of the last look, by a message's id; '' when there was none
    registered_by   BYTEA,            -- an account
    registered_at   BIGINT NOT NULL,
    proven_at       BIGINT,
    checked_at      BIGINT,           -- when the proof was last seen
    check_at        BIGINT,           -- when it is looked at again
    failures        BIGINT NOT NULL,  -- of looks since then
    failing_since   BIGINT,
    expires_at      BIGINT,
    reminded        BIGINT NOT NULL,  -- how many reminders of the coming end were sent
    decided_by      BYTEA,            -- an account of staff
    decided_at      BIGINT,
    changed_at      BIGINT NOT NULL, leads TEXT NOT NULL DEFAULT '',
    UNIQUE (organisation_id, kind, value)
);
CREATE TABLE footprint_conflict (
    id             BYTEA  NOT NULL PRIMARY KEY,
    claim_id       BYTEA  NOT NULL REFERENCES footprint_claim (id) ON DELETE CASCADE,
    asset_id       BYTEA  NOT NULL,  -- the earlier's
    claimant_id    BYTEA  NOT NULL,
    holder_id      BYTEA  NOT NULL,
    claimant_named BIGINT NOT NULL CHECK (claimant_named IN (0, 1)),  -- agrees that the other reads its name
    holder_named   BIGINT NOT NULL CHECK (holder_named IN (0, 1)),
    opened_at      BIGINT NOT NULL,
    closed_at      BIGINT
);
CREATE TABLE footprint_code (
    id         BYTEA  NOT NULL PRIMARY KEY,
    claim_id   BYTEA  NOT NULL REFERENCES footprint_claim (id) ON DELETE CASCADE,
    hash       BYTEA  NOT NULL,         -- of the code
    objection  BYTEA  NOT NULL UNIQUE,  -- hash of the secret in the link to object
    sent_to    TEXT   NOT NULL,
    network    TEXT   NOT NULL,         -- handle and name that RDAP gave
    sent_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    used_at    BIGINT,
    objected_at BIGINT
);
CREATE TABLE footprint_network (
    question    TEXT   NOT NULL PRIMARY KEY,  -- a prefix or an AS number
    answer      TEXT   NOT NULL,              -- JSON
    answered_at BIGINT NOT NULL
);
CREATE TABLE jobs_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO jobs_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO jobs_migration VALUES(2,1,1,'2026-11-25 02:03:58');
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
INSERT INTO jobs_job VALUES('01a21072-0904-7027-b704-f27fb803509d','notify.confirm','{"Series":4}','3032082d406c0ab7af4b82ab6146dc37','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21072-0904-711c-a893-a86c8e537bbe','notify.compose','{}','44136fa355b3678a1146ad16f7e8649e','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21072-0913-7b41-ac96-670d759f5726','notify.confirm','{"Series":5}','d34ce56015622c42f9e23957d787741b','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21072-0915-7c69-8d4a-74c50d9d5928','notify.deliver','{}','44136fa355b3678a1146ad16f7e8649e','waiting',0,20,0,1795503600000000,1795503600000000,1795503600000000,NULL,NULL);
CREATE TABLE jobs_schedule (
    kind    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);
CREATE TABLE notify_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO notify_migration VALUES(1,0,1,'2026-11-25 02:03:58');
INSERT INTO notify_migration VALUES(2,1,1,'2026-11-25 02:03:58');
INSERT INTO notify_migration VALUES(3,2,1,'2026-11-25 02:03:58');
CREATE TABLE notify_source (
    key        TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    tlp        TEXT   NOT NULL CHECK (tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
    licence    TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO notify_source VALUES('shadowserver','The Shadowserver Foundation','AMBER','Shadowserver: for the network''s owner',1782882000000000);
CREATE TABLE notify_series (
    id         BIGINT NOT NULL PRIMARY KEY,
    source_key TEXT   NOT NULL REFERENCES notify_source (key),
    type       TEXT   NOT NULL,
    part       TEXT   NOT NULL,
    UNIQUE (source_key, type, part)
);
INSERT INTO notify_series VALUES(1,'shadowserver','scan_http_vulnerable','example-nl');
INSERT INTO notify_series VALUES(2,'shadowserver','scan_rdp','example-nl');
INSERT INTO notify_series VALUES(3,'shadowserver','scan_smb','example-nl');
INSERT INTO notify_series VALUES(4,'shadowserver','scan_ftp','example-nl');
INSERT INTO notify_series VALUES(5,'shadowserver','scan_telnet','example-nl');
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
INSERT INTO notify_report VALUES(X'01a2107208507899b394f884d0b8c2e1',1,1,'shadowserver','scan_http_vulnerable','shadowserver','2026-07-01-scan_http_vulnerable-example-nl.csv','',X'd6273db9a9027e75cd6a2d9023c5896d6b48d2d4bdca4f6fb660ade4e81ae548',122,'AMBER','Shadowserver: for the network''s owner',1782882000000000,'complete','',2,1,0,1,0,1,0,0,1782882000000000,20635,1,1782882000000000,1794290400000000,1);
INSERT INTO notify_report VALUES(X'01a21072087c78c7b577d714c77c4c9d',2,2,'shadowserver','scan_rdp','shadowserver','2026-11-10-scan_rdp-example-nl.csv','',X'8234e4b08328926f764ba8e34e3ce6e3889ab6f556852c1c6f933d7e64b3c8d4',531,'AMBER','Shadowserver: for the network''s owner',1794290400000000,'complete','',9,8,1,6,1,9,0,0,1794290400000000,20767,0,1794290400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a210720885703fbadce8cd49dbbc1d',3,3,'shadowserver','scan_smb','shadowserver','2026-11-10-scan_smb-example-nl.csv','',X'905a594768913c2ccf12f94a41087b11706aa01da90cf4113ee0361a28fcdf03',188,'AMBER','Shadowserver: for the network''s owner',1794290400000000,'complete','',3,2,0,2,0,2,0,0,1794290400000000,20767,1,1794290400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208a478acb61f8b3550a9a906',4,2,'shadowserver','scan_rdp','shadowserver','2026-11-11-scan_rdp-example-nl.csv','',X'cf0ebcb1a229bc7986c6281d4354fa8f69da6790ad1960e0bb559bf01a86d2b0',418,'AMBER','Shadowserver: for the network''s owner',1794380400000000,'complete','',7,6,1,4,1,0,6,0,1794380400000000,20768,0,1794380400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208b5746a961477bdf2aa6fe9',5,3,'shadowserver','scan_smb','shadowserver','2026-11-11-scan_smb-example-nl.csv','',X'e3f2268a1e5b88e5ead7f37bf53ba789f39f62239a0df6d7635b42312cd73279',113,'AMBER','Shadowserver: for the network''s owner',1794380400000000,'complete','',2,1,0,1,0,0,1,0,1794380400000000,20768,1,1794380400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208c876e78265d037a90eb271',6,2,'shadowserver','scan_rdp','shadowserver','2026-11-12-scan_rdp-example-nl.csv','',X'76edeb22705c52578686b609c7803ae7b7dd1c07dc8a8e11d902a60b832f28a2',418,'AMBER','Shadowserver: for the network''s owner',1794470400000000,'complete','',7,6,1,4,1,0,6,0,1794470400000000,20769,0,1794470400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208d17c4790294f5c180ac763',7,3,'shadowserver','scan_smb','shadowserver','2026-11-12-scan_smb-example-nl.csv','',X'641b09960ea9375045c7fcb694a9a9877c47d2233c03ac3b936027b7e62c0d79',113,'AMBER','Shadowserver: for the network''s owner',1794470400000000,'complete','',2,1,0,1,0,0,1,0,1794470400000000,20769,1,1794470400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208e67f16bedcee856eccd18a',8,2,'shadowserver','scan_rdp','shadowserver','2026-11-13-scan_rdp-example-nl.csv','',X'e7f203a5f41f3879a0de765012267af4735791980ed6664c3a016c9df1e1ec58',476,'AMBER','Shadowserver: for the network''s owner',1794560400000000,'complete','',8,7,1,5,1,0,6,1,1794560400000000,20770,0,1794560400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107208fc7a048ce281ae5bb0ae63',9,4,'shadowserver','scan_ftp','shadowserver','2026-11-24-scan_ftp-example-nl.csv','',X'1aa6e9add5b871cc14f15573023b8293402fedd47bef22feac039e6cf5522af3',105,'AMBER','Shadowserver: for the network''s owner',1795500000000000,'complete','',2,1,0,1,0,2,0,0,1795500000000000,20781,1,1795500000000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a2107209077d67bca1fa8bc3aa10e8',10,5,'shadowserver','scan_telnet','shadowserver','2026-11-24-scan_telnet-example-nl.csv','',X'1a8cfd2e06f3dc97cbe70f7a13ef983681f95c367ae7e5dac0cdb33c51ce25ae',116,'AMBER','Shadowserver: for the network''s owner',1795500000000000,'complete','',2,1,0,1,0,1,0,0,1795500000000000,20781,1,1795500000000000,NULL,1);
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
INSERT INTO notify_rejected VALUES(X'01a21072087c78c7b577d714c77c4c9d',9,'column ip: "999.1.2.3" is not an IP address','2026-11-10 06:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a2107208a478acb61f8b3550a9a906',7,'column ip: "999.1.2.3" is not an IP address','2026-11-11 07:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a2107208c876e78265d037a90eb271',7,'column ip: "999.1.2.3" is not an IP address','2026-11-12 08:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a2107208e67f16bedcee856eccd18a',8,'column ip: "999.1.2.3" is not an IP address','2026-11-13 09:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
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
INSERT INTO notify_exposure VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'0fe5e3ec46c0ab118764b0941575f747','scan_http_vulnerable','vulnerable-system',4,'203.0.113.2',80,'www.molen.example','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.2","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c57-b8a5-eaf82f38e6c8"},{"kind":"domain","value":"molen.example","on":"www.molen.example","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c55-b313-8ef8f7af9cc6"}]','{"identifier":"vulnerable-http","transport":"tcp"}',1,1782882000000000,1782882000000000,1,1,1,'expired',1794290400000000,1782882000000000,0,1782885600000000,NULL,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff',X'a0c0c25519c3900f8d116e9cbe1e47d3','scan_rdp','vulnerable-system',4,'192.0.2.7',3389,'till.korst.example','CVE-2019-0708','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.7","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21072-0849-7c5a-b4ae-93e616f29e3e"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'open',1794294000000000,0,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467db8a63a263f32f17316',X'fcc5295c892082fdb8ad816297f84238','scan_rdp','vulnerable-system',4,'192.0.2.9',3389,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.9","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c4f-bf07-31b07d1dc40b"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794290400000000,1,2,2,'false_positive',1794294000000000,1794294000000000,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff',X'fcc5295c892082fdb8ad816297f84238','scan_rdp','vulnerable-system',4,'192.0.2.9',3389,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.9","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21072-0849-7c5a-b4ae-93e616f29e3e"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794290400000000,1,2,2,'open',1794294000000000,0,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467db8a63a263f32f17316',X'a0c0c25519c3900f8d116e9cbe1e47d3','scan_rdp','vulnerable-system',4,'192.0.2.7',3389,'till.korst.example','CVE-2019-0708','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.7","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c4f-bf07-31b07d1dc40b"},{"kind":"domain","value":"korst.example","on":"till.korst.example","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c52-bfc4-78addd90b6d6"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'acknowledged',1794294000000000,1794294000000000,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'f71a92cea3bed68ddcfd2b0a10b63bcc','scan_rdp','vulnerable-system',4,'203.0.113.3',3389,'','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c57-b8a5-eaf82f38e6c8"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'acknowledged',1794294000000000,1794294000000000,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467ddb885067da453396ed',X'1eae8285a62f0e59442e90099662f407','scan_rdp','vulnerable-system',4,'203.0.113.33',3389,'','','owner','[{"kind":"prefix","value":"203.0.113.32/29","on":"203.0.113.33","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c5b-93c1-95a201e7406f"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'new',1794290400000000,0,0,NULL,NULL,0,1795507200000000);
INSERT INTO notify_exposure VALUES(X'01a2107208467dc683b1a83fe2760064',X'eb9317f4599b956f48bf33cdfca4661a','scan_rdp','vulnerable-system',4,'198.51.100.3',3389,'','','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c54-8dc6-29d0ee2aec11"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,2,2,8,'open',1794564000000000,1794294000000000,0,1794564000000000,1795168800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff',X'0fcacba7027bce282be283e0c5b43ff0','scan_rdp','vulnerable-system',4,'192.0.2.8',3389,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.8","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21072-0849-7c5a-b4ae-93e616f29e3e"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'open',1794294000000000,0,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467db8a63a263f32f17316',X'0fcacba7027bce282be283e0c5b43ff0','scan_rdp','vulnerable-system',4,'192.0.2.8',3389,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.8","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c4f-bf07-31b07d1dc40b"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'not_ours',1794294000000000,1794294000000000,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dc683b1a83fe2760064',X'2d721064bdb03b586c803fe9331bc1aa','scan_smb','vulnerable-system',5,'198.51.100.4',445,'','CVE-2017-0144','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.4","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c54-8dc6-29d0ee2aec11"}]','{"identifier":"open-smb","tag":"smb;cve-2017-0144","transport":"tcp"}',3,1794290400000000,1794290400000000,1,3,3,'solved',1794474000000000,1794290400000000,1,1794294000000000,NULL,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'13cad1f3d78a8e9aaf81b12d29defe6a','scan_smb','vulnerable-system',5,'203.0.113.3',445,'','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c57-b8a5-eaf82f38e6c8"}]','{"identifier":"open-smb","tag":"smb","transport":"tcp"}',3,1794290400000000,1794470400000000,3,3,7,'acknowledged',1794294000000000,1794294000000000,0,1794564000000000,1794823200000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a2107208467db8a63a263f32f17316',X'9d3674c8500ea0e82f3023582057a728','scan_ftp','vulnerable-system',2,'192.0.2.5',21,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.5","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c4f-bf07-31b07d1dc40b"}]','{"identifier":"accessible-ftp","tag":"ftp","transport":"tcp"}',4,1795500000000000,1795500000000000,1,9,9,'new',1795500000000000,0,0,NULL,NULL,0,1795993200000000);
INSERT INTO notify_exposure VALUES(X'01a2107208467dd6be8d8d0e6a9c9cff',X'9d3674c8500ea0e82f3023582057a728','scan_ftp','vulnerable-system',2,'192.0.2.5',21,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.5","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21072-0849-7c5a-b4ae-93e616f29e3e"}]','{"identifier":"accessible-ftp","tag":"ftp","transport":"tcp"}',4,1795500000000000,1795500000000000,1,9,9,'new',1795500000000000,0,0,NULL,NULL,0,1795993200000000);
INSERT INTO notify_exposure VALUES(X'01a2107208467dc683b1a83fe2760064',X'8cdc8be47f7615b4cec7df3ec51d4b12','scan_telnet','vulnerable-system',5,'198.51.100.9',23,'','','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.9","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21072-0849-7c54-8dc6-29d0ee2aec11"}]','{"identifier":"open-telnet","tag":"telnet","transport":"tcp"}',5,1795500000000000,1795500000000000,1,10,10,'open',1795503600000000,0,0,1795503600000000,1795762800000000,0,NULL);
CREATE TABLE notify_preference (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    severity        BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 5),
    cadence         TEXT   NOT NULL CHECK (cadence IN ('at_once', 'daily', 'weekly', 'never')),
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, severity)
);
INSERT INTO notify_preference VALUES(X'01a2107208467db8a63a263f32f17316',4,'daily',1794294000000000);
INSERT INTO notify_preference VALUES(X'01a2107208467dcfae4a0803cc2b6081',2,'never',1794294000000000);
INSERT INTO notify_preference VALUES(X'01a2107208467dcfae4a0803cc2b6081',3,'weekly',1794294000000000);
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
INSERT INTO notify_notification VALUES(X'01a21072086176a99831eec86d62045a','PLD-Q1T36-2766G',X'01a2107208467dcfae4a0803cc2b6081','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Een website of webpagina van jou heeft een bekend lek [PLD-Q1T36-2766G]',replace('Beste Molen De Zwaan,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 1 systeem of account van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met ee','\n',char(10)),'<p>Waarschuwing (hoog): Een website of webpagina van jou heeft een bekend lek [PLD-Q1T36-2766G]</p>',1,1,1782885600000000);
INSERT INTO notify_notification VALUES(X'01a21072088973249af492db35769f5f','PLD-SKENC-R4G2P',X'01a2107208467db8a63a263f32f17316','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-SKENC-R4G2P]',replace('Beste Bakkerij De Korst,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 3 systemen of accounts van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je m','\n',char(10)),'<p>Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-SKENC-R4G2P]</p>',3,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a2107208897dfd991ee750add7de83','PLD-88260-JRW6T',X'01a2107208467dc683b1a83fe2760064','warning',5,'vulnerable-system','en','Warning (critical): 2 problems in your systems [PLD-88260-JRW6T]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 2\nsystems or accounts of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with a','\n',char(10)),'<p>Warning (critical): 2 problems in your systems [PLD-88260-JRW6T]</p>',2,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21072088b729ba7e222f9a6775475','PLD-J99VT-10M7V',X'01a2107208467dcfae4a0803cc2b6081','warning',5,'vulnerable-system','nl','Waarschuwing (kritiek): 2 problemen in je systemen [PLD-J99VT-10M7V]',replace('Beste Molen De Zwaan,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 2 systemen of accounts van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met ','\n',char(10)),'<p>Waarschuwing (kritiek): 2 problemen in je systemen [PLD-J99VT-10M7V]</p>',2,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21072088c732bb97e65530693632d','PLD-1M6FS-SM9CA',X'01a2107208467dd6be8d8d0e6a9c9cff','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-1M6FS-SM9CA]',replace('Beste Polderhost B.V.,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 3 systemen in netwerken die jullie voor anderen verzorgen.\nGeef dit door aan de klant, of pak het zelf aan als jullie het beheer\ndoen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te logg','\n',char(10)),'<p>Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-1M6FS-SM9CA]</p>',3,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a2107208df748eaa38d64eacae0c26','PLD-JM114-0JVFF',X'01a2107208467dc683b1a83fe2760064','closing',5,'vulnerable-system','en','Solved: 1 problem can no longer be seen [PLD-JM114-0JVFF]',replace('Dear Smederij Vonk & Zonen,\n\nGood news: 1 problem that we wrote to you about is not in the two latest\nreports any more. We take it as solved. You need not do anything.\n\nWINDOWS SHARED FOLDERS CAN BE REACHED FROM THE INTERNET\n\n- 198.51.100.4:445 CVE-2017-0144: seen on 10 November 2026, 07:00\n  (UTC+1','\n',char(10)),'<p>Solved: 1 problem can no longer be seen [PLD-JM114-0JVFF]</p>',1,1,1794474000000000);
INSERT INTO notify_notification VALUES(X'01a2107208f0714dae15b6fd68720a63','PLD-QJBPP-24JJY',X'01a2107208467dcfae4a0803cc2b6081','reminder',5,'vulnerable-system','nl','Herinnering (kritiek): Gedeelde mappen van Windows zijn bereikbaar vanaf internet [PLD-QJBPP-24JJY]',replace('Beste Molen De Zwaan,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? ','\n',char(10)),'<p>Herinnering (kritiek): Gedeelde mappen van Windows zijn bereikbaar vanaf internet [PLD-QJBPP-24JJY]</p>',1,1,1794564000000000);
INSERT INTO notify_notification VALUES(X'01a2107208f07a5da49e03161cb45fe4','PLD-7X147-2FJP1',X'01a2107208467dc683b1a83fe2760064','warning',4,'vulnerable-system','en','Warning (high): Remote log-in (RDP) is open to the whole internet [PLD-7X147-2FJP1]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 1\nsystem or account of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with an ','\n',char(10)),'<p>Warning (high): Remote log-in (RDP) is open to the whole internet [PLD-7X147-2FJP1]</p>',1,1,1794564000000000);
INSERT INTO notify_notification VALUES(X'01a210720914715baaae7a9754307814','PLD-GD0DD-8N7AC',X'01a2107208467db8a63a263f32f17316','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-GD0DD-8N7AC]',replace('Beste Bakkerij De Korst,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 192.0.2.7:3389 (till.korst.example) CVE-2019-0708: gezien op 13\n  november 2026, 10:00 (UTC+1), in 4 rapporten sinds 10 november 2026.\n  Waarom jij dit krijgt: 192.0.2.7 valt in 192.0.2.0/28, dat bij jullie\n  hoort sinds de registratie op 1 juli 2026.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-GD0DD-8N7AC. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Bakkerij De Korst, omdat dit adres is\nopgegeven voor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-GD0DD-8N7AC]</p>',1,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a2107209147a7ab4d62cf6fb12c992','PLD-9TF7K-SQGRS',X'01a2107208467dcfae4a0803cc2b6081','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-9TF7K-SQGRS]',replace('Beste Molen De Zwaan,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 203.0.113.3:3389: gezien op 13 november 2026, 10:00 (UTC+1), in 4\n  rapporten sinds 10 november 2026. Waarom jij dit krijgt: 203.0.113.3\n  valt in 203.0.113.0/29, dat bij jullie hoort sinds de registratie op 1\n  juli 2026.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-9TF7K-SQGRS. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Molen De Zwaan, omdat dit adres is opgegeven\nvoor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-9TF7K-SQGRS]</p>',1,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a21072091570ebaf6b8a328033d292','PLD-K78FE-YY292',X'01a2107208467dd6be8d8d0e6a9c9cff','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-K78FE-YY292]',replace('Beste Polderhost B.V.,\n\nWe schreven je eerder over 2 systemen of accounts van jullie. In nieuwe\nmeldingen zijn ze nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 192.0.2.7:3389 (till.korst.example) CVE-2019-0708: gezien op 13\n  november 2026, 10:00 (UTC+1), in 4 rapporten sinds 10 november 2026.\n  Waarom jij dit krijgt: 192.0.2.7 valt in 192.0.2.0/24, dat bij jullie\n  hoort sinds de registratie op 1 juli 2026. Je krijgt dit als\n  leverancier: de eigenaar is iemand anders, en krijgt zo mogelijk ook\n  bericht.\n- 192.0.2.8:3389: gezien op 13 november 2026, 10:00 (UTC+1), in 4\n  rapporten sinds 10 november 2026. Waarom jij dit krijgt: 192.0.2.8\n  valt in 192.0.2.0/24, dat bij jullie hoort sinds de registratie op 1\n  juli 2026. Je krijgt dit als leverancier: de eigenaar is iemand\n  anders, en krijgt zo mogelijk ook bericht.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-K78FE-YY292. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Polderhost B.V., omdat dit adres is\nopgegeven voor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-K78FE-YY292]</p>',2,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a21072091576daa48a94da0ee9a980','PLD-JE4AD-54KBC',X'01a2107208467dc683b1a83fe2760064','warning',5,'vulnerable-system','en','Warning (critical): A device can be controlled over Telnet from the internet [PLD-JE4AD-54KBC]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 1\nsystem or account of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with an IT supplier? On the page at\nthe end you can make a link for your supplier.\n\n------------------------------------------------------------------------\n\nA DEVICE CAN BE CONTROLLED OVER TELNET FROM THE INTERNET (CRITICAL)\n\nA device in your network can be controlled from the internet over\nTelnet. That is an old way to log in that encrypts nothing.\n\n- 198.51.100.9:23: seen on 24 November 2026, 07:00 (UTC+1). Why you:\n  198.51.100.9 lies in 198.51.100.0/28, which is registered as yours\n  since 1 July 2026.\n\nSource: The Shadowserver Foundation, report scan_telnet\n(2026-11-24-scan_telnet-example-nl.csv). Do you receive this report\nyourself? Then this is the same finding.\n\nWHAT IT CAN COST YOU\n\nAnyone listening in can read the password. Malicious programs search for\nTelnet all day and try factory passwords. A device that is taken over\nthen joins attacks on others.\n\nWHAT YOU CAN DO\n\n1. Find the device: often it is a router, camera, switch or recorder.\n   Switch Telnet off in its settings screen.\n2. Close ports 23 and 2323 (TCP) to the internet in your router or\n   firewall.\n3. Install the latest firmware (the software of the device). If there\n   are no updates any more, replace it.\n4. Change the admin password to a long one that you use nowhere else. If\n   you see anything odd, reset the device to factory settings first.\n\nHow long does it take? About half an hour per device.\n\nQUESTION FOR YOUR IT SUPPLIER\n\nCould you disable Telnet (TCP 23 and 2323) on this device, allow only\ninternal management over SSH or HTTPS, and update the firmware?\n\nTELL US HOW IT STANDS\n\nAre you on it, is it solved, is something not right, or are you stuck?\nYou can tell us on the page below. You need no account. Would you like\nhelp? Then we will contact you.\n\n  {{feedback-link}}\n\nThe link is for you alone and works for 90 days.\n\nWHEN DO WE WRITE AGAIN?\n\nIf this can still be seen in 3 days, we will send a reminder. Once it is\nsolved, we will tell you.\n\n------------------------------------------------------------------------\n\nIS THIS MAIL REAL?\n\nThe number of this mail is PLD-JE4AD-54KBC. Type the address below into\nyour browser yourself and fill in the number. You will then see whether\nwe sent this mail.\n\n  https://polder.example/verify\n\nPolder sends this mail to Smederij Vonk & Zonen, because this address\nwas given for warnings.\n','\n',char(10)),'<p>Warning (critical): A device can be controlled over Telnet from the internet [PLD-JE4AD-54KBC]</p>',1,1,1795503600000000);
CREATE TABLE notify_item (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (notification_id, fingerprint)
);
INSERT INTO notify_item VALUES(X'01a21072086176a99831eec86d62045a',X'01a2107208467dcfae4a0803cc2b6081',X'0fe5e3ec46c0ab118764b0941575f747');
INSERT INTO notify_item VALUES(X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316',X'fcc5295c892082fdb8ad816297f84238');
INSERT INTO notify_item VALUES(X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a2107208897dfd991ee750add7de83',X'01a2107208467dc683b1a83fe2760064',X'eb9317f4599b956f48bf33cdfca4661a');
INSERT INTO notify_item VALUES(X'01a2107208897dfd991ee750add7de83',X'01a2107208467dc683b1a83fe2760064',X'2d721064bdb03b586c803fe9331bc1aa');
INSERT INTO notify_item VALUES(X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081',X'f71a92cea3bed68ddcfd2b0a10b63bcc');
INSERT INTO notify_item VALUES(X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081',X'13cad1f3d78a8e9aaf81b12d29defe6a');
INSERT INTO notify_item VALUES(X'01a21072088c732bb97e65530693632d',X'01a2107208467dd6be8d8d0e6a9c9cff',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21072088c732bb97e65530693632d',X'01a2107208467dd6be8d8d0e6a9c9cff',X'fcc5295c892082fdb8ad816297f84238');
INSERT INTO notify_item VALUES(X'01a21072088c732bb97e65530693632d',X'01a2107208467dd6be8d8d0e6a9c9cff',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a2107208df748eaa38d64eacae0c26',X'01a2107208467dc683b1a83fe2760064',X'2d721064bdb03b586c803fe9331bc1aa');
INSERT INTO notify_item VALUES(X'01a2107208f0714dae15b6fd68720a63',X'01a2107208467dcfae4a0803cc2b6081',X'13cad1f3d78a8e9aaf81b12d29defe6a');
INSERT INTO notify_item VALUES(X'01a2107208f07a5da49e03161cb45fe4',X'01a2107208467dc683b1a83fe2760064',X'eb9317f4599b956f48bf33cdfca4661a');
INSERT INTO notify_item VALUES(X'01a210720914715baaae7a9754307814',X'01a2107208467db8a63a263f32f17316',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a2107209147a7ab4d62cf6fb12c992',X'01a2107208467dcfae4a0803cc2b6081',X'f71a92cea3bed68ddcfd2b0a10b63bcc');
INSERT INTO notify_item VALUES(X'01a21072091570ebaf6b8a328033d292',X'01a2107208467dd6be8d8d0e6a9c9cff',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21072091570ebaf6b8a328033d292',X'01a2107208467dd6be8d8d0e6a9c9cff',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a21072091576daa48a94da0ee9a980',X'01a2107208467dc683b1a83fe2760064',X'8cdc8be47f7615b4cec7df3ec51d4b12');
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
INSERT INTO notify_delivery VALUES(X'01a21072086d794cb2ba58d992b1f2de',X'01a21072086176a99831eec86d62045a','info@molen.example','pld-q1t36-2766g@polder.example','sent',1,NULL,1782885600000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a2107208897af7bff7eac855b8d5c7',X'01a21072088973249af492db35769f5f','info@korst.example','pld-skenc-r4g2p@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21072088a7d35a6c744b54821cf2a',X'01a2107208897dfd991ee750add7de83','info@vonk.example','pld-88260-jrw6t@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21072088b7dfb9c8785b32f57e936',X'01a21072088b729ba7e222f9a6775475','info@molen.example','pld-j99vt-10m7v@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21072088d70cd927e04ad9adef70d',X'01a21072088c732bb97e65530693632d','abuse@host.example','pld-1m6fs-sm9ca@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a2107208df798aa78a7b4a69761e7f',X'01a2107208df748eaa38d64eacae0c26','info@vonk.example','pld-jm114-0jvff@polder.example','sent',1,NULL,1794474000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a2107208f077dc83be63eab7caba40',X'01a2107208f0714dae15b6fd68720a63','info@molen.example','pld-qjbpp-24jjy@polder.example','sent',1,NULL,1794564000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a2107208f479fa9cfc53325da1acfc',X'01a2107208f07a5da49e03161cb45fe4','info@vonk.example','pld-7x147-2fjp1@polder.example','sent',1,NULL,1794564000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a210720914781f8ba30cceb407150d',X'01a210720914715baaae7a9754307814','info@korst.example','pld-gd0dd-8n7ac@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a2107209147e5aabeb8f2cc599e9a4',X'01a2107209147a7ab4d62cf6fb12c992','info@molen.example','pld-9tf7k-sqgrs@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a2107209157501ae83946a3962eea9',X'01a21072091570ebaf6b8a328033d292','abuse@host.example','pld-k78fe-yy292@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a2107209157ad5b0a02d70e53c1593',X'01a21072091576daa48a94da0ee9a980','info@vonk.example','pld-je4ad-54kbc@polder.example','queued',0,1795503600000000,NULL,'');
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);
INSERT INTO notify_link VALUES(X'c23db34fb3476fa4d258c45ff2d41eb96c27dcc2501a860f5dabc5f5271f4fab',X'01a21072086176a99831eec86d62045a',X'01a2107208467dcfae4a0803cc2b6081','recipient',1782885600000000,1790661600000000,NULL);
INSERT INTO notify_link VALUES(X'4d06e6ba819fef690f84d9cf158952e1cfd179eb284d5d744df9bfb75c51d47a',X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'5ae93317c72aa1779d90cacdf9542c0b95f5e369e824d66896f866bb38eecff2',X'01a2107208897dfd991ee750add7de83',X'01a2107208467dc683b1a83fe2760064','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'4508b8d02c56b25f8c9a03f635c2aa4b0a1c4ec62d5e6356966c8f68738c0997',X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'f36324965570fdb07e68e74d55150bf19f9c736a477a2b29652e676bed24830a',X'01a21072088c732bb97e65530693632d',X'01a2107208467dd6be8d8d0e6a9c9cff','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'697435b94d347b165ac87746228bc6bb766478736d783f11cd362589eda6422c',X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','supplier',1794294000000000,1796886000000000,NULL);
INSERT INTO notify_link VALUES(X'dfde0005c01c30514e805a054103c2f7d299c378156652f8d17591c2c4b0633f',X'01a2107208f0714dae15b6fd68720a63',X'01a2107208467dcfae4a0803cc2b6081','recipient',1794564000000000,1802340000000000,NULL);
INSERT INTO notify_link VALUES(X'a77af8afea51f65692c7c2c6a771cfbfb4d3d95483834fe7814de31b44723d76',X'01a2107208f07a5da49e03161cb45fe4',X'01a2107208467dc683b1a83fe2760064','recipient',1794564000000000,1802340000000000,NULL);
INSERT INTO notify_link VALUES(X'12bdce6fb78b911bc8b46cfab9ee7c2350773e78d73169d3aee8ea90a0d0db26',X'01a210720914715baaae7a9754307814',X'01a2107208467db8a63a263f32f17316','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'b7eb584acbf870ef9fdf89eedd544b584397c0e6684a580c1328a5c58840eb6b',X'01a2107209147a7ab4d62cf6fb12c992',X'01a2107208467dcfae4a0803cc2b6081','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'665859ee581d417f60528bd4ccd053692382e7cfeb190a2f7b0c7b3efdc39b4d',X'01a21072091570ebaf6b8a328033d292',X'01a2107208467dd6be8d8d0e6a9c9cff','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'4bbb328b7ddc3ea9fbd97a037c9015852d8cfb04fe8d60b84f29e7c9a9b474ef',X'01a21072091576daa48a94da0ee9a980',X'01a2107208467dc683b1a83fe2760064','recipient',1795503600000000,1803279600000000,NULL);
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);
CREATE TABLE notify_upkeep (
    what   TEXT   NOT NULL PRIMARY KEY,
    ran_at BIGINT NOT NULL
);
INSERT INTO notify_upkeep VALUES('expire',1794564000000000);
INSERT INTO notify_upkeep VALUES('retain',1794564000000000);
CREATE TABLE notify_tally (
    source_key TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (source_key, type, answer)
);
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','on_it',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','not_ours',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','solved',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_smb','solved',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','forwarded',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_smb','forwarded',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_smb','on_it',1);
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','false_positive',1);
CREATE TABLE IF NOT EXISTS "notify_feedback" (
    id              BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  REFERENCES notify_notification (id) ON DELETE CASCADE,  -- by the link in which; NULL: by no link
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier', 'person', 'program')),
    account_id      BYTEA,            -- of a person who is signed in, until that person is forgotten
    token_id        BYTEA,            -- of a program
    behalf          TEXT   NOT NULL,  -- the organisation that a delegate came from; '' for no delegate
    answer          TEXT   NOT NULL CHECK (answer IN ('on_it', 'solved', 'false_positive', 'not_ours', 'forwarded', 'help')),
    note            TEXT   NOT NULL,
    exposures       BIGINT NOT NULL,
    given_at        BIGINT NOT NULL
);
INSERT INTO notify_feedback VALUES(X'01a2107208957d43a33b28fdec639cb1',X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316','recipient',NULL,NULL,'','on_it','De leverancier komt dinsdag.',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21072089773e19eda49f75e4e0ca4',X'01a21072088973249af492db35769f5f',X'01a2107208467db8a63a263f32f17316','recipient',NULL,NULL,'','not_ours','',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a210720898760dbc86c1b977338bc1',X'01a2107208897dfd991ee750add7de83',X'01a2107208467dc683b1a83fe2760064','recipient',NULL,NULL,'','solved','done',2,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a210720899772fa415b78206a56ac5',X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','recipient',NULL,NULL,'','forwarded','',2,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21072089a7eafaea4948af65bb113',X'01a21072088b729ba7e222f9a6775475',X'01a2107208467dcfae4a0803cc2b6081','supplier',NULL,NULL,'','on_it','',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21072089e77a0942851ba9f50d0cd',NULL,X'01a2107208467db8a63a263f32f17316','person',X'01a21072089c73ef8309cb9bd9a8b181',NULL,'','false_positive','een honeypot',1,1794294000000000);
CREATE TABLE notify_feedback_item (
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    feedback_id     BYTEA NOT NULL REFERENCES notify_feedback (id) ON DELETE CASCADE,
    PRIMARY KEY (organisation_id, fingerprint, feedback_id)
);
INSERT INTO notify_feedback_item VALUES(X'01a2107208467db8a63a263f32f17316',X'a0c0c25519c3900f8d116e9cbe1e47d3',X'01a2107208957d43a33b28fdec639cb1');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467db8a63a263f32f17316',X'0fcacba7027bce282be283e0c5b43ff0',X'01a21072089773e19eda49f75e4e0ca4');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467dc683b1a83fe2760064',X'eb9317f4599b956f48bf33cdfca4661a',X'01a210720898760dbc86c1b977338bc1');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467dc683b1a83fe2760064',X'2d721064bdb03b586c803fe9331bc1aa',X'01a210720898760dbc86c1b977338bc1');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'f71a92cea3bed68ddcfd2b0a10b63bcc',X'01a210720899772fa415b78206a56ac5');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'13cad1f3d78a8e9aaf81b12d29defe6a',X'01a210720899772fa415b78206a56ac5');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467dcfae4a0803cc2b6081',X'13cad1f3d78a8e9aaf81b12d29defe6a',X'01a21072089a7eafaea4948af65bb113');
INSERT INTO notify_feedback_item VALUES(X'01a2107208467db8a63a263f32f17316',X'fcc5295c892082fdb8ad816297f84238',X'01a21072089e77a0942851ba9f50d0cd');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('audit_migration',2);
INSERT INTO sqlite_sequence VALUES('signin_migration',6);
INSERT INTO sqlite_sequence VALUES('directory_migration',7);
INSERT INTO sqlite_sequence VALUES('footprint_migration',5);
INSERT INTO sqlite_sequence VALUES('jobs_migration',2);
INSERT INTO sqlite_sequence VALUES('notify_migration',3);
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_organisation ON audit_event (organisation_id, at);
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE UNIQUE INDEX signin_account_mail ON signin_account (mail) WHERE mail <> '';
CREATE INDEX signin_session_account ON signin_session (account_id);
CREATE INDEX signin_session_ends ON signin_session (ends_at);
CREATE INDEX signin_passkey_account ON signin_passkey (account_id);
CREATE INDEX signin_recovery_account ON signin_recovery (account_id);
CREATE INDEX signin_ceremony_ends ON signin_ceremony (ends_at);
CREATE INDEX signin_throttle_ends ON signin_throttle (ends_at);
CREATE INDEX signin_link_ends ON signin_link (ends_at);
CREATE INDEX signin_link_account ON signin_link (account_id);
CREATE UNIQUE INDEX signin_lost_open ON signin_lost (account_id) WHERE state IN ('asked', 'seconded', 'waiting');
CREATE INDEX signin_lost_due ON signin_lost (state, due_at);
CREATE INDEX signin_identity_account ON signin_identity (account_id);
CREATE INDEX signin_visit_ends ON signin_visit (ends_at);
CREATE INDEX signin_token_account ON signin_token (account_id);
CREATE INDEX signin_token_organisation ON signin_token (organisation_id);
CREATE INDEX signin_account_staff ON signin_account (id) WHERE staff <> 0;
CREATE INDEX signin_ceremony_account ON signin_ceremony (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX signin_lost_account ON signin_lost (account_id);
CREATE INDEX signin_token_ends ON signin_token (ends_at);
CREATE INDEX signin_token_revoked ON signin_token (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX signin_token_maker ON signin_token (made_by) WHERE revoked_at IS NULL;
CREATE INDEX directory_member_account ON directory_member (account_id);
CREATE INDEX directory_mandate_organisation ON directory_mandate (organisation_id, given_at);
CREATE INDEX directory_mandate_holder ON directory_mandate (holder_id, ends_at);
CREATE UNIQUE INDEX directory_mandate_open ON directory_mandate (organisation_id, holder_id) WHERE withdrawn_at IS NULL;
CREATE INDEX directory_organisation_waits ON directory_organisation (waits_at, id) WHERE waits_at IS NOT NULL;
CREATE INDEX directory_organisation_asked ON directory_organisation (created_at, id) WHERE state = 'asked';
CREATE INDEX directory_organisation_erase ON directory_organisation (erase_at) WHERE erase_at IS NOT NULL;
CREATE INDEX directory_organisation_domain ON directory_organisation (domain) WHERE domain <> '';
CREATE INDEX directory_organisation_number ON directory_organisation (REPLACE(REPLACE(registration_number, ' ', ''), '.', ''));
CREATE UNIQUE INDEX directory_contact_main ON directory_contact (organisation_id, purpose) WHERE main = 1;
CREATE INDEX directory_note_organisation ON directory_note (organisation_id, at);
CREATE INDEX directory_note_account ON directory_note (account_id);
CREATE INDEX directory_invitation_organisation ON directory_invitation (organisation_id, invited_at);
CREATE INDEX directory_invitation_ends ON directory_invitation (ends_at);
CREATE INDEX directory_join_account ON directory_join (account_id);
CREATE INDEX directory_tally_day ON directory_tally (day);
CREATE INDEX directory_mandate_held ON directory_mandate (holder_id, id);
CREATE INDEX directory_mandate_given ON directory_mandate (organisation_id, id);
CREATE INDEX directory_organisation_name ON directory_organisation (LOWER(name), id);
CREATE INDEX directory_mandate_remind ON directory_mandate (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX directory_invitation_mail ON directory_invitation (mail);
CREATE INDEX directory_invitation_by ON directory_invitation (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX directory_invitation_taken ON directory_invitation (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX directory_contact_by ON directory_contact (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX directory_contact_verified ON directory_contact (verified_by) WHERE verified_by IS NOT NULL;
CREATE INDEX footprint_asset_version ON footprint_asset (version, id);
CREATE UNIQUE INDEX footprint_correction_open ON footprint_correction (asset_id) WHERE state = 'open';
CREATE INDEX footprint_claim_state ON footprint_claim (state, changed_at);
CREATE INDEX footprint_claim_check ON footprint_claim (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX footprint_claim_expires ON footprint_claim (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX footprint_asset_value ON footprint_asset (kind, value);
CREATE UNIQUE INDEX footprint_conflict_open ON footprint_conflict (claim_id, asset_id) WHERE closed_at IS NULL;
CREATE INDEX footprint_conflict_holder ON footprint_conflict (holder_id);
CREATE INDEX footprint_conflict_asset ON footprint_conflict (asset_id);
CREATE INDEX footprint_code_claim ON footprint_code (claim_id, sent_at);
CREATE INDEX footprint_code_sent ON footprint_code (sent_to, sent_at);
CREATE INDEX footprint_claim_registered ON footprint_claim (registered_by) WHERE registered_by IS NOT NULL;
CREATE INDEX footprint_claim_decided ON footprint_claim (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX footprint_code_term ON footprint_code (sent_at);
CREATE INDEX footprint_network_term ON footprint_network (answered_at);
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
CREATE INDEX notify_exposure_worst ON notify_exposure (organisation_id, severity, first_seen, fingerprint, state, type);
CREATE INDEX notify_exposure_type ON notify_exposure (organisation_id, type);
CREATE INDEX notify_report_completed ON notify_report (completed_at);
CREATE INDEX notify_feedback_given ON notify_feedback (given_at);
CREATE INDEX notify_feedback_notification ON notify_feedback (notification_id);
CREATE INDEX notify_feedback_organisation ON notify_feedback (organisation_id, given_at);
CREATE INDEX notify_feedback_account ON notify_feedback (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX notify_feedback_item_feedback ON notify_feedback_item (feedback_id);
