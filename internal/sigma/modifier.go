package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// chain is what the modifiers of a field ask for.
type chain struct {
	all, neq, cased bool
	encodings       []string // windash, wide, base64 …, in the order that they stand in
	how             how
	is              kind // isText, isRegexp, isAddress, isField, isNumber, isThere
	flags           string
	op              comparison
	part            part
}

// newChain reads the modifiers behind a field, or behind nothing, where keywords are meant.
func newChain(words []string, keywords bool) (chain, error) {
	var c chain
	for i, word := range words {
		if slices.Contains(words[:i], word) {
			return c, fmt.Errorf("the modifier %q stands twice", short(word))
		}
		var before string
		if i > 0 {
			before = words[i-1]
		}
		if err := c.add(word, before); err != nil {
			return c, err
		}
	}
	return c, c.check(len(words), keywords)
}

// add reads one modifier; before is the one before it.
func (c *chain) add(word, before string) error {
	switch word {
	case "all":
		c.all = true
	case "neq":
		c.neq = true
	case "cased":
		c.cased = true
	case "contains":
		return c.wild(word, anywhere)
	case "startswith":
		return c.wild(word, atFront)
	case "endswith":
		return c.wild(word, atBack)
	case "windash", "wide", "utf16le", "utf16be", "utf16", "base64", "base64offset":
		return c.encode(word)
	case "re":
		if c.how != whole {
			return errors.New(`the modifier "re" has to stand first`)
		}
		return c.become(word, isRegexp)
	case "i", "ignorecase", "m", "multiline", "s", "dotall":
		if c.is != isRegexp || !slices.Contains([]string{"re", "i", "ignorecase", "m", "multiline", "s", "dotall"}, before) {
			return fmt.Errorf("the modifier %q has to stand behind re", word)
		}
		flag := map[string]string{"ignorecase": "i", "multiline": "m", "dotall": "s"}[word]
		if flag == "" {
			flag = word
		}
		if strings.Contains(c.flags, flag) {
			return fmt.Errorf("the modifier %q says the same as one before it", word)
		}
		c.flags += flag
	case "cidr":
		return c.become(word, isAddress)
	case "fieldref":
		return c.become(word, isField)
	case "exists":
		return c.become(word, isThere)
	case "lt", "lte", "gt", "gte":
		if c.op != equal {
			return fmt.Errorf("the modifier %q stands beside another comparison", word)
		}
		c.op = map[string]comparison{"lt": less, "lte": atMost, "gt": greater, "gte": atLeast}[word]
		return c.count(word)
	case "minute", "hour", "day", "week", "month", "year":
		if c.part != none {
			return fmt.Errorf("the modifier %q stands beside another part of a time", word)
		}
		c.part = map[string]part{"minute": minute, "hour": hour, "day": day, "week": week, "month": month, "year": year}[word]
		return c.count(word)
	case "expand":
		return errors.New(`the modifier "expand" is not supported: there are no values to put in the place of %placeholders%`)
	case "":
		return errors.New("a modifier is missing behind |")
	default:
		return fmt.Errorf("the modifier %q is not known", short(word))
	}
	return nil
}

func (c *chain) wild(word string, h how) error {
	if c.how != whole {
		return fmt.Errorf("the modifier %q stands beside another of contains, startswith and endswith", word)
	}
	c.how = h
	return nil
}

func (c *chain) encode(word string) error {
	if c.how != whole && word != "windash" {
		return fmt.Errorf("the modifier %q has to stand before contains, startswith and endswith", word)
	}
	last := ""
	if len(c.encodings) > 0 {
		last = c.encodings[len(c.encodings)-1]
	}
	switch {
	case strings.HasPrefix(last, "base64"):
		return fmt.Errorf("the modifier %q cannot stand behind %s", word, last)
	case last != "" && last != "windash" && !strings.HasPrefix(word, "base64"):
		return fmt.Errorf("the modifier %q cannot stand behind %s", word, last)
	}
	c.encodings = append(c.encodings, word)
	return nil
}

// become makes something else of the values than texts.
func (c *chain) become(word string, k kind) error {
	if c.is != isText {
		return fmt.Errorf("the modifier %q cannot stand beside those before it", word)
	}
	c.is = k
	return nil
}

func (c *chain) count(word string) error {
	if c.is == isNumber {
		return nil
	}
	return c.become(word, isNumber)
}

// check says which modifiers cannot stand together.
func (c *chain) check(words int, keywords bool) error {
	last := ""
	if len(c.encodings) > 0 {
		last = c.encodings[len(c.encodings)-1]
	}
	switch {
	case c.is != isText && last != "":
		return fmt.Errorf("the modifier %q takes texts only", last)
	case c.is == isThere && words > 1:
		return errors.New(`the modifier "exists" stands alone`)
	case (c.is == isAddress || c.is == isNumber) && (c.how != whole || c.cased):
		return errors.New("the modifiers contains, startswith, endswith and cased take texts only")
	case c.is == isRegexp && c.cased:
		return errors.New(`the modifier "cased" says nothing of a regular expression, where case matters without "i"`)
	case c.op != equal && c.neq:
		return errors.New(`the modifier "neq" cannot stand beside a comparison`)
	case last == "utf16":
		return errors.New(`the modifier "utf16" needs base64 or base64offset behind it: no text of a record has a byte order mark`)
	case last == "base64offset" && c.how == whole:
		return errors.New(`the modifier "base64offset" needs contains behind it: it makes pieces of a text`)
	case keywords && c.is != isText && c.is != isRegexp:
		return errors.New("without a field there can be texts and regular expressions only")
	case keywords && (c.how == atFront || c.how == atBack):
		return errors.New("without a field there is no beginning and no end: startswith and endswith need one")
	}
	return nil
}
