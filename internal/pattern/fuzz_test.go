package pattern

import (
	"reflect"
	"testing"
)

// samePrinted checks that the printed pattern is the pattern.
func samePrinted(t *testing.T, p *Pattern) {
	t.Helper()
	for _, text := range []string{p.String(), p.print("")} {
		q, err := Parse(text)
		if err != nil {
			t.Fatalf("printed as %q: %v", text, err)
		}
		if p.kind != q.kind || !reflect.DeepEqual(p.expr, q.expr) || !reflect.DeepEqual(p.fields, q.fields) || !reflect.DeepEqual(p.terms, q.terms) {
			t.Errorf("printed as %q, it is another pattern", text)
		}
		if q.String() != p.String() {
			t.Errorf("printed as %q, and then as %q", p.String(), q.String())
		}
	}
}
