-- From schema 1 to 2. A new ledger is made by schema.sql; a test holds the two equal.
CREATE INDEX folder_prefix ON folder(prefix);
ALTER TABLE digest ADD COLUMN status INTEGER NOT NULL DEFAULT 0;

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

CREATE TRIGGER change_explanation_no_update BEFORE UPDATE ON change_explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER change_explanation_no_delete BEFORE DELETE ON change_explanation BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
CREATE TRIGGER change_explanation_no_replace BEFORE INSERT ON change_explanation WHEN EXISTS (SELECT 1 FROM change_explanation WHERE id = NEW.id)
	BEGIN SELECT raise(ABORT, 'explanations are append-only'); END;
