package cloudformation

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// rank is when a resource can be made. A resource refers only to those of a lower rank, so that there is no circle: a key's
// policy names the trail, and the trail needs the key. What it cannot refer to it names as text.
type rank int

const (
	roleRank rank = iota
	keyRank
	targetRank       // a bucket that others log to
	targetPolicyRank // and its policy
	bucketRank
	bucketPolicyRank
	groupRank
	topicRank
	topicPolicyRank
	rolePolicyRank
	trailRank
	restRank
)

// target is what a text can refer to.
type target struct {
	id   resource.ID
	name string // its logical ID
	rank rank
	arn  string
	ref  []part // stands for arn
	tail string // characters that may follow arn in a text that still means it, as / in a bucket's objects
}

// allTargets are the targets of the place, the longest ARN first.
func (t *writer) allTargets() []target {
	var all []target
	for _, r := range t.resources {
		id := r.ID()
		name, arn := t.names.resource(id), resource.ARN(id, t.stack.Partition)
		add := func(rank rank, arn, tail string, ref ...part) {
			if arn != "" {
				all = append(all, target{id, name, rank, arn, ref, tail})
			}
		}
		attribute := part{ref: name + ".Arn"}
		switch r := r.(type) {
		case *resource.Key:
			if !r.Foreign && !t.lost(r) {
				add(keyRank, t.stack.aliasARN(id), "", attribute)
				add(keyRank, t.stack.keyARN(r), "", attribute)
			}
		case *resource.Role:
			if r.ServiceLinkedTo == "" {
				add(roleRank, r.ARN(t.stack.Partition), "", attribute)
			}
		case *resource.Bucket:
			add(rankOf(r), arn, "/", attribute)
		case *resource.LogGroup:
			add(groupRank, arn+":*", "", attribute)
			add(groupRank, arn, ":", append(t.plainARN(strings.TrimSuffix(arn, r.Name)), part{ref: name})...)
		case *resource.Topic:
			add(topicRank, arn, "", part{ref: name})
		case *resource.Trail:
			add(trailRank, arn, "", attribute)
		}
	}
	slices.SortStableFunc(all, func(a, b target) int { return cmp.Compare(len(b.arn), len(a.arn)) })
	return all
}

func rankOf(b *resource.Bucket) rank {
	if b.Logging.Bucket == "" {
		return targetRank
	}
	return bucketRank
}

// aliasARN stands, in settings, for a key that is not there yet.
func (s *Stack) aliasARN(id resource.ID) string {
	if !strings.HasPrefix(id.Name, "alias/") {
		return ""
	}
	return resource.ARN(id, s.Partition)
}

// keyARN is the ARN of a key that is there.
func (s *Stack) keyARN(k *resource.Key) string { return cmp.Or(s.Keys[k.ID()], k.ARN) }

// parts are a text with references instead of the ARNs of what has a lower rank.
func (t *writer) parts(at rank, text string) []part {
	if !strings.HasPrefix(text, "arn:") {
		return []part{{text: text}}
	}
	for _, target := range t.targets {
		rest, ok := strings.CutPrefix(text, target.arn)
		if !ok || target.rank >= at || rest != "" && (target.tail == "" || !strings.HasPrefix(rest, target.tail)) {
			continue
		}
		return append(slices.Clone(target.ref), part{text: rest})
	}
	// An import writes nothing, so that it can do without the ARN.
	if key := t.foreignKey(text); key != nil && t.only == nil {
		t.needs[t.stack.placeOf(key.ID())] = true
		name := t.parameter(usesOf(t.stack.Resources).name(key)+"Arn",
			field{"Type", str("String")},
			field{"Description", str("ARN of the KMS key " + key.Alias + " of account " + key.Account + " in " + key.Region + ": an output of its stack")},
			field{"AllowedPattern", quoted(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)})
		return []part{{ref: name}}
	}
	return t.plainARN(text)
}

