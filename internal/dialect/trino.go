package dialect

import (
	"fmt"
	"strings"
)

// Trino writes a query that is bound, and that Check lets pass, as Trino and Athena take it: the table events becomes
// events, SQL that the caller vouches for (a name, or a SELECT in parentheses), and ip_in_cidr becomes contains.
func Trino(sql, events string) (string, error) {
	c, err := check(sql)
	if err != nil {
		return "", err
	}
	table := map[int]bool{}
	for _, i := range c.tables {
		table[i] = true
	}
	w := trino{vocabulary: newVocabulary(), sql: sql, all: c.all, closes: c.closes, table: table, events: events}
	if err := w.span(0, len(c.all)); err != nil {
		return "", err
	}
	w.out.WriteString(sql[w.done:])
	return w.out.String(), nil
}

type trino struct {
	vocabulary
	sql    string
	all    []token
	closes map[int]int
	table  map[int]bool
	events string
	out    strings.Builder
	done   int // what of sql is written
}

// put writes s in the place of sql up to an offset, from another.
func (w *trino) put(from int, s string, to int) {
	w.out.WriteString(w.sql[w.done:from])
	w.out.WriteString(s)
	w.done = to
}

func (w *trino) span(i, end int) error {
	for ; i < end; i++ {
		t := w.all[i]
		switch {
		case t.kind == param:
			return place(w.sql, t.at, fmt.Sprintf("the parameter %q has no value", t.key), "")
		case w.table[i]:
			name := w.events
			if !w.named(i + 1) {
				name += " AS " + Events
			}
			w.put(t.at, name, t.end())
		case t.is("ip_in_cidr") && i+1 < end && w.all[i+1].is("("):
			n, err := w.cidr(i)
			if err != nil {
				return err
			}
			i = n
		}
	}
	return nil
}

// named says whether an alias stands at i.
func (w *trino) named(i int) bool {
	if i >= len(w.all) {
		return false
	}
	t := w.all[i]
	return t.is("as") || t.kind == quoted || t.kind == word && !w.reserved[t.key] && !follows(t.key)
}

// follows are the words that may follow a table and that Trino does not reserve.
func follows(word string) bool {
	return word == "limit" || word == "offset" || word == "window" || word == "fetch" || word == "tablesample"
}

// cidr writes the call of ip_in_cidr at i, and returns the number of its closing parenthesis.
func (w *trino) cidr(i int) (int, error) {
	c := checker{sql: w.sql, all: w.all, closes: w.closes}
	args, end := c.arguments(i+1), c.close(i+1)
	if len(args) != 2 || len(args[0]) == 0 || len(args[1]) != 1 || args[1][0].kind != text {
		return 0, place(w.sql, w.all[i].at, "ip_in_cidr takes an address and a block in quotes", "ip_in_cidr(source_ip_address, '10.0.0.0/8')")
	}
	block, err := parseCIDR(args[1][0].key)
	if err != nil {
		return 0, place(w.sql, args[1][0].at, err.Error(), "")
	}
	literal, err := Literal(block.String())
	if err != nil {
		return 0, err
	}
	w.put(w.all[i].at, "contains("+literal+", TRY_CAST(", args[0][0].at)
	if err := w.span(i+2, i+2+len(args[0])); err != nil {
		return 0, err
	}
	w.put(args[0][len(args[0])-1].end(), " AS ipaddress))", w.all[end].end())
	return end, nil
}
