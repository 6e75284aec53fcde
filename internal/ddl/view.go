package ddl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/internal/event"
)

// RawView is a view over RawTable, with the same Options, with the columns of the lake. It differs from the lake in what
// AWS's files and reader do not give: account and region are those of the file's key, and date is the day of its
// delivery, so that a window of days must end some days later than that of event_time; raw, the states and sums of
// files, the numbers of records, other origins, event_context and what stands in other files are NULL; resources,
// addendum and session_web_id_attributes are made JSON again, with the members that are known, in alphabetical order;
// and an event is there as often as it was delivered.
func RawView(o Options) (string, error) {
	o, err := o.complete("cloudtrail")
	if err == nil && o.View == o.Table {
		err = errors.New("the view and its table have one name")
	}
	if err != nil {
		return "", fmt.Errorf("describe log files to Athena: %w", err)
	}
	columns := make([]string, len(event.Columns))
	for i, c := range event.Columns {
		columns[i] = "  " + expression(i) + ` AS "` + c.Name + `"`
	}
	return bounded(fmt.Sprintf("CREATE OR REPLACE VIEW \"%s\".\"%s\" AS\nSELECT\n%s\nFROM \"%s\".\"%s\"\n",
		o.Database, o.View, strings.Join(columns, ",\n"), o.Database, o.Table))
}

// expression is a column of the lake in Trino's SQL over the raw table.
func expression(column int) string {
	c := event.Columns[column]
	switch column {
	case event.Principal:
		var candidates []string
		for _, i := range []int{event.SessionIssuerARN, event.UserIdentityARN, event.UserIdentityInvokedBy,
			event.UserIdentityPrincipalID, event.UserIdentityUserName} {
			candidates = append(candidates, "nullif("+expression(i)+", '')")
		}
		return "coalesce(" + strings.Join(candidates, ", ") + ")"
	case event.Account, event.Region:
		return `"` + c.Name + `"`
	case event.Date:
		return `replace("date", '/', '-')`
	case event.LogFile:
		return `regexp_replace("$path", '^s3://[^/]+/', '')`
	}
	f, path := find(c.Path)
	if path == "" {
		return "CAST(NULL AS " + trinoType(c.Type) + ")"
	}
	switch {
	case c.Type == event.Timestamp:
		return "CAST(try(from_iso8601_timestamp(" + path + ")) AT TIME ZONE 'UTC' AS timestamp(3))"
	case c.Type == event.Bool:
		return "try_cast(" + path + " AS boolean)"
	case f.kind == object:
		return "CASE WHEN " + path + " IS NOT NULL THEN json_format(CAST(" + f.membersMap(path) + " AS json)) END"
	case f.kind == objects:
		return "json_format(CAST(transform(" + path + ", r -> " + f.membersMap("r") + ") AS json))"
	case f.kind == words:
		return "json_format(CAST(" + path + " AS json))"
	}
	return path
}

// find looks a member up, as in userIdentity.sessionContext.sourceIdentity. path is empty if Athena is not told of it.
func find(member string) (f field, path string) {
	level := record()
	for name := range strings.SplitSeq(member, ".") {
		i := indexOf(level, name)
		if i < 0 {
			return field{}, ""
		}
		f, level = level[i], level[i].members
		path += "." + strings.ToLower(name)
	}
	return f, strings.TrimPrefix(path, ".")
}

func indexOf(fields []field, name string) int {
	for i, f := range fields {
		if f.name == name {
			return i
		}
	}
	return -1
}

// membersMap is a map of the members that are there, under CloudTrail's own names.
func (f field) membersMap(of string) string {
	var names, values []string
	for _, m := range f.members {
		names = append(names, "'"+m.name+"'")
		values = append(values, of+"."+strings.ToLower(m.name))
	}
	return "map_filter(map(ARRAY[" + strings.Join(names, ", ") + "], ARRAY[" + strings.Join(values, ", ") + "]), (k, v) -> v IS NOT NULL)"
}
