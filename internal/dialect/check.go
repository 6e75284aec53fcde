package dialect

import (
	"fmt"
	"regexp"
)

// Events is the name of the table.
const Events = "events"

// Check refuses what is not one SELECT over events in the SQL that DuckDB and Trino share. It names the first such thing
// it finds, as an *Error. It reads tokens: that it finds nothing does not mean that a query is whole.
func Check(sql string) error {
	_, err := check(sql)
	return err
}

// check is Check, and returns what it found.
func check(sql string) (checked, error) {
	all, err := tokens(sql)
	if err != nil {
		return checked{}, err
	}
	c := checker{vocabulary: newVocabulary(), sql: sql, all: all}
	if len(all) == 0 {
		return checked{}, place(sql, 0, "the query is empty", "")
	}
	if !all[0].is("select") && !all[0].is("with") {
		return checked{}, c.refuse(0, fmt.Sprintf("a query begins with SELECT or WITH, not with %q", short(all[0].text)), "")
	}
	if c.closes, err = pairs(sql, all); err != nil {
		return checked{}, err
	}
	c.names()
	for i := range all {
		if err := c.token(i); err != nil {
			return checked{}, err
		}
	}
	if last := c.frames[0]; last.clause == "with" || last.table {
		return checked{}, place(sql, len(sql), "the query ends early", "")
	}
	return checked{all: all, tables: c.tables, closes: c.closes}, nil
}

type checked struct {
	all    []token
	closes map[int]int // for each parenthesis that opens, the one that closes it
	tables []int       // the numbers of the tokens that name the table of events
}

// frame is what is known within a pair of parentheses.
type frame struct {
	before  string // the function that it belongs to, or empty
	clause  string // the last of SELECT, FROM, WHERE …
	table   bool   // a table's name comes next
	columns bool   // it lists the names of columns, after AS t
}

type checker struct {
	vocabulary
	sql     string
	all     []token
	closes  map[int]int
	ctes    map[string]bool
	aliases map[string]bool // and names of tables: what may stand before a dot
	output  map[string]bool // what AS names
	frames  []frame
	tables  []int
}

func (c *checker) refuse(i int, problem, instead string) error {
	return place(c.sql, c.all[i].at, problem, instead)
}

// at is the token i, or one that is nothing where there is none.
func (c *checker) at(i int) token {
	if i < 0 || i >= len(c.all) {
		return token{}
	}
	return c.all[i]
}

func (c *checker) name(t token) bool {
	return t.kind == quoted || t.kind == word && !c.reserved[t.key]
}

// names finds the names that the query gives: to queries by WITH, to tables and to columns.
func (c *checker) names() {
	c.ctes, c.aliases, c.output = map[string]bool{}, map[string]bool{Events: true}, map[string]bool{}
	c.frames = []frame{{}}
	for i, t := range c.all {
		if !c.name(t) {
			continue
		}
		before := c.at(i - 1)
		if (before.is("with") || before.is("recursive") || before.is(",")) && c.defines(i) {
			c.ctes[t.key], c.aliases[t.key] = true, true
		}
		if before.is("as") {
			c.output[t.key], c.aliases[t.key] = true, true
		}
		if before.is(")") || before.is("from") || before.is("join") || before.kind == word && c.name(before) && !c.functions[before.key] {
			c.aliases[t.key] = true
		}
	}
}

// defines says whether the name at i is one that WITH gives: name AS (, or name (columns) AS (.
func (c *checker) defines(i int) bool {
	i++
	if c.at(i).is("(") {
		i = c.close(i) + 1
	}
	return c.at(i).is("as") && c.at(i+1).is("(")
}

// close is the number of the parenthesis that closes the one at i, or that of the last token.
func (c *checker) close(i int) int {
	if n, ok := c.closes[i]; ok {
		return n
	}
	return len(c.all) - 1
}

// maxDepth bounds how deep parentheses nest.
const maxDepth = 100

