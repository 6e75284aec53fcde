-- Times are microseconds since 1970, UTC; 0: none.

CREATE TABLE alert (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	name        TEXT NOT NULL UNIQUE,  -- finding.Alert.ID
	key         TEXT NOT NULL UNIQUE,
	family      BLOB NOT NULL,         -- hash of what its matches have in common: detection, actor, account, suppression
	window_from INTEGER NOT NULL,
	window_to   INTEGER NOT NULL,      -- exclusive
	detection   TEXT NOT NULL,
	severity    INTEGER NOT NULL,      -- position in finding.Severities
	account     TEXT NOT NULL,
	suppressed  INTEGER NOT NULL,
	test        INTEGER NOT NULL,
	opened      INTEGER NOT NULL,
	body        TEXT NOT NULL,         -- finding.Alert as it was opened, without events
	around      TEXT NOT NULL,         -- its Around
	actor       TEXT NOT NULL,         -- from here on: what changes
	regions     TEXT NOT NULL,
	first_event INTEGER NOT NULL,
	last_event  INTEGER NOT NULL,
	count       INTEGER NOT NULL,
	unasked     INTEGER NOT NULL,      -- 1: some event is from no log file
	verified    TEXT NOT NULL,
	status      TEXT NOT NULL
) STRICT;
CREATE INDEX alert_family ON alert(family, window_from);

-- One event of an alert. What is in none of the columns is in event, for the first ones of an alert; NULL for the rest.
CREATE TABLE match (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	mark       BLOB NOT NULL UNIQUE,   -- hash of detection and eventID, or place
	alert      INTEGER NOT NULL REFERENCES alert(id),
	seq        INTEGER NOT NULL,       -- in the alert, from 1
	event_id   TEXT NOT NULL,
	event_time INTEGER NOT NULL,
	source     TEXT NOT NULL,
	record     INTEGER NOT NULL,
	event      TEXT,                   -- finding.Event
	UNIQUE (alert, seq)
) STRICT;

-- A log file that alerts have events from.
CREATE TABLE log (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	source TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	state  TEXT NOT NULL,
	UNIQUE (source, sha256)
) STRICT;
CREATE INDEX log_pending ON log(id) WHERE state = 'pending';

