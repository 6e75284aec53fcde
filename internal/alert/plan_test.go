package alert

import (
	"database/sql"
	"strings"
	"testing"
)

func TestTheOutboxIsNotReadWhole(t *testing.T) {
	s := open(t, t.TempDir())
	for _, c := range []struct{ name, text string }{
		{"what is due", dueQuery},
		{"an alert of a family", findFamily},
		{"a match that is known", findMatch},
	} {
		var plan []string
		if err := each(t.Context(), s.db.Read, "EXPLAIN QUERY PLAN "+c.text, []any{"x", 1, 1}[:strings.Count(c.text, "?")], func(r *sql.Rows) error {
			var id, parent, none int
			var detail string
			err := r.Scan(&id, &parent, &none, &detail)
			plan = append(plan, detail)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plan, "\n"); strings.Contains(all, "SCAN") || strings.Contains(all, "TEMP B-TREE") || !strings.Contains(all, "USING") {
			t.Errorf("%s: %s", c.name, all)
		}
	}
}
