-- link bakker 3cr72l5e4p7sgv4xgooluo2m7rupqkab
-- link smid 6uid45wqrjcj7cmackj3k3kgbayybbjb
-- link molen 44y2xmw4krspgik5wzd2dcjrg64dnv77
-- link supplier cb3pfwczcssuxxl6dtcgqwxizefsqorf
-- link chosen h42flsbsql3fegbcfdaef5z4dggdd34r
PRAGMA defer_foreign_keys = ON;
CREATE TABLE audit_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO audit_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO audit_migration VALUES(2,1,1,'2026-11-25 02:10:21');
CREATE TABLE audit_event (
    id              BYTEA  NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor           TEXT   NOT NULL,  -- who: "operator:jan", "recipient", "polder"
    action          TEXT   NOT NULL,  -- import, read, export, send, feedback, delete
    object          TEXT   NOT NULL,  -- what, by kind and id
    organisation_id BYTEA,            -- whose data, when it is one organisation's
    detail          TEXT   NOT NULL
);
INSERT INTO audit_event VALUES(X'01a21077e279707b86a5c98c79d4f688',1782882000000000,'polder','import','organisations',NULL,'5 rows, 5 new, 0 changed');
INSERT INTO audit_event VALUES(X'01a21077e27a7473b4b0eb499409b36b',1782882000000000,'polder','import','assets',NULL,'7 rows, 7 new, 0 changed, 0 withdrawn');
INSERT INTO audit_event VALUES(X'01a21077e27f7ace99b5267656698335',1782882000000000,'operator:jan','import','report 01a21077-e27e-7692-a70c-ed01ef04d1c2',NULL,'2026-07-01-scan_http_vulnerable-example-nl.csv, 122 bytes, SHA-256 d6273db9a9027e75cd6a2d9023c5896d6b48d2d4bdca4f6fb660ade4e81ae548');
INSERT INTO audit_event VALUES(X'01a21077e29070f38c9a54d969b45750',1782885600000000,'polder','send','notification 01a21077-e285-7a8f-9c61-65186cd4d944',X'01a21077e2777aa3a5acdf2041475bcb','PLD-NSV1P-FK226');
INSERT INTO audit_event VALUES(X'01a21077e2927680a880e8798eb43188',1794290400000000,'polder','delete','raw reports',NULL,'1 from before 2026-10-11');
INSERT INTO audit_event VALUES(X'01a21077e29477698259993b66d4ab13',1794290400000000,'operator:jan','import','report 01a21077-e294-72c9-9f7e-4eda0a8157fc',NULL,'2026-11-10-scan_rdp-example-nl.csv, 531 bytes, SHA-256 8234e4b08328926f764ba8e34e3ce6e3889ab6f556852c1c6f933d7e64b3c8d4');
INSERT INTO audit_event VALUES(X'01a21077e2977ebdbdc7eaa4bcffd390',1794290400000000,'operator:jan','import','report 01a21077-e297-7ae6-a852-1b7f6b745ba7',NULL,'2026-11-10-scan_smb-example-nl.csv, 188 bytes, SHA-256 905a594768913c2ccf12f94a41087b11706aa01da90cf4113ee0361a28fcdf03');
INSERT INTO audit_event VALUES(X'01a21077e2a2748ba19e5f6ea9153121',1794294000000000,'polder','send','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','PLD-68EJ4-6NBRB');
INSERT INTO audit_event VALUES(X'01a21077e2a27ea288fa3f01f5ff463d',1794294000000000,'polder','send','notification 01a21077-e29d-7497-8157-93c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542','PLD-JSQAJ-XD3DK');
INSERT INTO audit_event VALUES(X'01a21077e2a3791e866085d025e49d13',1794294000000000,'polder','send','notification 01a21077-e29e-78e0-a66e-9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','PLD-Q1N7J-RDPBK');
INSERT INTO audit_event VALUES(X'01a21077e2a4728483ed9c84abed75bf',1794294000000000,'polder','send','notification 01a21077-e29f-7594-9209-8d079412fa09',X'01a21077e2777aaaa064af44a4f08173','PLD-RTRA1-79R5E');
INSERT INTO audit_event VALUES(X'01a21077e2a87743a8e96b3b0afb5e78',1794294000000000,'recipient','read','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','PLD-68EJ4-6NBRB');
INSERT INTO audit_event VALUES(X'01a21077e2a979f0b4ce6552dcd6c5a6',1794294000000000,'recipient','feedback','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','on_it about 1');
INSERT INTO audit_event VALUES(X'01a21077e2ab7014b6321bac15d57166',1794294000000000,'recipient','feedback','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','not_ours about 1');
INSERT INTO audit_event VALUES(X'01a21077e2ac7227a2cf0863d3ef00d7',1794294000000000,'recipient','feedback','notification 01a21077-e29d-7497-8157-93c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542','solved about 2');
INSERT INTO audit_event VALUES(X'01a21077e2ad7254aee110a1bf0e71e4',1794294000000000,'recipient','feedback','notification 01a21077-e29e-78e0-a66e-9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','forwarded about 2');
INSERT INTO audit_event VALUES(X'01a21077e2ad79a9abb835d6d371c7b3',1794294000000000,'supplier','read','notification 01a21077-e29e-78e0-a66e-9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','PLD-Q1N7J-RDPBK');
INSERT INTO audit_event VALUES(X'01a21077e2ae782a9f701d57e70dfe15',1794294000000000,'supplier','feedback','notification 01a21077-e29e-78e0-a66e-9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','on_it about 1');
INSERT INTO audit_event VALUES(X'01a21077e2af78948a45e10588f77f81',1794294000000000,'recipient','feedback','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','forwarded about 1');
INSERT INTO audit_event VALUES(X'01a21077e2b07633a60ee1f2224bc47c',1794294000000000,'recipient','feedback','notification 01a21077-e29c-7a8a-9486-638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','mail wanted: map[high:daily]');
INSERT INTO audit_event VALUES(X'01a21077e2b0798fba76cabbc23fa0fa',1794294000000000,'recipient','feedback','notification 01a21077-e29e-78e0-a66e-9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','mail wanted: map[low:never medium:weekly]');
INSERT INTO audit_event VALUES(X'01a21077e2b07e7c8eff7ff489239a43',1794294000000000,'polder','factor','account 01a21077-e2b0-7be4-ab9c-5d736ae9b21a',NULL,'enrolment link made: invited');
INSERT INTO audit_event VALUES(X'01a21077e2b175c7845d4755a895f037',1794294000000000,'polder','grant','organisation 01a21077-e277-7a8c-99b0-94bde0697f7a',X'01a21077e2777a8c99b094bde0697f7a','account:01a21077-e2b0-7be4-ab9c-5d736ae9b21a is owner, by the operator');
INSERT INTO audit_event VALUES(X'01a21077e2b178cabfba9cadc08771b6',1794294000000000,'polder','grant','account 01a21077-e2b1-779e-b538-2dece1f52fbc',NULL,'staff: analyst,auditor');
INSERT INTO audit_event VALUES(X'01a21077e2b17abb8c9a06bc72a5d168',1794294000000000,'polder','factor','account 01a21077-e2b1-779e-b538-2dece1f52fbc',NULL,'enrolment link made: invited');
INSERT INTO audit_event VALUES(X'01a21077e2b27a24aab7c629e9580a21',1794294000000000,'account:01a21077-e2b0-7be4-ab9c-5d736ae9b21a','read','exposures',X'01a21077e2777a8c99b094bde0697f7a','');
INSERT INTO audit_event VALUES(X'01a21077e2b473749b82a83f2ed74a06',1794294000000000,'account:01a21077-e2b0-7be4-ab9c-5d736ae9b21a','feedback','feedback 01a21077-e2b3-7700-b5c4-de32e698a039',X'01a21077e2777a8c99b094bde0697f7a','false_positive about 1');
INSERT INTO audit_event VALUES(X'01a21077e2b5780995e8ec999eedee99',1794294000000000,'account:01a21077-e2b0-7be4-ab9c-5d736ae9b21a','grant','organisation 01a21077-e277-7a8c-99b0-94bde0697f7a',X'01a21077e2777a8c99b094bde0697f7a','mandate 01a21077-e2b5-770a-8cb3-e39e8fba1fed to 01a21077-e277-7aaa-a064-af44a4f08173, acting true, all assets true, until 2027-05-29');
INSERT INTO audit_event VALUES(X'01a21077e2b67e8b90ebb3b3ffee309a',1794380400000000,'operator:jan','import','report 01a21077-e2b6-7b30-b40f-335cfbb06507',NULL,'2026-11-11-scan_rdp-example-nl.csv, 418 bytes, SHA-256 cf0ebcb1a229bc7986c6281d4354fa8f69da6790ad1960e0bb559bf01a86d2b0');
INSERT INTO audit_event VALUES(X'01a21077e2bc75a092ea06a50447d22f',1794380400000000,'operator:jan','import','report 01a21077-e2bc-7330-8963-b6df802cce91',NULL,'2026-11-11-scan_smb-example-nl.csv, 113 bytes, SHA-256 e3f2268a1e5b88e5ead7f37bf53ba789f39f62239a0df6d7635b42312cd73279');
INSERT INTO audit_event VALUES(X'01a21077e2c17014b30de209ebd84be2',1794384000000000,'polder','send','letter 01a21077-e2b5-7cb0-b11f-269a2b671c57',X'01a21077e2777a8c99b094bde0697f7a','mandate_giver: sent');
INSERT INTO audit_event VALUES(X'01a21077e2c47acea08803e6a3bfaae2',1794470400000000,'operator:jan','import','report 01a21077-e2c4-77a1-a461-691e1a46b04e',NULL,'2026-11-12-scan_rdp-example-nl.csv, 418 bytes, SHA-256 76edeb22705c52578686b609c7803ae7b7dd1c07dc8a8e11d902a60b832f28a2');
INSERT INTO audit_event VALUES(X'01a21077e2cd7b04bb468cd1f29aa092',1794470400000000,'operator:jan','import','report 01a21077-e2cd-7901-9aa1-f665c9594a63',NULL,'2026-11-12-scan_smb-example-nl.csv, 113 bytes, SHA-256 641b09960ea9375045c7fcb694a9a9877c47d2233c03ac3b936027b7e62c0d79');
INSERT INTO audit_event VALUES(X'01a21077e2d978219ac46a07d3993ecb',1794474000000000,'polder','send','notification 01a21077-e2d7-7c42-bd8a-627965e18864',X'01a21077e2777a9a82c6e77d51bf3542','PLD-727NC-CE5MF');
INSERT INTO audit_event VALUES(X'01a21077e2da7e0ebe597f3136672503',1794560400000000,'operator:jan','import','report 01a21077-e2da-7a3d-b000-70a7e3ed27c7',NULL,'2026-11-13-scan_rdp-example-nl.csv, 476 bytes, SHA-256 e7f203a5f41f3879a0de765012267af4735791980ed6664c3a016c9df1e1ec58');
INSERT INTO audit_event VALUES(X'01a21077e2e27eacbb6f7f78f5b4a7b2',1794564000000000,'polder','send','notification 01a21077-e2df-7ebe-9675-69ef823cc497',X'01a21077e2777aa3a5acdf2041475bcb','PLD-JTHKA-7YTWR');
INSERT INTO audit_event VALUES(X'01a21077e2e37891a9c526aff44bed8f',1794564000000000,'polder','send','notification 01a21077-e2e0-76fd-ac4c-c81d55759a34',X'01a21077e2777a9a82c6e77d51bf3542','PLD-NRSJ5-SNKWC');
INSERT INTO audit_event VALUES(X'01a21077e2e870baad7592961f0396dd',1795500000000000,'operator:jan','import','report 01a21077-e2e7-7d53-a1f8-bcda7447c36c',NULL,'2026-11-24-scan_ftp-example-nl.csv, 105 bytes, SHA-256 1aa6e9add5b871cc14f15573023b8293402fedd47bef22feac039e6cf5522af3');
INSERT INTO audit_event VALUES(X'01a21077e2eb7b9abf8e1f5bd3294f25',1795500000000000,'operator:jan','import','report 01a21077-e2eb-7960-8ba8-ea97afd1f783',NULL,'2026-11-24-scan_telnet-example-nl.csv, 116 bytes, SHA-256 1a8cfd2e06f3dc97cbe70f7a13ef983681f95c367ae7e5dac0cdb33c51ce25ae');
CREATE TABLE signin_migration (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO signin_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO signin_migration VALUES(2,1,1,'2026-11-25 02:10:21');
INSERT INTO signin_migration VALUES(3,2,1,'2026-11-25 02:10:21');
INSERT INTO signin_migration VALUES(4,3,1,'2026-11-25 02:10:21');
INSERT INTO signin_migration VALUES(5,4,1,'2026-11-25 02:10:21');
INSERT INTO signin_migration VALUES(6,5,1,'2026-11-25 02:10:21');
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
INSERT INTO signin_account VALUES(X'01a21077e2b07be4ab9c5d736ae9b21a','jan@korst.example','Jan de Wit','nl',0,'active',X'd6a7da8e42b1b6668a70723442e0d71f3daff9dd412e105ab8030e17ca594cb5',1794294000000000,NULL);
INSERT INTO signin_account VALUES(X'01a21077e2b1779eb5382dece1f52fbc','els@polder.example','Els Bakker','nl',66,'active',X'4c71f23b7e54a07e24561b2879e32ef49c6c2fd1c5cc1dde09c11ffb78586562',1794294000000000,NULL);
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
INSERT INTO signin_link VALUES(X'01e8afdf29552b809a0441cff2f2189fb8ed4616b298c0bb70ee4740a660a794',X'01a21077e2b07be4ab9c5d736ae9b21a','invited',1794294000000000,1794380400000000);
INSERT INTO signin_link VALUES(X'26cf3f9f42ce5ab22c4050292ebbc5fcab890d8de1de41dc47cc9ba438b255bd',X'01a21077e2b1779eb5382dece1f52fbc','invited',1794294000000000,1794380400000000);
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
INSERT INTO directory_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(2,1,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(3,2,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(4,3,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(5,4,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(6,5,1,'2026-11-25 02:10:21');
INSERT INTO directory_migration VALUES(7,6,1,'2026-11-25 02:10:21');
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
INSERT INTO directory_organisation VALUES(X'01a21077e2777a8c99b094bde0697f7a','bakker','Bakkerij De Korst','68750110','C','Utrecht',12,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a21077e2777a9a82c6e77d51bf3542','smid','Smederij Vonk & Zonen','','C','Gelderland',40,'en',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a21077e2777aa3a5acdf2041475bcb','molen','Molen De Zwaan','','C','Zeeland',3,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a21077e2777aaaa064af44a4f08173','host','Polderhost B.V.','','J','Flevoland',80,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
INSERT INTO directory_organisation VALUES(X'01a21077e2777aafaabb5f8b46e6a399','stil','Stille Wateren','','','',0,'nl',1782882000000000,1782882000000000,'company','accepted','kvk','','','','',NULL,NULL,NULL);
CREATE TABLE directory_member (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id) ON DELETE CASCADE,
    account_id      BYTEA  NOT NULL,
    place           TEXT   NOT NULL CHECK (place IN ('owner', 'security-contact', 'member')),
    since           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
);
INSERT INTO directory_member VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'01a21077e2b07be4ab9c5d736ae9b21a','owner',1794294000000000);
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
INSERT INTO directory_mandate VALUES(X'01a21077e2b5770a8cb3e39e8fba1fed',X'01a21077e2777a8c99b094bde0697f7a',X'01a21077e2777aaaa064af44a4f08173',1,1,X'01a21077e2b07be4ab9c5d736ae9b21a',1794294000000000,1811574000000000,NULL,NULL,0,1810364400000000);
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
INSERT INTO directory_contact VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'01a21077e2777a8c99b094bde0697f7a','warnings','info@korst.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'01a21077e2777a9a82c6e77d51bf3542','warnings','info@vonk.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'01a21077e2777aa3a5acdf2041475bcb','warnings','info@molen.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
INSERT INTO directory_contact VALUES(X'01a21077e2777aaaa064af44a4f08173',X'01a21077e2777aaaa064af44a4f08173','warnings','abuse@host.example',1,1782882000000000,NULL,1782882000000000,NULL,NULL,NULL,0);
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
INSERT INTO footprint_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO footprint_migration VALUES(2,1,1,'2026-11-25 02:10:21');
INSERT INTO footprint_migration VALUES(3,2,1,'2026-11-25 02:10:21');
INSERT INTO footprint_migration VALUES(4,3,1,'2026-11-25 02:10:21');
INSERT INTO footprint_migration VALUES(5,4,1,'2026-11-25 02:10:21');
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
INSERT INTO footprint_asset VALUES(X'01a21077e27976c8b15670e57d205a5d',X'01a21077e2777a8c99b094bde0697f7a','prefix','192.0.2.0/28','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976cc97b5339c359c1967',X'01a21077e2777a8c99b094bde0697f7a','domain','korst.example','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976ce83bb5068ac5b28bc',X'01a21077e2777a9a82c6e77d51bf3542','prefix','198.51.100.0/28','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976cfb0b4e17e456f47e3',X'01a21077e2777aa3a5acdf2041475bcb','domain','molen.example','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976d0a5d8398d9985ca7f',X'01a21077e2777aa3a5acdf2041475bcb','prefix','203.0.113.0/29','owner','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976d1a5a95dd2a4345c89',X'01a21077e2777aaaa064af44a4f08173','prefix','192.0.2.0/24','provider','proven',1782882000000000,1782882000000000,1,'operator');
INSERT INTO footprint_asset VALUES(X'01a21077e27976d3a6e15ad6747ddc2e',X'01a21077e2777aafaabb5f8b46e6a399','prefix','203.0.113.32/29','owner','proven',1782882000000000,1782882000000000,1,'operator');
CREATE TABLE footprint_correction (
    id              BYTEA  NOT NULL PRIMARY KEY,
    asset_id        BYTEA  NOT NULL REFERENCES footprint_asset (id),
    organisation_id BYTEA  NOT NULL,
    reason          TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at       BIGINT NOT NULL,
    closed_at       BIGINT
);
INSERT INTO footprint_correction VALUES(X'01a21077e2aa7584acc44c60ab81fceb',X'01a21077e27976c8b15670e57d205a5d',X'01a21077e2777a8c99b094bde0697f7a','','open',1794294000000000,NULL);
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
INSERT INTO jobs_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO jobs_migration VALUES(2,1,1,'2026-11-25 02:10:21');
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
INSERT INTO jobs_job VALUES('01a21077-e2ea-7c65-ba7f-94ecd3f20ed3','notify.confirm','{"Series":4}','3032082d406c0ab7af4b82ab6146dc37','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21077-e2ea-7d87-8a80-eacad1abe06c','notify.compose','{}','44136fa355b3678a1146ad16f7e8649e','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21077-e2ed-7703-9082-5641f531f51e','notify.confirm','{"Series":5}','d34ce56015622c42f9e23957d787741b','waiting',0,20,0,1795500000000000,1795500000000000,1795500000000000,NULL,NULL);
INSERT INTO jobs_job VALUES('01a21077-e2f1-7175-a31b-e02aeb32a141','notify.deliver','{}','44136fa355b3678a1146ad16f7e8649e','waiting',0,20,0,1795503600000000,1795503600000000,1795503600000000,NULL,NULL);
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
INSERT INTO notify_migration VALUES(1,0,1,'2026-11-25 02:10:21');
INSERT INTO notify_migration VALUES(2,1,1,'2026-11-25 02:10:21');
INSERT INTO notify_migration VALUES(3,2,1,'2026-11-25 02:10:21');
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
INSERT INTO notify_report VALUES(X'01a21077e27e7692a70ced01ef04d1c2',1,1,'shadowserver','scan_http_vulnerable','shadowserver','2026-07-01-scan_http_vulnerable-example-nl.csv','',X'd6273db9a9027e75cd6a2d9023c5896d6b48d2d4bdca4f6fb660ade4e81ae548',122,'AMBER','Shadowserver: for the network''s owner',1782882000000000,'complete','',2,1,0,1,0,1,0,0,1782882000000000,20635,1,1782882000000000,1794290400000000,1);
INSERT INTO notify_report VALUES(X'01a21077e29472c99f7e4eda0a8157fc',2,2,'shadowserver','scan_rdp','shadowserver','2026-11-10-scan_rdp-example-nl.csv','',X'8234e4b08328926f764ba8e34e3ce6e3889ab6f556852c1c6f933d7e64b3c8d4',531,'AMBER','Shadowserver: for the network''s owner',1794290400000000,'complete','',9,8,1,6,1,9,0,0,1794290400000000,20767,0,1794290400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2977ae6a8521b7f6b745ba7',3,3,'shadowserver','scan_smb','shadowserver','2026-11-10-scan_smb-example-nl.csv','',X'905a594768913c2ccf12f94a41087b11706aa01da90cf4113ee0361a28fcdf03',188,'AMBER','Shadowserver: for the network''s owner',1794290400000000,'complete','',3,2,0,2,0,2,0,0,1794290400000000,20767,1,1794290400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2b67b30b40f335cfbb06507',4,2,'shadowserver','scan_rdp','shadowserver','2026-11-11-scan_rdp-example-nl.csv','',X'cf0ebcb1a229bc7986c6281d4354fa8f69da6790ad1960e0bb559bf01a86d2b0',418,'AMBER','Shadowserver: for the network''s owner',1794380400000000,'complete','',7,6,1,4,1,0,6,0,1794380400000000,20768,0,1794380400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2bc73308963b6df802cce91',5,3,'shadowserver','scan_smb','shadowserver','2026-11-11-scan_smb-example-nl.csv','',X'e3f2268a1e5b88e5ead7f37bf53ba789f39f62239a0df6d7635b42312cd73279',113,'AMBER','Shadowserver: for the network''s owner',1794380400000000,'complete','',2,1,0,1,0,0,1,0,1794380400000000,20768,1,1794380400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2c477a1a461691e1a46b04e',6,2,'shadowserver','scan_rdp','shadowserver','2026-11-12-scan_rdp-example-nl.csv','',X'76edeb22705c52578686b609c7803ae7b7dd1c07dc8a8e11d902a60b832f28a2',418,'AMBER','Shadowserver: for the network''s owner',1794470400000000,'complete','',7,6,1,4,1,0,6,0,1794470400000000,20769,0,1794470400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2cd79019aa1f665c9594a63',7,3,'shadowserver','scan_smb','shadowserver','2026-11-12-scan_smb-example-nl.csv','',X'641b09960ea9375045c7fcb694a9a9877c47d2233c03ac3b936027b7e62c0d79',113,'AMBER','Shadowserver: for the network''s owner',1794470400000000,'complete','',2,1,0,1,0,0,1,0,1794470400000000,20769,1,1794470400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2da7a3db00070a7e3ed27c7',8,2,'shadowserver','scan_rdp','shadowserver','2026-11-13-scan_rdp-example-nl.csv','',X'e7f203a5f41f3879a0de765012267af4735791980ed6664c3a016c9df1e1ec58',476,'AMBER','Shadowserver: for the network''s owner',1794560400000000,'complete','',8,7,1,5,1,0,6,1,1794560400000000,20770,0,1794560400000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2e77d53a1f8bcda7447c36c',9,4,'shadowserver','scan_ftp','shadowserver','2026-11-24-scan_ftp-example-nl.csv','',X'1aa6e9add5b871cc14f15573023b8293402fedd47bef22feac039e6cf5522af3',105,'AMBER','Shadowserver: for the network''s owner',1795500000000000,'complete','',2,1,0,1,0,2,0,0,1795500000000000,20781,1,1795500000000000,NULL,1);
INSERT INTO notify_report VALUES(X'01a21077e2eb79608ba8ea97afd1f783',10,5,'shadowserver','scan_telnet','shadowserver','2026-11-24-scan_telnet-example-nl.csv','',X'1a8cfd2e06f3dc97cbe70f7a13ef983681f95c367ae7e5dac0cdb33c51ce25ae',116,'AMBER','Shadowserver: for the network''s owner',1795500000000000,'complete','',2,1,0,1,0,1,0,0,1795500000000000,20781,1,1795500000000000,NULL,1);
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
INSERT INTO notify_rejected VALUES(X'01a21077e29472c99f7e4eda0a8157fc',9,'column ip: "999.1.2.3" is not an IP address','2026-11-10 06:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a21077e2b67b30b40f335cfbb06507',7,'column ip: "999.1.2.3" is not an IP address','2026-11-11 07:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a21077e2c477a1a461691e1a46b04e',7,'column ip: "999.1.2.3" is not an IP address','2026-11-12 08:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
INSERT INTO notify_rejected VALUES(X'01a21077e2da7a3db00070a7e3ed27c7',8,'column ip: "999.1.2.3" is not an IP address','2026-11-13 09:00:00,high,999.1.2.3,tcp,3389,,rdp,64500');
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
INSERT INTO notify_exposure VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'0fe5e3ec46c0ab118764b0941575f747','scan_http_vulnerable','vulnerable-system',4,'203.0.113.2',80,'www.molen.example','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.2","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76d0-a5d8-398d9985ca7f"},{"kind":"domain","value":"molen.example","on":"www.molen.example","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76cf-b0b4-e17e456f47e3"}]','{"identifier":"vulnerable-http","transport":"tcp"}',1,1782882000000000,1782882000000000,1,1,1,'expired',1794290400000000,1782882000000000,0,1782885600000000,NULL,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aaaa064af44a4f08173',X'fcc5295c892082fdb8ad816297f84238','scan_rdp','vulnerable-system',4,'192.0.2.9',3389,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.9","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21077-e279-76d1-a5a9-5dd2a4345c89"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794290400000000,1,2,2,'open',1794294000000000,0,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'0fcacba7027bce282be283e0c5b43ff0','scan_rdp','vulnerable-system',4,'192.0.2.8',3389,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.8","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76c8-b156-70e57d205a5d"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'not_ours',1794294000000000,1794294000000000,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aaaa064af44a4f08173',X'0fcacba7027bce282be283e0c5b43ff0','scan_rdp','vulnerable-system',4,'192.0.2.8',3389,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.8","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21077-e279-76d1-a5a9-5dd2a4345c89"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'open',1794294000000000,0,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'fcc5295c892082fdb8ad816297f84238','scan_rdp','vulnerable-system',4,'192.0.2.9',3389,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.9","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76c8-b156-70e57d205a5d"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794290400000000,1,2,2,'false_positive',1794294000000000,1794294000000000,0,1794294000000000,1794898800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aafaabb5f8b46e6a399',X'1eae8285a62f0e59442e90099662f407','scan_rdp','vulnerable-system',4,'203.0.113.33',3389,'','','owner','[{"kind":"prefix","value":"203.0.113.32/29","on":"203.0.113.33","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76d3-a6e1-5ad6747ddc2e"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'new',1794290400000000,0,0,NULL,NULL,0,1795507200000000);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'a0c0c25519c3900f8d116e9cbe1e47d3','scan_rdp','vulnerable-system',4,'192.0.2.7',3389,'till.korst.example','CVE-2019-0708','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.7","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76c8-b156-70e57d205a5d"},{"kind":"domain","value":"korst.example","on":"till.korst.example","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76cc-97b5-339c359c1967"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'acknowledged',1794294000000000,1794294000000000,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'eb9317f4599b956f48bf33cdfca4661a','scan_rdp','vulnerable-system',4,'198.51.100.3',3389,'','','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76ce-83bb-5068ac5b28bc"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,2,2,8,'open',1794564000000000,1794294000000000,0,1794564000000000,1795168800000000,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'f71a92cea3bed68ddcfd2b0a10b63bcc','scan_rdp','vulnerable-system',4,'203.0.113.3',3389,'','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76d0-a5d8-398d9985ca7f"}]','{"identifier":"open-rdp","tag":"rdp","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'acknowledged',1794294000000000,1794294000000000,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aaaa064af44a4f08173',X'a0c0c25519c3900f8d116e9cbe1e47d3','scan_rdp','vulnerable-system',4,'192.0.2.7',3389,'till.korst.example','CVE-2019-0708','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.7","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21077-e279-76d1-a5a9-5dd2a4345c89"}]','{"identifier":"open-rdp","tag":"rdp;cve-2019-0708","transport":"tcp"}',2,1794290400000000,1794560400000000,4,2,8,'open',1794294000000000,0,0,1795503600000000,1796108400000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'2d721064bdb03b586c803fe9331bc1aa','scan_smb','vulnerable-system',5,'198.51.100.4',445,'','CVE-2017-0144','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.4","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76ce-83bb-5068ac5b28bc"}]','{"identifier":"open-smb","tag":"smb;cve-2017-0144","transport":"tcp"}',3,1794290400000000,1794290400000000,1,3,3,'solved',1794474000000000,1794290400000000,1,1794294000000000,NULL,0,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'13cad1f3d78a8e9aaf81b12d29defe6a','scan_smb','vulnerable-system',5,'203.0.113.3',445,'','','owner','[{"kind":"prefix","value":"203.0.113.0/29","on":"203.0.113.3","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76d0-a5d8-398d9985ca7f"}]','{"identifier":"open-smb","tag":"smb","transport":"tcp"}',3,1794290400000000,1794470400000000,3,3,7,'acknowledged',1794294000000000,1794294000000000,0,1794564000000000,1794823200000000,1,NULL);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'9d3674c8500ea0e82f3023582057a728','scan_ftp','vulnerable-system',2,'192.0.2.5',21,'','','owner','[{"kind":"prefix","value":"192.0.2.0/28","on":"192.0.2.5","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76c8-b156-70e57d205a5d"}]','{"identifier":"accessible-ftp","tag":"ftp","transport":"tcp"}',4,1795500000000000,1795500000000000,1,9,9,'new',1795500000000000,0,0,NULL,NULL,0,1795993200000000);
INSERT INTO notify_exposure VALUES(X'01a21077e2777aaaa064af44a4f08173',X'9d3674c8500ea0e82f3023582057a728','scan_ftp','vulnerable-system',2,'192.0.2.5',21,'','','provider','[{"kind":"prefix","value":"192.0.2.0/24","on":"192.0.2.5","since":"2026-07-01T05:00:00Z","role":"provider","asset":"01a21077-e279-76d1-a5a9-5dd2a4345c89"}]','{"identifier":"accessible-ftp","tag":"ftp","transport":"tcp"}',4,1795500000000000,1795500000000000,1,9,9,'new',1795500000000000,0,0,NULL,NULL,0,1795993200000000);
INSERT INTO notify_exposure VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'8cdc8be47f7615b4cec7df3ec51d4b12','scan_telnet','vulnerable-system',5,'198.51.100.9',23,'','','owner','[{"kind":"prefix","value":"198.51.100.0/28","on":"198.51.100.9","since":"2026-07-01T05:00:00Z","role":"owner","asset":"01a21077-e279-76ce-83bb-5068ac5b28bc"}]','{"identifier":"open-telnet","tag":"telnet","transport":"tcp"}',5,1795500000000000,1795500000000000,1,10,10,'open',1795503600000000,0,0,1795503600000000,1795762800000000,0,NULL);
CREATE TABLE notify_preference (
    organisation_id BYTEA  NOT NULL REFERENCES directory_organisation (id),
    severity        BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 5),
    cadence         TEXT   NOT NULL CHECK (cadence IN ('at_once', 'daily', 'weekly', 'never')),
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, severity)
);
INSERT INTO notify_preference VALUES(X'01a21077e2777a8c99b094bde0697f7a',4,'daily',1794294000000000);
INSERT INTO notify_preference VALUES(X'01a21077e2777aa3a5acdf2041475bcb',2,'never',1794294000000000);
INSERT INTO notify_preference VALUES(X'01a21077e2777aa3a5acdf2041475bcb',3,'weekly',1794294000000000);
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
INSERT INTO notify_notification VALUES(X'01a21077e2857a8f9c6165186cd4d944','PLD-NSV1P-FK226',X'01a21077e2777aa3a5acdf2041475bcb','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Een website of webpagina van jou heeft een bekend lek [PLD-NSV1P-FK226]',replace('Beste Molen De Zwaan,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 1 systeem of account van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met ee','\n',char(10)),'<p>Waarschuwing (hoog): Een website of webpagina van jou heeft een bekend lek [PLD-NSV1P-FK226]</p>',1,1,1782885600000000);
INSERT INTO notify_notification VALUES(X'01a21077e29c7a8a9486638faea984fe','PLD-68EJ4-6NBRB',X'01a21077e2777a8c99b094bde0697f7a','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-68EJ4-6NBRB]',replace('Beste Bakkerij De Korst,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 3 systemen of accounts van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je m','\n',char(10)),'<p>Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-68EJ4-6NBRB]</p>',3,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21077e29d7497815793c346838a8a','PLD-JSQAJ-XD3DK',X'01a21077e2777a9a82c6e77d51bf3542','warning',5,'vulnerable-system','en','Warning (critical): 2 problems in your systems [PLD-JSQAJ-XD3DK]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 2\nsystems or accounts of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with a','\n',char(10)),'<p>Warning (critical): 2 problems in your systems [PLD-JSQAJ-XD3DK]</p>',2,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21077e29e78e0a66e9a79ff95421b','PLD-Q1N7J-RDPBK',X'01a21077e2777aa3a5acdf2041475bcb','warning',5,'vulnerable-system','nl','Waarschuwing (kritiek): 2 problemen in je systemen [PLD-Q1N7J-RDPBK]',replace('Beste Molen De Zwaan,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 2 systemen of accounts van jullie. Hieronder lees je wat er\nis gezien en wat je kunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met ','\n',char(10)),'<p>Waarschuwing (kritiek): 2 problemen in je systemen [PLD-Q1N7J-RDPBK]</p>',2,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21077e29f759492098d079412fa09','PLD-RTRA1-79R5E',X'01a21077e2777aaaa064af44a4f08173','warning',4,'vulnerable-system','nl','Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-RTRA1-79R5E]',replace('Beste Polderhost B.V.,\n\nPolder waarschuwt bedrijven voor digitale gevaren. Wij kregen een\nmelding over 3 systemen in netwerken die jullie voor anderen verzorgen.\nGeef dit door aan de klant, of pak het zelf aan als jullie het beheer\ndoen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te logg','\n',char(10)),'<p>Waarschuwing (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-RTRA1-79R5E]</p>',3,1,1794294000000000);
INSERT INTO notify_notification VALUES(X'01a21077e2d77c42bd8a627965e18864','PLD-727NC-CE5MF',X'01a21077e2777a9a82c6e77d51bf3542','closing',5,'vulnerable-system','en','Solved: 1 problem can no longer be seen [PLD-727NC-CE5MF]',replace('Dear Smederij Vonk & Zonen,\n\nGood news: 1 problem that we wrote to you about is not in the two latest\nreports any more. We take it as solved. You need not do anything.\n\nWINDOWS SHARED FOLDERS CAN BE REACHED FROM THE INTERNET\n\n- 198.51.100.4:445 CVE-2017-0144: seen on 10 November 2026, 07:00\n  (UTC+1','\n',char(10)),'<p>Solved: 1 problem can no longer be seen [PLD-727NC-CE5MF]</p>',1,1,1794474000000000);
INSERT INTO notify_notification VALUES(X'01a21077e2df7ebe967569ef823cc497','PLD-JTHKA-7YTWR',X'01a21077e2777aa3a5acdf2041475bcb','reminder',5,'vulnerable-system','nl','Herinnering (kritiek): Gedeelde mappen van Windows zijn bereikbaar vanaf internet [PLD-JTHKA-7YTWR]',replace('Beste Molen De Zwaan,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? ','\n',char(10)),'<p>Herinnering (kritiek): Gedeelde mappen van Windows zijn bereikbaar vanaf internet [PLD-JTHKA-7YTWR]</p>',1,1,1794564000000000);
INSERT INTO notify_notification VALUES(X'01a21077e2e076fdac4cc81d55759a34','PLD-NRSJ5-SNKWC',X'01a21077e2777a9a82c6e77d51bf3542','warning',4,'vulnerable-system','en','Warning (high): Remote log-in (RDP) is open to the whole internet [PLD-NRSJ5-SNKWC]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 1\nsystem or account of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with an ','\n',char(10)),'<p>Warning (high): Remote log-in (RDP) is open to the whole internet [PLD-NRSJ5-SNKWC]</p>',1,1,1794564000000000);
INSERT INTO notify_notification VALUES(X'01a21077e2ee730484f97abe1f4414fc','PLD-AQBW3-5K1RE',X'01a21077e2777a8c99b094bde0697f7a','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-AQBW3-5K1RE]',replace('Beste Bakkerij De Korst,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 192.0.2.7:3389 (till.korst.example) CVE-2019-0708: gezien op 13\n  november 2026, 10:00 (UTC+1), in 4 rapporten sinds 10 november 2026.\n  Waarom jij dit krijgt: 192.0.2.7 valt in 192.0.2.0/28, dat bij jullie\n  hoort sinds de registratie op 1 juli 2026.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-AQBW3-5K1RE. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Bakkerij De Korst, omdat dit adres is\nopgegeven voor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-AQBW3-5K1RE]</p>',1,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a21077e2ef71f694826c9501995bf4','PLD-2955K-0X3J9',X'01a21077e2777aa3a5acdf2041475bcb','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-2955K-0X3J9]',replace('Beste Molen De Zwaan,\n\nWe schreven je eerder over 1 systeem of account van jullie. In nieuwe\nmeldingen is het nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 203.0.113.3:3389: gezien op 13 november 2026, 10:00 (UTC+1), in 4\n  rapporten sinds 10 november 2026. Waarom jij dit krijgt: 203.0.113.3\n  valt in 203.0.113.0/29, dat bij jullie hoort sinds de registratie op 1\n  juli 2026.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-2955K-0X3J9. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Molen De Zwaan, omdat dit adres is opgegeven\nvoor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-2955K-0X3J9]</p>',1,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a21077e2ef7bfb98a522f168d52827','PLD-8VMRV-KBMYD',X'01a21077e2777aaaa064af44a4f08173','reminder',4,'vulnerable-system','nl','Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-8VMRV-KBMYD]',replace('Beste Polderhost B.V.,\n\nWe schreven je eerder over 2 systemen of accounts van jullie. In nieuwe\nmeldingen zijn ze nog steeds te zien. Hieronder staat nog eens wat je\nkunt doen.\n\nDeze mail heeft geen bijlage. We vragen je niet om in te loggen, en niet\nom gegevens of geld. Werk je met een IT-leverancier? Dan kun je op de\npagina onderaan een eigen link voor je leverancier maken.\n\n------------------------------------------------------------------------\n\nINLOGGEN OP AFSTAND (RDP) STAAT OPEN VOOR HET HELE INTERNET (HOOG)\n\nEen computer in je netwerk laat inloggen op afstand toe vanaf het hele\ninternet. Dat gaat via RDP, het extern bureaublad van Windows.\n\n- 192.0.2.7:3389 (till.korst.example) CVE-2019-0708: gezien op 13\n  november 2026, 10:00 (UTC+1), in 4 rapporten sinds 10 november 2026.\n  Waarom jij dit krijgt: 192.0.2.7 valt in 192.0.2.0/24, dat bij jullie\n  hoort sinds de registratie op 1 juli 2026. Je krijgt dit als\n  leverancier: de eigenaar is iemand anders, en krijgt zo mogelijk ook\n  bericht.\n- 192.0.2.8:3389: gezien op 13 november 2026, 10:00 (UTC+1), in 4\n  rapporten sinds 10 november 2026. Waarom jij dit krijgt: 192.0.2.8\n  valt in 192.0.2.0/24, dat bij jullie hoort sinds de registratie op 1\n  juli 2026. Je krijgt dit als leverancier: de eigenaar is iemand\n  anders, en krijgt zo mogelijk ook bericht.\n\nBron: The Shadowserver Foundation, rapport scan_rdp\n(2026-11-13-scan_rdp-example-nl.csv). Krijg je dit rapport zelf ook? Dan\ngaat het om dezelfde melding.\n\nWAT HET JE KAN KOSTEN\n\nAanvallers proberen hier dag en nacht wachtwoorden. Lukt er één, dan\nkunnen ze meekijken, bestanden stelen of alles op slot zetten voor\nlosgeld. Of er al iemand binnen is geweest, weten we niet.\n\nWAT JE KUNT DOEN\n\n1. Zet in je router of firewall (het filter tussen jou en internet)\n   poort 3389 dicht, zowel TCP als UDP. Verwijder ook een doorstuurregel\n   naar deze computer.\n2. Werken mensen op afstand? Laat ze eerst inloggen op een VPN (een\n   beveiligde verbinding) of een RD Gateway, met inloggen in twee\n   stappen.\n3. Bekijk in het beveiligingslogboek van Windows wie er inlogde: nummer\n   4624 is gelukt, 4625 mislukt. Let op vreemde tijden, namen en\n   adressen.\n4. Installeer alle Windows-updates. Schakel accounts uit die niemand\n   gebruikt en geef de rest een lang, uniek wachtwoord.\n5. Stel in dat een account na tien mislukte pogingen een kwartier op\n   slot gaat.\n\nHoelang duurt het? Dichtzetten kost een kwartier. Een VPN of gateway\ninrichten kost een halve tot een hele dag.\n\nVRAAG AAN JE IT-LEVERANCIER\n\nKun je poort 3389 (TCP en UDP) voor internet sluiten en RDP achter VPN\nof RD Gateway met MFA zetten? Controleer ook event 4624 en 4625 op\nvreemde aanmeldingen.\n\nLAAT ONS WETEN HOE HET STAAT\n\nBen je ermee bezig, is het opgelost, klopt er iets niet, of kom je er\nniet uit? Dat geef je door op de pagina hieronder. Je hebt geen account\nnodig. Wil je hulp? Dan nemen wij contact met je op.\n\n  {{feedback-link}}\n\nDe link is alleen voor jullie en werkt 90 dagen.\n\nWANNEER SCHRIJVEN WE WEER?\n\nIs dit over 7 dagen nog te zien, dan sturen we een herinnering. Is het\nopgelost, dan krijg je daar bericht van.\n\n------------------------------------------------------------------------\n\nIS DEZE MAIL ECHT?\n\nHet nummer van deze mail is PLD-8VMRV-KBMYD. Typ zelf het adres\nhieronder over in je browser en vul het nummer in. Je ziet dan of wij de\nmail hebben gestuurd.\n\n  https://polder.example/verify\n\nPolder stuurt deze mail aan Polderhost B.V., omdat dit adres is\nopgegeven voor waarschuwingen.\n','\n',char(10)),'<p>Herinnering (hoog): Inloggen op afstand (RDP) staat open voor het hele internet [PLD-8VMRV-KBMYD]</p>',2,1,1795503600000000);
INSERT INTO notify_notification VALUES(X'01a21077e2f07740a931c8f7e81d9ad0','PLD-74EW4-XDDAT',X'01a21077e2777a9a82c6e77d51bf3542','warning',5,'vulnerable-system','en','Warning (critical): A device can be controlled over Telnet from the internet [PLD-74EW4-XDDAT]',replace('Dear Smederij Vonk & Zonen,\n\nPolder warns companies of digital dangers. We received a report about 1\nsystem or account of yours. Below you can read what was seen and what\nyou can do.\n\nThis mail has no attachment. We do not ask you to sign in, and we do not\nask for data or money. Do you work with an IT supplier? On the page at\nthe end you can make a link for your supplier.\n\n------------------------------------------------------------------------\n\nA DEVICE CAN BE CONTROLLED OVER TELNET FROM THE INTERNET (CRITICAL)\n\nA device in your network can be controlled from the internet over\nTelnet. That is an old way to log in that encrypts nothing.\n\n- 198.51.100.9:23: seen on 24 November 2026, 07:00 (UTC+1). Why you:\n  198.51.100.9 lies in 198.51.100.0/28, which is registered as yours\n  since 1 July 2026.\n\nSource: The Shadowserver Foundation, report scan_telnet\n(2026-11-24-scan_telnet-example-nl.csv). Do you receive this report\nyourself? Then this is the same finding.\n\nWHAT IT CAN COST YOU\n\nAnyone listening in can read the password. Malicious programs search for\nTelnet all day and try factory passwords. A device that is taken over\nthen joins attacks on others.\n\nWHAT YOU CAN DO\n\n1. Find the device: often it is a router, camera, switch or recorder.\n   Switch Telnet off in its settings screen.\n2. Close ports 23 and 2323 (TCP) to the internet in your router or\n   firewall.\n3. Install the latest firmware (the software of the device). If there\n   are no updates any more, replace it.\n4. Change the admin password to a long one that you use nowhere else. If\n   you see anything odd, reset the device to factory settings first.\n\nHow long does it take? About half an hour per device.\n\nQUESTION FOR YOUR IT SUPPLIER\n\nCould you disable Telnet (TCP 23 and 2323) on this device, allow only\ninternal management over SSH or HTTPS, and update the firmware?\n\nTELL US HOW IT STANDS\n\nAre you on it, is it solved, is something not right, or are you stuck?\nYou can tell us on the page below. You need no account. Would you like\nhelp? Then we will contact you.\n\n  {{feedback-link}}\n\nThe link is for you alone and works for 90 days.\n\nWHEN DO WE WRITE AGAIN?\n\nIf this can still be seen in 3 days, we will send a reminder. Once it is\nsolved, we will tell you.\n\n------------------------------------------------------------------------\n\nIS THIS MAIL REAL?\n\nThe number of this mail is PLD-74EW4-XDDAT. Type the address below into\nyour browser yourself and fill in the number. You will then see whether\nwe sent this mail.\n\n  https://polder.example/verify\n\nPolder sends this mail to Smederij Vonk & Zonen, because this address\nwas given for warnings.\n','\n',char(10)),'<p>Warning (critical): A device can be controlled over Telnet from the internet [PLD-74EW4-XDDAT]</p>',1,1,1795503600000000);
CREATE TABLE notify_item (
    notification_id BYTEA NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    PRIMARY KEY (notification_id, fingerprint)
);
INSERT INTO notify_item VALUES(X'01a21077e2857a8f9c6165186cd4d944',X'01a21077e2777aa3a5acdf2041475bcb',X'0fe5e3ec46c0ab118764b0941575f747');
INSERT INTO notify_item VALUES(X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a',X'fcc5295c892082fdb8ad816297f84238');
INSERT INTO notify_item VALUES(X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21077e29d7497815793c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542',X'eb9317f4599b956f48bf33cdfca4661a');
INSERT INTO notify_item VALUES(X'01a21077e29d7497815793c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542',X'2d721064bdb03b586c803fe9331bc1aa');
INSERT INTO notify_item VALUES(X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb',X'f71a92cea3bed68ddcfd2b0a10b63bcc');
INSERT INTO notify_item VALUES(X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb',X'13cad1f3d78a8e9aaf81b12d29defe6a');
INSERT INTO notify_item VALUES(X'01a21077e29f759492098d079412fa09',X'01a21077e2777aaaa064af44a4f08173',X'fcc5295c892082fdb8ad816297f84238');
INSERT INTO notify_item VALUES(X'01a21077e29f759492098d079412fa09',X'01a21077e2777aaaa064af44a4f08173',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a21077e29f759492098d079412fa09',X'01a21077e2777aaaa064af44a4f08173',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21077e2d77c42bd8a627965e18864',X'01a21077e2777a9a82c6e77d51bf3542',X'2d721064bdb03b586c803fe9331bc1aa');
INSERT INTO notify_item VALUES(X'01a21077e2df7ebe967569ef823cc497',X'01a21077e2777aa3a5acdf2041475bcb',X'13cad1f3d78a8e9aaf81b12d29defe6a');
INSERT INTO notify_item VALUES(X'01a21077e2e076fdac4cc81d55759a34',X'01a21077e2777a9a82c6e77d51bf3542',X'eb9317f4599b956f48bf33cdfca4661a');
INSERT INTO notify_item VALUES(X'01a21077e2ee730484f97abe1f4414fc',X'01a21077e2777a8c99b094bde0697f7a',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21077e2ef71f694826c9501995bf4',X'01a21077e2777aa3a5acdf2041475bcb',X'f71a92cea3bed68ddcfd2b0a10b63bcc');
INSERT INTO notify_item VALUES(X'01a21077e2ef7bfb98a522f168d52827',X'01a21077e2777aaaa064af44a4f08173',X'0fcacba7027bce282be283e0c5b43ff0');
INSERT INTO notify_item VALUES(X'01a21077e2ef7bfb98a522f168d52827',X'01a21077e2777aaaa064af44a4f08173',X'a0c0c25519c3900f8d116e9cbe1e47d3');
INSERT INTO notify_item VALUES(X'01a21077e2f07740a931c8f7e81d9ad0',X'01a21077e2777a9a82c6e77d51bf3542',X'8cdc8be47f7615b4cec7df3ec51d4b12');
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
INSERT INTO notify_delivery VALUES(X'01a21077e28c7e18a124f2b8fb49e0c9',X'01a21077e2857a8f9c6165186cd4d944','info@molen.example','pld-nsv1p-fk226@polder.example','sent',1,NULL,1782885600000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e29d71b8a9dc6c0fb21bf79a',X'01a21077e29c7a8a9486638faea984fe','info@korst.example','pld-68ej4-6nbrb@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e29e71fe9d27a163b7a83f2b',X'01a21077e29d7497815793c346838a8a','info@vonk.example','pld-jsqaj-xd3dk@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e29f716ba2d9b11266e5eaa4',X'01a21077e29e78e0a66e9a79ff95421b','info@molen.example','pld-q1n7j-rdpbk@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e29f7c4ea4f14314396e4cab',X'01a21077e29f759492098d079412fa09','abuse@host.example','pld-rtra1-79r5e@polder.example','sent',1,NULL,1794294000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e2d87128a180ce36a0a82d9a',X'01a21077e2d77c42bd8a627965e18864','info@vonk.example','pld-727nc-ce5mf@polder.example','sent',1,NULL,1794474000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e2e074e08a5c1251a85a273a',X'01a21077e2df7ebe967569ef823cc497','info@molen.example','pld-jthka-7ytwr@polder.example','sent',1,NULL,1794564000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e2e07b4aa1c7067de8d719b9',X'01a21077e2e076fdac4cc81d55759a34','info@vonk.example','pld-nrsj5-snkwc@polder.example','sent',1,NULL,1794564000000000,'250 2.0.0 OK: queued');
INSERT INTO notify_delivery VALUES(X'01a21077e2ee7d5e8e7aed31fa30e91e',X'01a21077e2ee730484f97abe1f4414fc','info@korst.example','pld-aqbw3-5k1re@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a21077e2ef78fdae3f90ce897d28fa',X'01a21077e2ef71f694826c9501995bf4','info@molen.example','pld-2955k-0x3j9@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a21077e2f073e1a30158b61930e00c',X'01a21077e2ef7bfb98a522f168d52827','abuse@host.example','pld-8vmrv-kbmyd@polder.example','queued',0,1795503600000000,NULL,'');
INSERT INTO notify_delivery VALUES(X'01a21077e2f07e1fa2735115ff4582b1',X'01a21077e2f07740a931c8f7e81d9ad0','info@vonk.example','pld-74ew4-xddat@polder.example','queued',0,1795503600000000,NULL,'');
CREATE TABLE notify_link (
    token_hash      BYTEA  NOT NULL PRIMARY KEY,
    notification_id BYTEA  NOT NULL REFERENCES notify_notification (id) ON DELETE CASCADE,
    organisation_id BYTEA  NOT NULL,
    holder          TEXT   NOT NULL CHECK (holder IN ('recipient', 'supplier')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);
INSERT INTO notify_link VALUES(X'8b0320484cdcfd03399173f110a2b3ead8219b67ab461c726f0cedfc8f9480f3',X'01a21077e2857a8f9c6165186cd4d944',X'01a21077e2777aa3a5acdf2041475bcb','recipient',1782885600000000,1790661600000000,NULL);
INSERT INTO notify_link VALUES(X'39f1018635483259eb9618cc276e52045cdee94545993e26a424287ea10404a7',X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'8fdee874d467d658385bf090872a20b1c2d10ddbcd17f0a39610456f8253f58a',X'01a21077e29d7497815793c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'414161612a9706dd6db7cc4bc56b36617bf80dba3a34560d3be410fd1349e61f',X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'5ceb132c60f1bab61441cd5572348afe6f131dfb87bf2f585062596f6780394f',X'01a21077e29f759492098d079412fa09',X'01a21077e2777aaaa064af44a4f08173','recipient',1794294000000000,1802070000000000,NULL);
INSERT INTO notify_link VALUES(X'42a6f740e47867834982fb2f1f9a3d3174ef3e5ffd92388739f32bd4d9d05cee',X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','supplier',1794294000000000,1796886000000000,NULL);
INSERT INTO notify_link VALUES(X'5886a94d9748ee2c4b00e77f53d419d8e69fc9d1e15659790663711550ce7cdd',X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','supplier',1794294000000000,1796886000000000,NULL);
INSERT INTO notify_link VALUES(X'1b1b0fd4a3ba1d7be032b814c9b0ca2f04b3da9155d03539ab1ecb3910fb8a05',X'01a21077e2df7ebe967569ef823cc497',X'01a21077e2777aa3a5acdf2041475bcb','recipient',1794564000000000,1802340000000000,NULL);
INSERT INTO notify_link VALUES(X'8435339b82219140aaa035f5a68bc5923ea425c7dda6ae16fbb605761126d3f6',X'01a21077e2e076fdac4cc81d55759a34',X'01a21077e2777a9a82c6e77d51bf3542','recipient',1794564000000000,1802340000000000,NULL);
INSERT INTO notify_link VALUES(X'5ff27ba68d60abf7c3b40e73d82ce49cd39c999d78b9929a717ac9cd7e179160',X'01a21077e2ee730484f97abe1f4414fc',X'01a21077e2777a8c99b094bde0697f7a','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'134727f416fa79d86c1714226183967a7545c9f1c1e8a24cc47948df13997d91',X'01a21077e2ef71f694826c9501995bf4',X'01a21077e2777aa3a5acdf2041475bcb','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'5cb771d3e1da69cf3ce447460358b1da0a6bbbb3e013ed3e3b7623f22e61e1be',X'01a21077e2ef7bfb98a522f168d52827',X'01a21077e2777aaaa064af44a4f08173','recipient',1795503600000000,1803279600000000,NULL);
INSERT INTO notify_link VALUES(X'6b36c5e62f88a286cec6583099558567059a4d3d288fed5d292b7e7642079e1f',X'01a21077e2f07740a931c8f7e81d9ad0',X'01a21077e2777a9a82c6e77d51bf3542','recipient',1795503600000000,1803279600000000,NULL);
CREATE TABLE notify_link_item (
    token_hash  BYTEA NOT NULL REFERENCES notify_link (token_hash) ON DELETE CASCADE,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (token_hash, fingerprint)
);
INSERT INTO notify_link_item VALUES(X'5886a94d9748ee2c4b00e77f53d419d8e69fc9d1e15659790663711550ce7cdd',X'a0c0c25519c3900f8d116e9cbe1e47d3');
CREATE TABLE notify_upkeep (
    what   TEXT   NOT NULL PRIMARY KEY,
    ran_at BIGINT NOT NULL
);
INSERT INTO notify_upkeep VALUES('retain',1794564000000000);
INSERT INTO notify_upkeep VALUES('expire',1794564000000000);
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
INSERT INTO notify_tally VALUES('shadowserver','scan_rdp','forwarded',2);
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
INSERT INTO notify_feedback VALUES(X'01a21077e2a87eb4a1fb5b62c0261705',X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','recipient',NULL,NULL,'','on_it','De leverancier komt dinsdag.',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2aa76bb84764d543d58f9d5',X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','recipient',NULL,NULL,'','not_ours','',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2ab7806848282af50bbc8aa',X'01a21077e29d7497815793c346838a8a',X'01a21077e2777a9a82c6e77d51bf3542','recipient',NULL,NULL,'','solved','done',2,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2ac78e0b43abd192e4f611a',X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','recipient',NULL,NULL,'','forwarded','',2,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2ad7e9fa20c660b82d36969',X'01a21077e29e78e0a66e9a79ff95421b',X'01a21077e2777aa3a5acdf2041475bcb','supplier',NULL,NULL,'','on_it','',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2ae7ef396873ef2a30fcc90',X'01a21077e29c7a8a9486638faea984fe',X'01a21077e2777a8c99b094bde0697f7a','recipient',NULL,NULL,'','forwarded','',1,1794294000000000);
INSERT INTO notify_feedback VALUES(X'01a21077e2b37700b5c4de32e698a039',NULL,X'01a21077e2777a8c99b094bde0697f7a','person',X'01a21077e2b07be4ab9c5d736ae9b21a',NULL,'','false_positive','een honeypot',1,1794294000000000);
CREATE TABLE notify_feedback_item (
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    feedback_id     BYTEA NOT NULL REFERENCES notify_feedback (id) ON DELETE CASCADE,
    PRIMARY KEY (organisation_id, fingerprint, feedback_id)
);
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'a0c0c25519c3900f8d116e9cbe1e47d3',X'01a21077e2a87eb4a1fb5b62c0261705');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'0fcacba7027bce282be283e0c5b43ff0',X'01a21077e2aa76bb84764d543d58f9d5');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'eb9317f4599b956f48bf33cdfca4661a',X'01a21077e2ab7806848282af50bbc8aa');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a9a82c6e77d51bf3542',X'2d721064bdb03b586c803fe9331bc1aa',X'01a21077e2ab7806848282af50bbc8aa');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'f71a92cea3bed68ddcfd2b0a10b63bcc',X'01a21077e2ac78e0b43abd192e4f611a');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'13cad1f3d78a8e9aaf81b12d29defe6a',X'01a21077e2ac78e0b43abd192e4f611a');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777aa3a5acdf2041475bcb',X'13cad1f3d78a8e9aaf81b12d29defe6a',X'01a21077e2ad7e9fa20c660b82d36969');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'a0c0c25519c3900f8d116e9cbe1e47d3',X'01a21077e2ae7ef396873ef2a30fcc90');
INSERT INTO notify_feedback_item VALUES(X'01a21077e2777a8c99b094bde0697f7a',X'fcc5295c892082fdb8ad816297f84238',X'01a21077e2b37700b5c4de32e698a039');
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
