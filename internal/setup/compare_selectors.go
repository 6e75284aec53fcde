package setup

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// Advanced event selectors: an event is logged if any selector takes it, and a selector takes what meets all of its fields.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html

// selectors makes a trail take all management events, and the data events that are wanted. Those that it takes already, it
// goes on taking.
func selectors(c *comparison, t *resource.Trail, want *resource.Trail) {
	for _, s := range t.Selectors {
		if takesBucket(s, PartitionOf(t.Region), t.Bucket) {
			c.change(resource.TrailSelectors, "AdvancedEventSelectors", selectorText(s), "not the objects of "+t.Bucket, whySelectors).Manual =
				"each log file that is delivered into " + t.Bucket + " makes events, and those the next log file: leave the bucket out of the selector, with NotStartsWith"
		}
	}
	taking := slices.Clone(t.Selectors)
	before := len(c.changes)
	for _, w := range want.Selectors {
		if isManagement(w) && len(w.Fields) == 1 {
			taking = allManagement(c, taking, w)
			continue
		}
		taking = taken(c, taking, w)
	}
	if len(c.changes) == before {
		return
	}
	if t.BasicSelectors {
		for i := before; i < len(c.changes); i++ {
			c.changes[i].Risk = "the basic event selectors become advanced ones, which take the same events and more"
		}
	}
	if n := values(taking); n > 500 {
		for i := before; i < len(c.changes); i++ {
			c.changes[i].Manual = fmt.Sprintf("CloudTrail takes 500 values in a trail's selectors, and these would be %d: name fewer resources, or all", n)
		}
		return
	}
	t.Selectors, t.BasicSelectors = taking, false
}

// allManagement replaces the selectors that take a part of the management events by the one that takes all. A trail without
// any selector takes them all.
func allManagement(c *comparison, all []resource.Selector, want resource.Selector) []resource.Selector {
	var part []resource.Selector
	readOnly := map[string]bool{}
	for _, s := range all {
		if !isManagement(s) {
			continue
		}
		if len(s.Fields) == 1 {
			return all
		}
		if v, ok := readsOnly(s); ok {
			readOnly[v] = true
		}
		part = append(part, s)
	}
	if len(all) == 0 || readOnly["true"] && readOnly["false"] {
		return all
	}
	var was []string
	for _, s := range part {
		was = append(was, selectorText(s))
	}
	c.change(resource.TrailSelectors, "AdvancedEventSelectors, management events", strings.Join(was, "; "), "read and write, of every service", whySelectors)
	rest := slices.DeleteFunc(slices.Clone(all), isManagement)
	return slices.Insert(rest, 0, want)
}

// readsOnly is the value of readOnly of a selector that demands nothing but that of management events.
func readsOnly(s resource.Selector) (string, bool) {
	if len(s.Fields) != 2 {
		return "", false
	}
	for _, f := range s.Fields {
		if f.Field == "readOnly" && len(f.Equals) == 1 && operators(f) == 1 {
			return f.Equals[0], true
		}
	}
	return "", false
}

// isManagement reports whether a selector takes management events, or a part of them.
func isManagement(s resource.Selector) bool { return category(s) == "Management" }

func category(s resource.Selector) string {
	for _, f := range s.Fields {
		if f.Field == "eventCategory" && len(f.Equals) == 1 {
			return f.Equals[0]
		}
	}
	return ""
}

// taken adds what no selector takes yet of what want does.
func taken(c *comparison, all []resource.Selector, want resource.Selector) []resource.Selector {
	var left []resource.Selector
	for _, one := range apart(want) {
		if !slices.ContainsFunc(all, func(s resource.Selector) bool { return within(one, s) }) {
			left = append(left, one)
		}
	}
	if len(left) == 0 {
		return all
	}
	if len(all) == 0 { // with a selector, the management events that a trail takes without any would be lost
		all = append(all, resource.Selector{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}})
	}
	add := together(want, left)
	c.change(resource.TrailSelectors, "AdvancedEventSelectors, "+orDefault(want.Name, "data events"), nil, selectorText(add), whyData)
	return append(all, add)
}

// apart splits a selector that names several ARNs into one for each; together is the other way.
func apart(s resource.Selector) []resource.Selector {
	at := slices.IndexFunc(s.Fields, func(f resource.FieldSelector) bool { return f.Field == "resources.ARN" })
	if at < 0 || operators(s.Fields[at]) != 1 {
		return []resource.Selector{s}
	}
	var all []resource.Selector
	for _, v := range s.Fields[at].Equals {
		all = append(all, narrowed(s, at, resource.FieldSelector{Field: "resources.ARN", Equals: []string{v}}))
	}
	for _, v := range s.Fields[at].StartsWith {
		all = append(all, narrowed(s, at, resource.FieldSelector{Field: "resources.ARN", StartsWith: []string{v}}))
	}
	if len(all) == 0 {
		return []resource.Selector{s}
	}
	return all
}

