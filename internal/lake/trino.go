package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/dialect"
)

var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,254}$`)

// TrinoEvents is what stands in the place of the table events on Trino and Athena: the rows of a scope, with conditions
// on the partitions, so that nothing else is read. The date may be that of the delivery, which can be a day later than
// the event's. An empty table is "events".
func TrinoEvents(table string, s Scope) (string, error) {
	if table == "" {
		table = eventsTable
	}
	if !tableName.MatchString(table) {
		return "", fmt.Errorf("%q cannot be the name of a table: want lower-case letters, digits and _", table)
	}
	var where []string
	put := func(format string, values ...dialect.Value) error {
		texts := make([]any, len(values))
		for i, v := range values {
			text, err := dialect.Literal(v)
			if err != nil {
				return err
			}
			texts[i] = text
		}
		where = append(where, fmt.Sprintf(format, texts...))
		return nil
	}
	var err error
	if !s.From.IsZero() {
		err = put(`"date" >= %s AND event_time >= %s`, s.From.UTC().Format(time.DateOnly), s.From)
	}
	if !s.To.IsZero() && err == nil {
		err = put(`"date" <= %s AND event_time < %s`, s.To.Add(24*time.Hour).UTC().Format(time.DateOnly), s.To)
	}
	if len(s.Accounts) > 0 && err == nil {
		err = put("account IN %s", s.Accounts)
	}
	if len(s.Regions) > 0 && err == nil {
		err = put("region IN %s", s.Regions)
	}
	if err != nil {
		return "", err
	}
	if len(where) == 0 {
		return `"` + table + `"`, nil
	}
	return `(SELECT * FROM "` + table + `" WHERE ` + strings.Join(where, " AND ") + ")", nil
}

// SumSQL is the hash of a question that its basis states: SHA-256 in hex.
func SumSQL(sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return hex.EncodeToString(sum[:])
}
