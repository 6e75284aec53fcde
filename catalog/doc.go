// Package catalog is the content that Trailseal comes with, one file for each item, embedded in the program: for now the
// questions, in queries/*.sql. It holds their types, and a loader that refuses what is not exactly as described here, so
// that a misspelt word is an error with its file and line, and never an answer to another question.
//
// A query is one file. Comments at the top say what it asks; one SELECT follows, in the SQL of package dialect:
//
//	-- title: Use of the root user
//	-- question: When was root used,
//	--   and from where?
//	-- criteria: soc2/CC6.1, soc2/CC6.3
//	-- window: period
//	-- param: accounts list = ''  -- only these accounts; all when empty
//	-- columns: event_time, account, event_id
//	-- engines: duckdb, trino
//
//	SELECT …
//
// Lines that begin with "--" and three spaces continue the line above. The window is period, where the engine shows the
// query only the events from :from on, before :to; or all, where it shows the whole lake and the query itself has to look
// at the time. A param has a name, a type (text, list, int, time or bool), a default (without one, it has to be given)
// and what it is for; param may stand several times or not at all. The engines may be left out; all else must be there.
// The id of a query is the name of its file without .sql.
//
// It runs nothing, and judges no answer.
package catalog
