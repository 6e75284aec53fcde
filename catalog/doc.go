// Package catalog is the content that Trailseal comes with, one file for each item, embedded in the program: the
// questions, in queries/*.sql, and the detections, in detections/*.yaml. It holds their types, and loaders that refuse what
// is not exactly as described here, so that a misspelt word is an error with its file and line, and never an answer to
// another question.
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
// A detection is one file of YAML, with its proof:
//
//	id: trail-tags-removed
//	title: A trail lost a tag
//	severity: low
//	description: Tags of a trail were removed. Failed attempts count too.
//	criteria: [soc2/CC6.1]
//	attack: [T1562.008]
//	citation: AWS CloudTrail API Reference, RemoveTags
//	steps:
//	  - See whether a policy names the tag.
//	blind_spots: [Tags that AddTags overwrites.]
//	false_alarms: [Deployments that manage tags.]
//	pattern: '{ ($.eventSource = "cloudtrail.amazonaws.com") && ($.eventName = "RemoveTags") }'
//	alarm: {name: Trailseal-TrailTagsRemoved, metric: TrailTagsRemoved}
//	cases:
//	  - name: a tag is removed
//	    event: {eventSource: cloudtrail.amazonaws.com, eventName: RemoveTags}
//	    want: match
//	  - name: another service
//	    event: {eventSource: es.amazonaws.com, eventName: RemoveTags}
//	    want: none
//
// attack, blind_spots, false_alarms and alarm may be left out; all else must be there, in any order. The id is the name of
// the file without .yaml. The pattern is a filter pattern of package pattern, kept byte for byte, since it is what "setup"
// deploys; what package pattern warns of is an error. One of count, then and first_seen may stand beside the pattern, and
// then no alarm. docs/spec/detections.md has them, how cases are written, and a whole example.
//
// YAML is read strictly: one document, each member once and none that is not known, no anchors, aliases, tags and merge
// keys, no texts that cannot be printed, at most 64 KiB. An event of a case becomes JSON with its members in the order
// written: true, false, null and JSON's numbers without quotes as they are, everything else as text. An account's id without
// quotes is an error, and so is an event that CloudTrail could not have recorded.
//
// It runs nothing: queries are run by the engines, detections by package detect.
package catalog