func narrowed(s resource.Selector, at int, f resource.FieldSelector) resource.Selector {
	s.Fields = slices.Clone(s.Fields)
	s.Fields[at] = f
	return s
}

func together(whole resource.Selector, parts []resource.Selector) resource.Selector {
	at := slices.IndexFunc(whole.Fields, func(f resource.FieldSelector) bool { return f.Field == "resources.ARN" })
	if at < 0 || len(parts) == 1 {
		return parts[0]
	}
	f := resource.FieldSelector{Field: "resources.ARN"}
	for _, p := range parts {
		f.Equals = append(f.Equals, p.Fields[at].Equals...)
		f.StartsWith = append(f.StartsWith, p.Fields[at].StartsWith...)
	}
	return narrowed(whole, at, f)
}

// within reports whether a selector surely takes every event that one takes.
func within(one, s resource.Selector) bool {
	for _, f := range s.Fields {
		ok := slices.ContainsFunc(one.Fields, func(g resource.FieldSelector) bool { return g.Field == f.Field && narrower(g, f) })
		if !ok {
			return false
		}
	}
	return len(s.Fields) > 0
}

// narrower reports whether f surely takes every value that g takes: where they are the same, or have one operator each.
func narrower(g, f resource.FieldSelector) bool {
	if reflect.DeepEqual(g, f) {
		return true
	}
	if operators(f) != 1 || operators(g) != 1 {
		return false
	}
	switch {
	case len(g.Equals) > 0:
		return every(g.Equals, func(v string) bool { return takes(f, v) })
	case len(g.StartsWith) > 0:
		return every(g.StartsWith, func(v string) bool { return takesBelow(f, v) })
	case len(g.NotStartsWith) > 0 && len(f.NotStartsWith) > 0: // g leaves out all that f does
		return every(f.NotStartsWith, func(v string) bool { return begins(v, g.NotStartsWith) })
	}
	return false
}

// takes reports whether a field with one operator takes a value.
func takes(f resource.FieldSelector, v string) bool {
	return slices.Contains(f.Equals, v) || begins(v, f.StartsWith) ||
		len(f.NotEquals) > 0 && !slices.Contains(f.NotEquals, v) || len(f.NotStartsWith) > 0 && !begins(v, f.NotStartsWith)
}

// takesBelow reports whether a field with one operator takes every value that begins so.
func takesBelow(f resource.FieldSelector, prefix string) bool {
	below := func(v string) bool { return strings.HasPrefix(v, prefix) }
	return begins(prefix, f.StartsWith) || len(f.NotEquals) > 0 && !slices.ContainsFunc(f.NotEquals, below) ||
		len(f.NotStartsWith) > 0 && !begins(prefix, f.NotStartsWith) && !slices.ContainsFunc(f.NotStartsWith, below)
}

// begins reports whether a text begins with one of those.
func begins(v string, with []string) bool {
	return slices.ContainsFunc(with, func(p string) bool { return strings.HasPrefix(v, p) })
}

func every(list []string, is func(string) bool) bool {
	return !slices.ContainsFunc(list, func(v string) bool { return !is(v) })
}

// operators counts the operators that a field uses.
func operators(f resource.FieldSelector) int {
	n := 0
	for _, values := range lists(f) {
		if len(values) > 0 {
			n++
		}
	}
	return n
}

func lists(f resource.FieldSelector) [][]string {
	return [][]string{f.Equals, f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith}
}

// values counts the values in selectors, of which CloudTrail takes 500.
func values(all []resource.Selector) int {
	n := 0
	for _, s := range all {
		for _, f := range s.Fields {
			for _, values := range lists(f) {
				n += len(values)
			}
		}
	}
	return n
}

// takesBucket reports whether a selector takes the data events of a bucket's objects as they are written.
func takesBucket(s resource.Selector, partition, bucket string) bool {
	written := resource.Selector{Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}},
		{Field: "resources.type", Equals: []string{"AWS::S3::Object"}}, {Field: "readOnly", Equals: []string{"false"}},
		{Field: "resources.ARN", StartsWith: []string{"arn:" + partition + ":s3:::" + bucket + "/"}}}}
	return category(s) == "Data" && within(written, s)
}

// selectorText is a selector for people.
func selectorText(s resource.Selector) string {
	var all []string
	for _, f := range s.Fields {
		for i, values := range lists(f) {
			if len(values) > 0 {
				word := []string{"=", "starts with", "ends with", "≠", "does not start with", "does not end with"}[i]
				all = append(all, f.Field+" "+word+" "+strings.Join(values, ", "))
			}
		}
	}
	text := strings.Join(all, " and ")
	if s.Name != "" {
		text = fmt.Sprintf("%q (%s)", s.Name, text)
	}
	return text
}
