package sample

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed calls.txt
var callsText string

// call is one API call of calls.txt.
type call struct {
	service, name     string
	readOnly          bool
	global            bool
	byService         bool
	request, response template // nil: null
	additional        template
	details           template // serviceEventDetails
	resources         []resource
	failure           *failure
	version           string // eventVersion
}

type resource struct {
	kind string
	arn  template
}

type failure struct {
	code    string
	message template
}

// template is text with words to fill in.
type template []part

// part is literal text, or the word with that name when name is not empty.
type part struct {
	text string
	name string // without the digit
	salt uint64 // tells words of one event apart
}

// catalogue is every call by "service.EventName".
type catalogue map[string]*call

// parseCatalogue reads the format that the head of calls.txt describes.
func parseCatalogue(text string) (catalogue, error) {
	all := catalogue{}
	var c *call
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		var err error
		if line[0] == ' ' {
			err = c.property(strings.TrimSpace(line))
		} else if c, err = parseCall(line); err == nil {
			key := c.service + "." + c.name
			if all[key] != nil {
				err = fmt.Errorf("%s is there twice", key)
			}
			all[key] = c
			c.name, _, _ = strings.Cut(c.name, "/")
		}
		if err != nil {
			return nil, fmt.Errorf("read calls, line %d: %w", n+1, err)
		}
	}
	return all, nil
}

func parseCall(line string) (*call, error) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return nil, fmt.Errorf("no event name in %q", line)
	}
	c := &call{service: f[0], name: f[1]}
	for _, flag := range f[2:] {
		switch flag {
		case "r":
			c.readOnly = true
		case "g":
			c.global = true
		case "s":
			c.byService = true
		default:
			return nil, fmt.Errorf("unknown flag %q", flag)
		}
	}
	// A service writes one version at a time; the fleet as a whole is never all on the newest.
	c.version = [...]string{"1.08", "1.09", "1.10", "1.11", "1.11"}[hash64(1, c.service)%5]
	return c, nil
}

func (c *call) property(line string) error {
	name, value, _ := strings.Cut(line, " ")
	if c == nil || value == "" {
		return fmt.Errorf("%q belongs to nothing", line)
	}
	switch name {
	case "req":
		c.request = parseTemplate(value)
	case "rsp":
		c.response = parseTemplate(value)
	case "add":
		c.additional = parseTemplate(value)
	case "svc":
		c.details = parseTemplate(value)
	case "res":
		kind, arn, _ := strings.Cut(value, " ")
		c.resources = append(c.resources, resource{kind, parseTemplate(arn)})
	case "err":
		code, message, _ := strings.Cut(value, " ")
		c.failure = &failure{code, parseTemplate(message)}
	default:
		return fmt.Errorf("unknown property %q", name)
	}
	return nil
}

func parseTemplate(s string) template {
	var t template
	for s != "" {
		text, rest, found := strings.Cut(s, "<")
		if text != "" {
			t = append(t, part{text: text})
		}
		if !found {
			return t
		}
		var word string
		word, s, _ = strings.Cut(rest, ">")
		name := word
		if strings.HasSuffix(word, "2") && word != "hex32" {
			name = strings.TrimSuffix(word, "2")
		}
		t = append(t, part{name: name, salt: hash64(2, word)})
	}
	return t
}

// choice is one call that an actor makes, with its weight; denied says that IAM never lets it.
type choice struct {
	call   *call
	weight int
	denied bool
}

// repertoire is what an actor does, with the sum of weights.
type repertoire struct {
	choices []choice
	total   int
}

// repertoire reads "service.Name weight, !service.Name weight, …"; ! marks a denied call. Calls of global services
// are left out unless global is set.
func (all catalogue) repertoire(text string, global bool) (repertoire, error) {
	var r repertoire
	for item := range strings.SplitSeq(text, ",") {
		f := strings.Fields(item)
		if len(f) == 0 {
			continue
		}
		name, denied := strings.CutPrefix(f[0], "!")
		c, weight := all[name], 1
		if c == nil {
			return r, fmt.Errorf("repertoire: no call %q", name)
		}
		if len(f) > 1 {
			var err error
			if weight, err = strconv.Atoi(f[1]); err != nil {
				return r, fmt.Errorf("repertoire: weight of %q: %w", name, err)
			}
		}
		if c.global && !global {
			continue
		}
		r.choices = append(r.choices, choice{c, weight, denied})
		r.total += weight
	}
	return r, nil
}

func (r repertoire) pick(s *stream) choice {
	n := s.intn(r.total)
	for _, c := range r.choices {
		if n -= c.weight; n < 0 {
			return c
		}
	}
	panic("unreachable: weights sum to total")
}
