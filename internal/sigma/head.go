package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// logsource holds a rule to CloudTrail.
func logsource(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("want a map")
	}
	is := map[string]string{}
	for key, value := range pairs(n) {
		switch key.Value {
		case "product", "service", "category":
			if value.Kind != yaml.ScalarNode {
				return fmt.Errorf("%s is no text", key.Value)
			}
			is[key.Value] = value.Value
		}
	}
	if is["product"] != "aws" || is["service"] != "cloudtrail" || is["category"] != "" {
		var found []string
		for _, name := range []string{"category", "product", "service"} {
			if is[name] != "" {
				found = append(found, fmt.Sprintf("%s %q", name, short(is[name])))
			}
		}
		if found == nil {
			found = []string{"neither"}
		}
		return fmt.Errorf("the rule is not for CloudTrail: want product aws and service cloudtrail, found %s", strings.Join(found, ", "))
	}
	return nil
}

func (r *Rule) title(n *yaml.Node) error {
	err := text(&r.Title)(n)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(r.Title) == "":
		return errors.New("empty")
	case utf8.RuneCountInString(r.Title) > maxTitle:
		return fmt.Errorf("longer than %d characters", maxTitle)
	}
	return nil
}

var uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (r *Rule) id(n *yaml.Node) error {
	if err := text(&r.ID)(n); err != nil {
		return err
	}
	if !uuidShape.MatchString(r.ID) {
		return fmt.Errorf("%q is no UUID", short(r.ID))
	}
	return nil
}

// text reads what is no list and no map.
func text(into *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode {
			return errors.New("want a text")
		}
		if n.ShortTag() != "!!null" {
			*into = n.Value
		}
		return nil
	}
}

func oneOf(into *string, words ...string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
			return fmt.Errorf("%q: want %s", short(n.Value), strings.Join(words, ", "))
		}
		*into = n.Value
		return nil
	}
}

// texts reads a list of texts, or one.
func texts(into *[]string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind == yaml.ScalarNode {
			n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
		}
		if n.Kind != yaml.SequenceNode {
			return errors.New("want a list of texts")
		}
		for _, kid := range n.Content {
			var s string
			if err := text(&s)(kid); err != nil {
				return errors.New("want a list of texts")
			}
			if s != "" {
				*into = append(*into, s)
			}
		}
		return nil
	}
}

var technique = regexp.MustCompile(`^attack\.(t[0-9]{4}(\.[0-9]{3})?)$`)

// attack takes the techniques out of the tags.
func (r *Rule) attack() {
	for _, tag := range r.Tags {
		if m := technique.FindStringSubmatch(strings.ToLower(tag)); m != nil {
			if t := strings.ToUpper(m[1]); !slices.Contains(r.Attack, t) {
				r.Attack = append(r.Attack, t)
			}
		}
	}
}
