-- What the lake consists of. A Parquet file that is not in part is not part of the lake.
CREATE TABLE lake (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL,      -- grows with every change
	columns TEXT NOT NULL          -- of the Parquet files, in the order of their field ids, with commas between
) STRICT;
INSERT INTO lake VALUES (1, 0, '');

CREATE TABLE part (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	account    TEXT NOT NULL,
	region     TEXT NOT NULL,
	date       TEXT NOT NULL,
	name       TEXT NOT NULL,      -- of the file in the partition's folder
	rows       INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	first_time INTEGER NOT NULL,   -- microseconds since 1970, of the events that have a time
	last_time  INTEGER NOT NULL,
	untimed    INTEGER NOT NULL,   -- rows without a time
	verified   INTEGER NOT NULL,   -- rows by state of their log file
	pending    INTEGER NOT NULL,
	unlisted   INTEGER NOT NULL,
	failed     INTEGER NOT NULL,
	retired    INTEGER NOT NULL DEFAULT 0 -- 1: replaced, and to be removed
) STRICT;
CREATE INDEX part_place ON part(account, region, date);

CREATE TABLE log_file (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	source      TEXT NOT NULL,
	key         TEXT NOT NULL,     -- below the source
	sha256      BLOB NOT NULL,     -- of the uncompressed content; empty: it could not be read whole
	version     TEXT NOT NULL,     -- of the object that was read; see object.Info
	account     TEXT NOT NULL,     -- of the key; empty where it is not CloudTrail's
	region      TEXT NOT NULL,
	size        INTEGER NOT NULL,  -- bytes as stored
	inflated    INTEGER NOT NULL,
	records     INTEGER NOT NULL,  -- records found in it
	odd         INTEGER NOT NULL,  -- records that are kept whole in raw
	faults      INTEGER NOT NULL,  -- records that are no JSON, and other damage
	state       TEXT NOT NULL,     -- verified, pending, unlisted or failed
	digest      TEXT NOT NULL,
	places      TEXT NOT NULL,     -- JSON: the partitions its rows are in, [account, region, date]
	ingested_at INTEGER NOT NULL,
	UNIQUE (source, key, sha256)
) STRICT;

-- What could not be taken in as it should be, with its place.
CREATE TABLE fault (
	log_file INTEGER NOT NULL REFERENCES log_file(id) ON DELETE CASCADE,
	record   INTEGER NOT NULL,     -- number in the file; -1: the file
	at       INTEGER NOT NULL,     -- byte in the uncompressed file
	reason   TEXT NOT NULL
) STRICT;
CREATE INDEX fault_log_file ON fault(log_file);

-- Up to which day, as CloudTrail's folders have it, every file of a folder was taken in: where --since-last begins.
CREATE TABLE seen (
	source TEXT NOT NULL,
	folder TEXT NOT NULL,
	day    TEXT NOT NULL,          -- 2026/03/02
	PRIMARY KEY (source, folder)
) STRICT, WITHOUT ROWID;

-- Parts that a copy of the lake in a bucket has.
CREATE TABLE replica (
	target TEXT NOT NULL,
	part   INTEGER NOT NULL,
	key    TEXT NOT NULL,
	PRIMARY KEY (target, part)
) STRICT, WITHOUT ROWID;