// foreignKey is the key of another place, not there yet, that an ARN stands for.
func (t *writer) foreignKey(arn string) *resource.Key {
	for _, r := range t.stack.Resources {
		k, ok := r.(*resource.Key)
		if ok && arn != "" && t.stack.aliasARN(k.ID()) == arn && t.stack.keyARN(k) == "" && !slices.Contains(t.resources, r) {
			return k
		}
	}
	return nil
}

// plainARN is an ARN with pseudo parameters for the partition, region and account of the template.
func (t *writer) plainARN(arn string) []part {
	f := strings.SplitN(arn, ":", 6)
	if len(f) < 6 || f[1] != t.stack.Partition {
		return []part{{text: arn}}
	}
	out := []part{{text: "arn:"}, {ref: "AWS::Partition"}, {text: ":" + f[2] + ":"}}
	pseudo := func(s, own, ref string) {
		if s == own {
			out = append(out, part{ref: ref})
		} else {
			out = append(out, part{text: s})
		}
		out = append(out, part{text: ":"})
	}
	pseudo(f[3], t.place.region, "AWS::Region")
	pseudo(f[4], t.place.account, "AWS::AccountId")
	return append(out, part{text: f[5]})
}

// say is a setting that can be an ARN; nothing if it is empty.
func (t *writer) say(at rank, text string) *yaml.Node {
	if text == "" {
		return nil
	}
	return node(t.parts(at, text))
}

// says are settings that can be ARNs.
func (t *writer) says(at rank, texts []string) *yaml.Node {
	var items []*yaml.Node
	for _, s := range texts {
		items = append(items, node(t.parts(at, s)))
	}
	return optional(items)
}

// name is the name of a resource of a lower rank as a reference, else as text; nothing if it is empty.
func (t *writer) name(at rank, kind resource.Kind, name string) *yaml.Node {
	if name == "" {
		return nil
	}
	for _, target := range t.targets {
		if target.id.Kind == kind && target.id.Name == name && target.rank < at {
			return call("Ref", target.name)
		}
	}
	return str(name)
}

// document is a policy.
func (t *writer) document(at rank, d policy.Document) *yaml.Node {
	if d.IsZero() {
		return nil
	}
	var statements []*yaml.Node
	for _, s := range d.Statements {
		statements = append(statements, object(
			field{"Sid", when(s.Sid != "", str(s.Sid))},
			field{"Effect", str(s.Effect)},
			field{"Principal", t.principal(at, s.Principal)},
			field{"NotPrincipal", t.principal(at, s.NotPrincipal)},
			field{"Action", t.one(at, s.Action)},
			field{"NotAction", t.one(at, s.NotAction)},
			field{"Resource", t.one(at, s.Resource)},
			field{"NotResource", t.one(at, s.NotResource)},
			field{"Condition", t.policyCondition(at, s.Condition)},
		))
	}
	return object(
		field{"Version", quoted(cmp.Or(d.Version, "2008-10-17"))},
		field{"Id", when(d.ID != "", str(d.ID))},
		field{"Statement", list(statements...)},
	)
}

func (t *writer) principal(at rank, p policy.Principal) *yaml.Node {
	if slices.Equal(p["*"], []string{"*"}) && len(p) == 1 {
		return str("*")
	}
	var fields []field
	for _, kind := range sorted(p) {
		fields = append(fields, field{kind, t.one(at, p[kind])})
	}
	return object(fields...)
}

func (t *writer) policyCondition(at rank, c policy.Condition) *yaml.Node {
	var fields []field
	for _, operator := range sorted(c) {
		var keys []field
		for _, key := range sorted(c[operator]) {
			keys = append(keys, field{key, t.one(at, c[operator][key])})
		}
		fields = append(fields, field{operator, object(keys...)})
	}
	return object(fields...)
}

// one is a list of a policy: a list of one is its item. The account of the template is a pseudo parameter.
func (t *writer) one(at rank, texts []string) *yaml.Node {
	var items []*yaml.Node
	for _, s := range texts {
		if s == t.place.account {
			items = append(items, call("Ref", "AWS::AccountId"))
			continue
		}
		items = append(items, node(t.parts(at, s)))
	}
	if len(items) == 1 {
		return items[0]
	}
	return optional(items)
}
