package investigate

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/event"
)

// Engine answers questions over the table events.
type Engine interface {
	// Between answers one SELECT in the SQL that DuckDB and Trino share. The table events then holds the events of
	// [from, to), and of all time on the side of a zero time. The error is ctx's or the engine's own.
	Between(ctx context.Context, from, to time.Time, sql string) (answer.Result, error)
}

const (
	// maxRows and maxBytes bound what one question may yield.
	maxRows  = 20_000
	maxBytes = 512 << 20
	// maxJSON bounds a JSON column that is looked into: AWS leaves out more than 100 KB.
	maxJSON = 1 << 20
	// Years that SQL can write, with room on both sides.
	firstYear, lastYear = 1000, 9990
)

// fields are the columns that a record is read with; the whole record of an event has all of event.Columns.
var fields = [...]int{
	event.EventTime, event.EventSource, event.EventName, event.AWSRegion, event.SourceIPAddress, event.UserAgent, event.ErrorCode,
	event.ErrorMessage, event.EventID, event.EventType, event.ReadOnly, event.RecipientAccountID, event.SharedEventID,
	event.SessionCredentialFromConsole, event.UserIdentityType, event.UserIdentityPrincipalID, event.UserIdentityARN,
	event.UserIdentityAccountID, event.UserIdentityAccessKeyID, event.UserIdentityUserName, event.UserIdentityInvokedBy,
	event.UserIdentityIdentityProvider, event.UserIdentityCredentialID, event.OnBehalfOfUserID, event.OnBehalfOfIdentityStoreARN,
	event.InScopeOfSourceARN, event.InScopeOfSourceAccount, event.InScopeOfIssuerType, event.InScopeOfCredentialsIssuedTo,
	event.SessionIssuerType, event.SessionIssuerPrincipalID, event.SessionIssuerARN, event.SessionIssuerAccountID,
	event.SessionIssuerUserName, event.SessionCreationDate, event.SessionMFAAuthenticated, event.SessionFederatedProvider,
	event.SessionEC2RoleDelivery, event.SessionSourceIdentity, event.SessionAssumedRoot, event.RequestParameters,
	event.ResponseElements, event.AdditionalEventData, event.ServiceEventDetails, event.Resources, event.Principal, event.Account,
	event.Region, event.LogFile, event.LogState,
}

// record is a row of the table events. A NULL is an empty string.
type record struct {
	at   time.Time
	text [len(event.Columns)]string
}

func (r *record) id() string { return r.text[event.EventID] }

// action is shared by the records of one action in several accounts.
func (r *record) action() string {
	if s := r.text[event.SharedEventID]; s != "" {
		return s
	}
	return r.id()
}

// lake asks the engine and remembers what the answers lack.
type lake struct {
	engine Engine
	gaps   []Gap
}

func (l *lake) gap(kind, detail string) {
	g := Gap{Kind: kind, Detail: detail}
	for _, have := range l.gaps {
		if have == g {
			return
		}
	}
	l.gaps = append(l.gaps, g)
}

// rows asks sql and calls each for every row, at most maxRows of them.
func (l *lake) rows(ctx context.Context, from, to time.Time, sql string, columns int, each func([]any)) error {
	// Records may carry any time: a bound that no engine can write is none.
	if from.Year() < firstYear {
		from = time.Time{}
	}
	if to.Year() > lastYear {
		to = time.Time{}
	}
	result, err := l.engine.Between(ctx, from, to, sql)
	if err != nil {
		return err
	}
	if len(result.Columns) != columns {
		return fmt.Errorf("the engine answers with %d columns instead of %d", len(result.Columns), columns)
	}
	n, size := 0, 0
	for row, err := range result.Rows {
		if err != nil {
			return err
		}
		if n++; n > maxRows {
			l.gap("limit", fmt.Sprintf("a question had more than %d rows: the rest was not read", maxRows))
			break
		}
		for _, v := range row {
			if s, ok := v.(string); ok {
				size += len(s)
			}
		}
		if size > maxBytes {
			l.gap("limit", fmt.Sprintf("a question had more than %d MiB of text: the rest was not read", maxBytes>>20))
			break
		}
		each(row)
	}
	return nil
}

// records asks for the records for which where holds, in the order of time, at most limit (0: maxRows), each event once.
func (l *lake) records(ctx context.Context, from, to time.Time, where string, limit int) ([]record, error) {
	if limit <= 0 || limit > maxRows {
		limit = maxRows + 1
	}
	return l.read(ctx, from, to, fields[:], where+" ORDER BY event_time, event_id LIMIT "+strconv.Itoa(limit))
}

func (l *lake) read(ctx context.Context, from, to time.Time, columns []int, where string) ([]record, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = event.Columns[c].Name
	}
	var out []record
	seen := map[string]bool{}
	sql := "SELECT " + quoted(names) + " FROM events WHERE " + where
	err := l.rows(ctx, from, to, sql, len(columns), func(row []any) {
		var r record
		for i, c := range columns {
			switch v := row[i].(type) {
			case string:
				r.text[c] = v
			case bool:
				r.text[c] = strconv.FormatBool(v)
			case int64:
				r.text[c] = strconv.FormatInt(v, 10)
			case time.Time:
				if t, ok := moment(v); ok {
					r.at = t
					r.text[c] = t.Format(time.RFC3339Nano)
				}
			}
		}
		if id := r.id(); id != "" && seen[id] {
			return
		}
		seen[r.id()] = true
		out = append(out, r)
	})
	return out, err
}

// moment is a time of an answer, in UTC; ok is false for one that RFC 3339 cannot write.
func moment(v any) (t time.Time, ok bool) {
	t, ok = v.(time.Time)
	t = t.UTC()
	return t, ok && t.Year() >= 1 && t.Year() <= 9999
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// literal is v as SQL. What no engine takes, which only a log can hold, becomes NULL, equal to nothing, and a gap.
func (l *lake) literal(v dialect.Value) string {
	s, err := dialect.Literal(v)
	if err != nil {
		l.gap("not-asked", "a value of the log could not be asked for: "+err.Error())
		return "NULL"
	}
	return s
}

// in is the SQL for column being one of values, in parts of at most 500 values.
func (l *lake) in(column string, values []string) string {
	const most = 500
	var parts, list []string
	flush := func() {
		if len(list) > 0 {
			parts = append(parts, column+" IN ("+strings.Join(list, ", ")+")")
			list = list[:0]
		}
	}
	for _, v := range values {
		if s := l.literal(v); s != "NULL" {
			if list = append(list, s); len(list) == most {
				flush()
			}
		}
	}
	flush()
	if len(parts) == 0 {
		return "FALSE"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// between is the SQL for an event's time in [a, b].
func (l *lake) between(a, b time.Time) string {
	if a.Year() < firstYear {
		a = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if b.Year() > lastYear {
		b = time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return "event_time BETWEEN " + l.literal(a) + " AND " + l.literal(b)
}

func responseScalar(path string) string {
	return "json_extract_scalar(response_elements, '" + path + "')"
}

func requestScalar(path string) string {
	return "json_extract_scalar(request_parameters, '" + path + "')"
}
