package recall

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// texts holds each text once, by number, as long as it is used. Number 0 is the empty text.
type texts struct {
	numbers map[string]uint32
	all     []text
	free    []uint32
	size    int // bytes of all texts, and of the ids of events
}

type text struct {
	s    string
	uses int32
}

func newTexts() texts { return texts{numbers: map[string]uint32{}, all: make([]text, 1)} }

// use returns the number of s, which is used once more. last is a guess.
func (t *texts) use(s string, last uint32) uint32 {
	if s == "" {
		return 0
	}
	if last != 0 && t.all[last].uses > 0 && t.all[last].s == s {
		t.all[last].uses++
		return last
	}
	n, known := t.numbers[s]
	if !known {
		s = strings.Clone(s)
		if len(t.free) > 0 {
			n, t.free = t.free[len(t.free)-1], t.free[:len(t.free)-1]
		} else {
			n = uint32(len(t.all))
			t.all = append(t.all, text{})
		}
		t.all[n].s = s
		t.numbers[s] = n
		t.size += len(s)
	}
	t.all[n].uses++
	return n
}

// drop undoes a use.
func (t *texts) drop(n uint32) {
	if n == 0 {
		return
	}
	v := &t.all[n]
	if v.uses--; v.uses == 0 {
		t.size -= len(v.s)
		delete(t.numbers, v.s)
		v.s = ""
		t.free = append(t.free, n)
	}
}

func (t *texts) text(n uint32) string { return t.all[n].s }

// plain is a text of a log as one line for a reader: control and invisible characters replaced, long ones cut.
func plain(s string) string {
	const most = 200
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// last is the part of an ARN behind the last slash or colon.
func last(arn string) string {
	if at := strings.LastIndexAny(arn, "/:"); at >= 0 {
		return arn[at+1:]
	}
	return arn
}
