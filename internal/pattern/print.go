package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// String returns the pattern's text in one spelling: without blanks and parentheses that mean nothing. Parse takes it
// back, to the same pattern.
func (p *Pattern) String() string {
	wide := p.print(" ")
	if utf8.RuneCountInString(wide) <= MaxLength {
		return wide
	}
	return p.print("") // never longer than what was parsed
}

// print writes the pattern with gap where a blank is a matter of taste.
func (p *Pattern) print(gap string) string {
	var b strings.Builder
	switch p.kind {
	case JSON:
		b.WriteString("{" + gap)
		p.expr.print(&b, gap)
		b.WriteString(gap + "}")
	case Delimited:
		b.WriteByte('[')
		for i := range p.fields {
			if i > 0 {
				b.WriteString("," + gap)
			}
			p.fields[i].print(&b, gap)
		}
		b.WriteByte(']')
	case Terms:
		for i := range p.terms {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString([...]string{"", "?", "-"}[p.terms[i].mode])
			p.terms[i].literal.print(&b)
		}
	}
	return b.String()
}

func (j join) mark(gap string) string {
	if j == and {
		return gap + "&&" + gap
	}
	return gap + "||" + gap
}

func (e *expr) print(b *strings.Builder, gap string) {
	if e.join == single {
		e.cond.print(b, gap)
		return
	}
	for i, kid := range e.kids {
		if i > 0 {
			b.WriteString(e.join.mark(gap))
		}
		if kid.join == or { // inside and
			b.WriteByte('(')
			kid.print(b, gap)
			b.WriteByte(')')
		} else {
			kid.print(b, gap)
		}
	}
}

func (c *condition) print(b *strings.Builder, gap string) {
	b.WriteString(c.field)
	b.WriteString(c.selector.String())
	if c.test == compares {
		b.WriteString(gap + c.op.String() + gap)
		c.value.print(b)
		return
	}
	b.WriteString(" " + c.test.String())
}

func (s selector) String() string {
	if s == nil {
		return ""
	}
	var b strings.Builder
	b.WriteByte('$')
	for _, st := range s {
		st.print(&b)
	}
	return b.String()
}

func (s step) print(b *strings.Builder) {
	switch {
	case s.kind == members:
		b.WriteString(".*")
	case s.kind == elements:
		b.WriteString("[*]")
	case s.kind == indexed:
		b.WriteString("[" + strconv.Itoa(s.index) + "]")
	case s.quote:
		b.WriteString("['" + s.name + "']")
	default:
		b.WriteString("." + s.name)
	}
}

func (f *field) print(b *strings.Builder, gap string) {
	switch {
	case f.rest:
		b.WriteString("...")
	case f.expr != nil:
		f.expr.print(b, gap)
	default:
		b.WriteString(f.name)
	}
}
