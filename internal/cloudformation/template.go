package cloudformation

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

// writer is a template while it is written.
type writer struct {
	stack     *Stack
	place     place
	resources []resource.Resource // those of the place
	names     *names
	targets   []target // what texts can refer to

	// only are the logical IDs of a template that just imports; nil: all.
	only map[string]bool

	parameters []field
	conditions []field
	entries    []entry
	outputs    []field
	imports    []imported
	left       []left
	needs      map[place]bool // whose stacks have to be there first
	errs       []error
}

// imported is a resource that is there already and that the stack takes over.
type imported struct {
	Type       string            `json:"ResourceType"`
	LogicalID  string            `json:"LogicalResourceId"`
	Identifier map[string]string `json:"ResourceIdentifier"`

	// guess says what the import takes for granted; empty: nothing.
	guess string
}

// left is a resource that is in no template.
type left struct {
	id      resource.ID
	why     string
	command string // that does what apply would do; empty: nothing is to be done
}

func newWriter(s *Stack, p place) *writer {
	t := &writer{stack: s, place: p, names: newNames(), needs: map[place]bool{}}
	for _, r := range s.Resources {
		if at := s.placeOf(r.ID()); at.account == p.account && at.region == p.region {
			t.resources = append(t.resources, r)
		}
	}
	t.names.give(t.resources, s.Resources)
	t.targets = t.allTargets()
	return t
}

// imported is the template that imports what t would import, with the same logical IDs, and nothing else. t has been written.
func (t *writer) imported() *writer {
	only := map[string]bool{}
	for _, i := range t.imports {
		only[i.LogicalID] = true
	}
	i := &writer{stack: t.stack, place: t.place, resources: t.resources, names: t.names, only: only, needs: map[place]bool{}}
	for _, target := range t.targets {
		if only[target.name] {
			i.targets = append(i.targets, target)
		}
	}
	return i
}

// write writes the template.
func (t *writer) write() ([]byte, error) {
	for _, r := range t.resources {
		// What belongs to a resource, as a bucket's policy, is imported with it only.
		if t.only == nil || t.only[t.names.resource(r.ID())] {
			t.add(r)
		}
	}
	if t.only == nil {
		t.addOutputs()
	}
	if err := errors.Join(t.errs...); err != nil {
		return nil, err
	}
	text, err := encode(object(
		field{"AWSTemplateFormatVersion", quoted("2010-09-09")},
		field{"Description", str(t.description())},
		field{"Metadata", t.metadata()},
		field{"Parameters", object(t.parameters...)},
		field{"Conditions", object(t.conditions...)},
		field{"Resources", t.body()},
		field{"Outputs", object(t.outputs...)},
	))
	if err != nil {
		return nil, fmt.Errorf("write the template of account %s in %s: %w", t.place.account, t.place.region, err)
	}
	return text, nil
}

func quoted(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
}

func (t *writer) description() string {
	what := "Audit logging"
	if t.only != nil {
		what = "Imports what there is of the audit logging"
	}
	return cut(fmt.Sprintf("%s %s of account %s in %s, as trailseal setup would make it", what, t.stack.Name, t.place.account, t.place.region), 1000)
}

// cut is a text of at most n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

func (t *writer) metadata() *yaml.Node {
	var out []*yaml.Node
	for _, l := range t.left {
		out = append(out, str(l.id.String()+": "+l.why))
	}
	return object(field{"Trailseal", object(
		field{"Account", quoted(t.place.account)},
		field{"Region", str(t.place.region)},
		field{"NotInThisTemplate", optional(out)},
	)})
}

// entry is how a resource is in a template.
type entry struct {
	name, kind string // its logical ID and its type without AWS::
	properties *yaml.Node
	retain     bool     // it outlives the stack
	after      []string // logical IDs that have to be there first, beyond those it refers to
	condition  string
	// identifier is how an import finds what is there; nil: there is nothing, or it is not imported.
	identifier map[string]string
	guess      string // what the import takes for granted
}