CREATE TABLE alert_log (
	alert INTEGER NOT NULL REFERENCES alert(id),
	log   INTEGER NOT NULL REFERENCES log(id),
	PRIMARY KEY (alert, log)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_log_log ON alert_log(log);

-- What has happened to an alert, and what people decided.
CREATE TABLE action (
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	alert INTEGER NOT NULL REFERENCES alert(id),
	at    INTEGER NOT NULL,
	kind  TEXT NOT NULL,
	by    TEXT NOT NULL,
	why   TEXT NOT NULL
) STRICT;
CREATE INDEX action_alert ON action(alert);

CREATE TABLE notice (
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	alert INTEGER NOT NULL REFERENCES alert(id),
	key   TEXT NOT NULL UNIQUE,
	kind  TEXT NOT NULL,
	body  TEXT NOT NULL,               -- finding.Alert as it was then, without events
	by    TEXT NOT NULL,
	why   TEXT NOT NULL,
	at    INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_alert ON notice(alert);

-- The outbox: one notice to one sink.
CREATE TABLE delivery (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	notice   INTEGER NOT NULL REFERENCES notice(id),
	alert    INTEGER NOT NULL REFERENCES alert(id),
	sink     TEXT NOT NULL,
	alone    INTEGER NOT NULL,         -- 1: sent once, by whoever made it, never by the delivery loop
	state    INTEGER NOT NULL,         -- 0 pending, 1 delivering, 2 delivered, 3 dead
	attempts INTEGER NOT NULL,
	tries    INTEGER NOT NULL,         -- attempts that failed since it was queued, or requeued
	since    INTEGER NOT NULL,         -- when the first of them began
	next_at  INTEGER NOT NULL,
	begun    INTEGER NOT NULL,         -- when the attempt began that is under way
	UNIQUE (notice, sink)
) STRICT;
CREATE INDEX delivery_due ON delivery(sink, next_at, id) WHERE state = 0;
CREATE INDEX delivery_order ON delivery(alert, sink, notice) WHERE state < 2;
CREATE INDEX delivery_begun ON delivery(id) WHERE state = 1;
CREATE INDEX delivery_dead ON delivery(id) WHERE state = 3;
CREATE INDEX delivery_alert ON delivery(alert);

CREATE TABLE attempt (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery   INTEGER NOT NULL REFERENCES delivery(id),
	number     INTEGER NOT NULL,       -- of the delivery, from 1
	at         INTEGER NOT NULL,
	latency_ms INTEGER NOT NULL,
	result     TEXT NOT NULL,
	status     TEXT NOT NULL,
	response   TEXT NOT NULL,          -- the id that the receiver gave
	error      TEXT NOT NULL,
	UNIQUE (delivery, number)
) STRICT;

-- How far a source of events has been read.
CREATE TABLE position (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL,
	at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Matches, actions, notices and attempts are append-only; of the other tables no row goes away, and what names a row stays.
-- REPLACE deletes without asking the trigger on DELETE.
CREATE TRIGGER match_no_update BEFORE UPDATE ON match BEGIN SELECT raise(ABORT, 'matches are append-only'); END;
CREATE TRIGGER match_no_delete BEFORE DELETE ON match BEGIN SELECT raise(ABORT, 'matches are append-only'); END;
CREATE TRIGGER match_no_replace BEFORE INSERT ON match WHEN EXISTS (SELECT 1 FROM match WHERE id = NEW.id OR mark = NEW.mark OR alert = NEW.alert AND seq = NEW.seq)
	BEGIN SELECT raise(ABORT, 'matches are append-only'); END;
CREATE TRIGGER action_no_update BEFORE UPDATE ON action BEGIN SELECT raise(ABORT, 'actions are append-only'); END;
CREATE TRIGGER action_no_delete BEFORE DELETE ON action BEGIN SELECT raise(ABORT, 'actions are append-only'); END;
CREATE TRIGGER action_no_replace BEFORE INSERT ON action WHEN EXISTS (SELECT 1 FROM action WHERE id = NEW.id)
	BEGIN SELECT raise(ABORT, 'actions are append-only'); END;
CREATE TRIGGER notice_no_update BEFORE UPDATE ON notice BEGIN SELECT raise(ABORT, 'notices are append-only'); END;
CREATE TRIGGER notice_no_delete BEFORE DELETE ON notice BEGIN SELECT raise(ABORT, 'notices are append-only'); END;
CREATE TRIGGER notice_no_replace BEFORE INSERT ON notice WHEN EXISTS (SELECT 1 FROM notice WHERE id = NEW.id OR key = NEW.key)
	BEGIN SELECT raise(ABORT, 'notices are append-only'); END;
CREATE TRIGGER attempt_no_update BEFORE UPDATE ON attempt BEGIN SELECT raise(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER attempt_no_delete BEFORE DELETE ON attempt BEGIN SELECT raise(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER attempt_no_replace BEFORE INSERT ON attempt WHEN EXISTS (SELECT 1 FROM attempt WHERE id = NEW.id OR delivery = NEW.delivery AND number = NEW.number)
	BEGIN SELECT raise(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER alert_no_delete BEFORE DELETE ON alert BEGIN SELECT raise(ABORT, 'alerts stay'); END;
CREATE TRIGGER alert_no_replace BEFORE INSERT ON alert WHEN EXISTS (SELECT 1 FROM alert WHERE id = NEW.id OR name = NEW.name OR key = NEW.key)
	BEGIN SELECT raise(ABORT, 'alerts stay'); END;
CREATE TRIGGER alert_no_rename BEFORE UPDATE OF id, name, key, family, window_from, window_to, detection, severity, account, suppressed, test, opened, body, around ON alert
	BEGIN SELECT raise(ABORT, 'alerts stay'); END;
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery BEGIN SELECT raise(ABORT, 'deliveries stay'); END;
CREATE TRIGGER delivery_no_replace BEFORE INSERT ON delivery WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR notice = NEW.notice AND sink = NEW.sink)
	BEGIN SELECT raise(ABORT, 'deliveries stay'); END;
CREATE TRIGGER delivery_no_rename BEFORE UPDATE OF id, notice, alert, sink, alone ON delivery BEGIN SELECT raise(ABORT, 'deliveries stay'); END;
CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT raise(ABORT, 'log files stay'); END;
CREATE TRIGGER alert_log_no_delete BEFORE DELETE ON alert_log BEGIN SELECT raise(ABORT, 'log files stay'); END;
