CREATE TABLE source (
	id  INTEGER PRIMARY KEY,
	uri TEXT NOT NULL UNIQUE
) STRICT;

-- One account and region below a source.
CREATE TABLE scope (
	id      INTEGER PRIMARY KEY,
	source  INTEGER NOT NULL REFERENCES source(id),
	site    TEXT NOT NULL,
	account TEXT NOT NULL,
	region  TEXT NOT NULL,
	UNIQUE (source, site, account, region)
) STRICT;

-- One folder of log files of a scope; an empty prefix holds full names of log files that lie elsewhere.
CREATE TABLE folder (
	id     INTEGER PRIMARY KEY,
	scope  INTEGER NOT NULL REFERENCES scope(id),
	prefix TEXT NOT NULL,
	UNIQUE (scope, prefix)
) STRICT;
CREATE INDEX folder_prefix ON folder(prefix);

CREATE TABLE digest (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	scope        INTEGER NOT NULL REFERENCES scope(id),
	name         TEXT NOT NULL,
	version      TEXT NOT NULL,
	problem      TEXT NOT NULL,
	start_time   INTEGER NOT NULL, -- seconds since 1970
	end_time     INTEGER NOT NULL,
	end_text     TEXT NOT NULL,
	bucket       TEXT NOT NULL,
	object       TEXT NOT NULL,    -- empty: the same as name
	fingerprint  TEXT NOT NULL,
	sha256       BLOB NOT NULL,
	prev_bucket  TEXT NOT NULL,
	prev_object  TEXT NOT NULL,
	prev_hash    TEXT NOT NULL,
	prev_sig     ANY,              -- NULL: null in the digest; BLOB: lower-case hex
	has_metadata INTEGER NOT NULL,
	signature    ANY NOT NULL,
	algorithm    TEXT NOT NULL,
	backfill     TEXT NOT NULL,
	proven       ANY,              -- NULL: none; 1: the signature column; else the signature
	logs         INTEGER NOT NULL,
	status       INTEGER NOT NULL DEFAULT 0 -- integrity.Status, of the last run that looked at it
) STRICT;
CREATE INDEX digest_scope ON digest(scope);

-- One log file as one digest lists it, with what the last reading found.
CREATE TABLE log (
	folder  INTEGER NOT NULL,
	name    TEXT NOT NULL,
	digest  INTEGER NOT NULL,
	sha256  BLOB NOT NULL,
	version TEXT NOT NULL DEFAULT '',
	state   INTEGER NOT NULL DEFAULT 0,
	problem TEXT NOT NULL DEFAULT '',
	size    INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (folder, name, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE public_key (
	fingerprint TEXT PRIMARY KEY,
	region      TEXT NOT NULL,
	der         BLOB NOT NULL,
	not_before  INTEGER NOT NULL, -- 0: not known
	not_after   INTEGER NOT NULL,
	origin      TEXT NOT NULL     -- the API, or the file it came from
) STRICT;

CREATE TABLE coverage (
	source  INTEGER NOT NULL REFERENCES source(id),
	account TEXT NOT NULL,
	region  TEXT NOT NULL,
	day     INTEGER NOT NULL,     -- days since 1970
	hours   TEXT NOT NULL,        -- 24 letters, integrity.State
	PRIMARY KEY (source, account, region, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE explanation (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	account   TEXT NOT NULL,      -- empty: every account
	region    TEXT NOT NULL,
	from_time INTEGER NOT NULL,
	to_time   INTEGER NOT NULL,
	reason    TEXT NOT NULL,
	ticket    TEXT NOT NULL,
	reviewer  TEXT NOT NULL,
	made_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE run (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	source  INTEGER NOT NULL REFERENCES source(id),
	started INTEGER NOT NULL,
	ended   INTEGER NOT NULL,
	from_time INTEGER NOT NULL,
	to_time   INTEGER NOT NULL,
	result  TEXT NOT NULL,
	summary TEXT NOT NULL         -- JSON of the report without its lists
) STRICT;

-- What the last run that looked at an account and region found wrong there. Runs are history; this is what is known now.
CREATE TABLE finding (
	source    INTEGER NOT NULL REFERENCES source(id),
	kind      TEXT NOT NULL,      -- integrity.Kind, or gap
	severity  TEXT NOT NULL,
	account   TEXT NOT NULL,
	region    TEXT NOT NULL,
	from_time INTEGER NOT NULL,   -- 0: not known
	to_time   INTEGER NOT NULL,
	key       TEXT NOT NULL,
	detail    TEXT NOT NULL,
	found_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX finding_place ON finding(source, account, region);

-- What a person says of an event that changed the logging itself: the newest of an event counts.
CREATE TABLE change_explanation (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	event    TEXT NOT NULL,       -- eventID
	reason   TEXT NOT NULL,
	ticket   TEXT NOT NULL,
	reviewer TEXT NOT NULL,
	made_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX change_explanation_event ON change_explanation(event);

-- Explanations and runs are append-only. REPLACE deletes without asking the trigger on DELETE.
CREATE TRIGGER explanation_no_update BEFORE UPDATE ON explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER explanation_no_delete BEFORE DELETE ON explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER explanation_no_replace BEFORE INSERT ON explanation WHEN EXISTS (SELECT 1 FROM explanation WHERE id = NEW.id)
	BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT raise(ABORT, 'runs are append-only'); END;
CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN SELECT raise(ABORT, 'runs are append-only'); END;
CREATE TRIGGER run_no_replace BEFORE INSERT ON run WHEN EXISTS (SELECT 1 FROM run WHERE id = NEW.id)
	BEGIN SELECT raise(ABORT, 'runs are append-only'); END;
CREATE TRIGGER change_explanation_no_update BEFORE UPDATE ON change_explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER change_explanation_no_delete BEFORE DELETE ON change_explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER change_explanation_no_replace BEFORE INSERT ON change_explanation WHEN EXISTS (SELECT 1 FROM change_explanation WHERE id = NEW.id)
	BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