// pairs finds for each parenthesis the one that closes it.
func pairs(sql string, all []token) (map[int]int, error) {
	closes := map[int]int{}
	var open []int
	for i, t := range all {
		switch {
		case t.is("("):
			if len(open) == maxDepth {
				return nil, place(sql, t.at, fmt.Sprintf("parentheses nest deeper than %d", maxDepth), "WITH")
			}
			open = append(open, i)
		case t.is(")"):
			if len(open) == 0 {
				return nil, place(sql, t.at, "a parenthesis that nothing opens", "")
			}
			closes[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return nil, place(sql, all[open[len(open)-1]].at, "a parenthesis without its end", "")
	}
	return closes, nil
}

func (c *checker) token(i int) error {
	t, top := c.all[i], &c.frames[len(c.frames)-1]
	if top.table {
		return c.table(i)
	}
	switch t.kind {
	case symbol:
		return c.symbol(i)
	case text:
		return c.text(i)
	case param:
		return c.param(i)
	case quoted:
		return c.quoted(i)
	case word:
		return c.word(i)
	}
	return nil
}

// table looks at what stands where a table must: events, a query that WITH names, or a query in parentheses.
func (c *checker) table(i int) error {
	t, top := c.all[i], &c.frames[len(c.frames)-1]
	if t.is("lateral") {
		return c.refuse(i, "LATERAL is not in both engines", "a join, or a window function")
	}
	top.table = false
	switch {
	case t.is("("):
		return c.symbol(i)
	case t.kind == text:
		return c.refuse(i, "a file is no table", "the table events")
	case !c.name(t) || c.at(i+1).is("(") || c.at(i+1).is("."):
		return c.refuse(i, fmt.Sprintf("%q is not a table here", short(t.text)), "the table events")
	case c.ctes[t.key]:
	case t.key == Events:
		c.tables = append(c.tables, i)
	default:
		return c.refuse(i, fmt.Sprintf("there is no table %q", short(t.text)), "the table events, or a query that WITH names")
	}
	return nil
}

func (c *checker) symbol(i int) error {
	t, top := c.all[i], &c.frames[len(c.frames)-1]
	switch {
	case t.is(";"):
		return c.refuse(i, "a query is one statement, without a semicolon", "")
	case t.is("["), t.is("]"):
		return c.refuse(i, fmt.Sprintf("%q is not read alike by both engines", t.text), c.instead["["])
	case t.is(":"), t.is("?"), t.is("$"):
		return c.refuse(i, fmt.Sprintf("%q is not a parameter", t.text), "a colon and a name, as in :account")
	case !c.symbols[t.key]:
		return c.refuse(i, fmt.Sprintf("%q is not in both engines", t.text), c.instead[t.key])
	case t.is("("):
		f := frame{columns: c.isColumns(i)}
		if b := c.at(i - 1); b.kind == word && c.functions[b.key] {
			f.before = b.key
		}
		c.frames = append(c.frames, f)
		if c.at(i+1).is(")") && f.before == "" {
			if b := c.at(i - 1); !b.is("over") {
				return c.refuse(i, "nothing in parentheses", "")
			}
		}
	case t.is(")"):
		c.frames = c.frames[:len(c.frames)-1]
	case t.is(","):
		if n := c.at(i + 1); n.kind == 0 || n.is(")") || n.is("from") || n.is("where") || n.is("group") || n.is("order") || n.is("having") || n.is("limit") {
			return c.refuse(i, "a comma with nothing after it", "")
		}
		if b := c.at(i - 1); b.is("(") || b.is(",") {
			return c.refuse(i, "a comma with nothing before it", "")
		}
		top.table = top.clause == "from"
	case t.is("."):
		return c.dot(i)
	}
	return nil
}

// isColumns says whether the parenthesis at i lists the columns of a table's alias, or of a query that WITH names.
func (c *checker) isColumns(i int) bool {
	name := c.at(i - 1)
	if !c.name(name) {
		return false
	}
	b := c.at(i - 2)
	return b.is("as") && c.at(i-3).is(")") || b.is(")") && !c.functions[name.key] ||
		(b.is("with") || b.is("recursive") || b.is(",")) && c.defines(i-1)
}

// dot lets pass table.column and table.*, and nothing longer.
func (c *checker) dot(i int) error {
	before, after := c.at(i-1), c.at(i+1)
	switch {
	case !c.name(before):
		return c.refuse(i, "a dot after what is no name", "")
	case after.kind != word && after.kind != quoted && !after.is("*"):
		return c.refuse(i, "a dot before what is no name", "")
	case c.at(i - 2).is("."), !c.aliases[before.key]:
		return c.refuse(i, fmt.Sprintf("%q is not a table of this query", short(before.text)), "json_extract_scalar for what is in JSON")
	}
	return nil
}

func (c *checker) text(i int) error {
	t, b := c.all[i], c.at(i-1)
	if b.kind == word && (t.joined || !c.literals[b.key]) || b.kind == quoted || b.kind == text || b.kind == param {
		return c.refuse(i, fmt.Sprintf("a string cannot follow %q", short(b.text)), "||, or a name without quotes after AS")
	}
	if b.is("interval") && !isDigits(t.key) {
		return c.refuse(i, "an interval is a whole number in quotes and a unit", "INTERVAL '7' DAY")
	}
	return nil
}

// param lets a parameter stand where a value may.
func (c *checker) param(i int) error {
	b := c.at(i - 1)
	if b.is("limit") || b.is("offset") || b.kind == symbol && !b.is(")") && !b.is(".") || b.kind == word && c.literals[b.key] {
		return nil
	}
	return c.refuse(i, fmt.Sprintf("a parameter cannot follow %q", short(b.text)), "")
}

func isDigits(s string) bool { return s != "" && span(s, digit) == len(s) }

// simple are the names that need no quotes.
func simple(s string) bool {
	return s != "" && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z') &&
		span(s, func(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || digit(c) }) == len(s)
}

func (c *checker) quoted(i int) error {
	t, b := c.all[i], c.at(i-1)
	if b.is("as") || c.output[t.key] || simple(t.key) {
		return nil
	}
	return c.refuse(i, fmt.Sprintf("double quotes hold the name of a column, and %q is none", short(t.key)), "single quotes for a string")
}

var portablePath = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_:]*|\[[0-9]{1,6}\]|\["[A-Za-z0-9_:./ -]+"\])*$`)

// isPath says whether both engines read a JSON path alike: names and positions.
func isPath(s string) bool {
	return len(s) < 1000 && portablePath.MatchString(s)
}

// short bounds what a message quotes.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
