package cli

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// flat is the form of a configuration file: a YAML mapping of flag names to a value or a list of values. Values are
// taken as they are written, so that an account number keeps its leading zero.
type flat struct{}

// Unmarshal implements koanf.Parser.
func (flat) Unmarshal(b []byte) (map[string]any, error) {
	var doc map[string]yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	out := make(map[string]any, len(doc))
	for name, n := range doc {
		switch {
		case n.Kind == yaml.ScalarNode:
			out[name] = n.Value
		case n.Kind == yaml.SequenceNode:
			var values []string
			for _, v := range n.Content {
				if v.Kind != yaml.ScalarNode {
					return nil, fmt.Errorf("line %d: %s: want a list of values", v.Line, name)
				}
				values = append(values, v.Value)
			}
			out[name] = strings.Join(values, ",")
		default:
			return nil, fmt.Errorf("line %d: %s: want a value or a list of values", n.Line, name)
		}
	}
	return out, nil
}

// Marshal implements koanf.Parser.
func (flat) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }
