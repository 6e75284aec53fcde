package sigma

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	maxCondition = 4096 // bytes
	maxDepth     = 100  // parentheses and nots in each other
)

// parser reads a condition:
//
//	or   = and { "or" and }
//	and  = unary { "and" unary }
//	unary = "not" unary | "(" or ")" | ("1" | "any" | "all") "of" ("them" | pattern) | selection
type parser struct {
	d     *detection
	words []string
	line  int
	depth int
}

var conditionWord = regexp.MustCompile(`[A-Za-z0-9_*-]+|[^A-Za-z0-9_*\s-]|\n`)

func (d *detection) condition(text string, line int) (expr, error) {
	if len(text) > maxCondition {
		return expr{}, at(line, "the condition is longer than %d bytes", maxCondition)
	}
	p := parser{d: d, line: line}
	for _, word := range conditionWord.FindAllString(text, -1) {
		switch word {
		case "\n":
			continue
		case "|":
			return expr{}, at(line, "the condition has %q: aggregations (count, min, max, avg, sum, near) are not supported", short(text[strings.Index(text, "|"):]))
		}
		p.words = append(p.words, word)
	}
	e, err := p.or()
	if err != nil {
		return expr{}, err
	}
	if p.peek() != "" {
		return expr{}, p.wrong("and, or, or the end")
	}
	return e, nil
}

// peek returns the next word, keywords in lower case, or "" at the end.
func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	if w := p.words[0]; reserved(w) {
		return strings.ToLower(w)
	}
	return p.words[0]
}

func (p *parser) next() { p.words = p.words[1:] }

func (p *parser) wrong(want string) error {
	found := "the end"
	if len(p.words) > 0 {
		found = strconv.Quote(short(p.words[0]))
	}
	return at(p.line, "the condition: want %s, found %s", want, found)
}

func (p *parser) or() (expr, error)  { return p.list("or", or, p.and) }
func (p *parser) and() (expr, error) { return p.list("and", and, p.unary) }

func (p *parser) list(word string, o op, kid func() (expr, error)) (expr, error) {
	var kids []expr
	for {
		e, err := kid()
		if err != nil {
			return expr{}, err
		}
		kids = append(kids, e)
		if p.peek() != word {
			return join(o, kids...), nil
		}
		p.next()
	}
}

func (p *parser) unary() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return expr{}, at(p.line, "the condition has more than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	switch word := p.peek(); word {
	case "not":
		p.next()
		e, err := p.unary()
		if err != nil {
			return expr{}, err
		}
		return join(not, e), nil
	case "(":
		p.next()
		e, err := p.or()
		if err != nil {
			return expr{}, err
		}
		if p.peek() != ")" {
			return expr{}, p.wrong(`")"`)
		}
		p.next()
		return e, nil
	case "1", "any", "all":
		return p.quantified(word)
	default:
		if !selectionName.MatchString(word) || reserved(word) {
			return expr{}, p.wrong("a selection")
		}
		if len(p.words) > 1 && strings.EqualFold(p.words[1], "of") {
			return expr{}, p.wrong(`"1 of", "any of" or "all of"`)
		}
		e, ok := p.d.exprs[word]
		if !ok {
			return expr{}, at(p.line, "the condition: no selection is called %q", short(word))
		}
		p.d.used[word] = true
		p.next()
		return e, nil
	}
}

// quantified reads what follows 1, any or all.
func (p *parser) quantified(word string) (expr, error) {
	p.next()
	if p.peek() != "of" {
		return expr{}, p.wrong(`"of"`)
	}
	p.next()
	pattern := p.peek()
	switch {
	case pattern == "them":
		pattern = "*"
	case pattern == "" || reserved(pattern) || !selectionName.MatchString(strings.ReplaceAll(pattern, "*", "x")):
		return expr{}, p.wrong(`"them" or a pattern such as selection_*`)
	}
	chosen, err := p.d.choose(pattern)
	if err != nil {
		return expr{}, at(p.line, "the condition: %w", err)
	}
	p.next()
	if word == "all" {
		return join(and, chosen...), nil
	}
	return join(or, chosen...), nil
}