// put writes a resource.
func (t *writer) put(e entry) {
	if t.only != nil && !t.only[e.name] {
		return
	}
	e.kind = "AWS::" + e.kind
	t.entries = append(t.entries, e)
	if e.identifier != nil {
		t.imports = append(t.imports, imported{Type: e.kind, LogicalID: e.name, Identifier: e.identifier, guess: e.guess})
	}
}

// has reports whether a resource is in the template.
func (t *writer) has(name string) bool {
	return slices.ContainsFunc(t.entries, func(e entry) bool { return e.name == name })
}

// body are the resources.
func (t *writer) body() *yaml.Node {
	var all []field
	for _, e := range t.entries {
		var retain *yaml.Node
		if e.retain || e.identifier != nil {
			retain = str("Retain")
		}
		all = append(all, field{e.name, object(
			field{"Type", str(e.kind)},
			field{"Condition", when(e.condition != "", str(e.condition))},
			field{"DependsOn", t.dependsOn(e)},
			field{"DeletionPolicy", retain},
			field{"UpdateReplacePolicy", retain},
			field{"Properties", e.properties},
		)})
	}
	return object(all...)
}

// dependsOn are those of after that the template has and the properties do not name anyway.
func (t *writer) dependsOn(e entry) *yaml.Node {
	named := references(e.properties)
	var after []string
	for _, name := range e.after {
		if t.has(name) && !named[name] && !slices.Contains(after, name) {
			after = append(after, name)
		}
	}
	return strs(after)
}

// references are the logical IDs that a node names.
func references(n *yaml.Node) map[string]bool {
	all := map[string]bool{}
	if n == nil {
		return all
	}
	switch n.Tag {
	case "!Ref", "!GetAtt":
		name, _, _ := strings.Cut(n.Value, ".")
		all[name] = true
	case "!Sub":
		for _, piece := range strings.Split(n.Value, "${")[1:] {
			name, _, _ := strings.Cut(piece, "}")
			name, _, _ = strings.Cut(name, ".")
			all[name] = true
		}
	}
	for _, c := range n.Content {
		for name := range references(c) {
			all[name] = true
		}
	}
	return all
}

// leaveThere says that a resource, which is there, is in no template; nothing is to be done if it is what it is to be.
func (t *writer) leaveThere(r resource.Resource, command, why string) {
	if now := t.stack.Now[r.ID()]; now != nil && reflect.DeepEqual(now, r) {
		t.leave(r.ID(), "", why+"; it is what it is to be")
		return
	}
	t.leave(r.ID(), command, why)
}

// leave says that a resource is in no template.
func (t *writer) leave(id resource.ID, command, why string) {
	if t.only == nil {
		t.left = append(t.left, left{id, why, command})
	}
}

// parameter is a parameter; name is its logical ID, which may be asked for again.
func (t *writer) parameter(key string, fields ...field) string {
	name := t.names.of("parameter "+key, camel(key))
	if !slices.ContainsFunc(t.parameters, func(f field) bool { return f.name == name }) {
		t.parameters = append(t.parameters, field{name, object(fields...)})
	}
	return name
}

// condition is a condition that a parameter of true and false is true.
func (t *writer) condition(key, parameter string) string {
	name := t.names.of("condition "+key, camel(key))
	if !slices.ContainsFunc(t.conditions, func(f field) bool { return f.name == name }) {
		equals := list(call("Ref", parameter), quoted("true"))
		equals.Tag = "!Equals"
		equals.Style = yaml.FlowStyle
		t.conditions = append(t.conditions, field{name, equals})
	}
	return name
}

// output is an output.
func (t *writer) output(name, description string, value *yaml.Node, condition string) {
	t.outputs = append(t.outputs, field{name, object(
		field{"Description", str(description)},
		field{"Condition", when(condition != "", str(condition))},
		field{"Value", value},
	)})
}

// exists reports whether a resource is there.
func (t *writer) exists(r resource.Resource) bool { return t.stack.Exists[r.ID()] }

// fail notes that a resource cannot be said.
func (t *writer) fail(r resource.Resource, format string, args ...any) {
	t.errs = append(t.errs, fmt.Errorf("%s: "+format, append([]any{r.ID()}, args...)...))
}
