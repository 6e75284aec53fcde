package terraform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
)

// variable is a variable of the module.
type variable struct {
	name      string
	kind      expr // its type
	about     string
	value     expr // the default; empty: none
	sensitive bool
	check     expr // a condition that must hold; empty: none
	wrong     string
	number    int // of those that are numbers
}

// retention notes how long logs are kept, as variables.
func (w *writer) retention() {
	for _, r := range w.m.Resources {
		switch r := r.(type) {
		case *resource.LogGroup:
			if r.RetentionDays > 0 && w.trailsGroup(r) {
				w.days("log_group_days", r.RetentionDays, "Days for which CloudWatch Logs keeps the trail's events.")
			}
		case *resource.Bucket:
			if w.labels[r.ID()] == "logs" {
				w.lifecycleDays(r)
			}
		}
	}
}

func (w *writer) lifecycleDays(b *resource.Bucket) {
	for _, r := range b.Lifecycle {
		if !r.Enabled {
			continue
		}
		if len(r.Transitions) == 1 && r.Transitions[0].Days > 0 {
			w.days("hot_days", r.Transitions[0].Days, "Days after which log files move to a cheaper storage class.")
		}
		if r.ExpireDays > 0 {
			w.days("retention_days", r.ExpireDays, "Days after which log files expire.")
		}
	}
}

// days notes a variable, once.
func (w *writer) days(name string, n int, about string) {
	if slices.ContainsFunc(w.variable, func(v variable) bool { return v.name == name }) {
		return
	}
	w.variable = append(w.variable, variable{name: name, kind: "number", about: about, value: number(n), number: n,
		check: expr("var." + name + " >= 365"), wrong: "An audit looks back over a year: keep them for 365 days at least."})
}

// has reports whether a variable stands for a number.
func (w *writer) has(name string, n int) bool {
	return slices.ContainsFunc(w.variable, func(v variable) bool { return v.name == name && v.number == n && n > 0 })
}

// variables writes variables.tf.
func (w *writer) variables() {
	all := []variable{
		{name: "region", kind: "string", about: "Region of the trail and its alarms.", value: quoted(w.m.Region)},
		{name: "account_id", kind: "string", about: "Account of the trail. The provider refuses to work in any other.", value: quoted(w.m.Account)},
	}
	if w.m.Organization != "" {
		all = append(all, variable{name: "organization_id", kind: "string", about: "Organization whose trail it is.", value: quoted(w.m.Organization)})
	}
	if len(w.m.Readers) > 0 {
		all = append(all, variable{name: "readers", kind: "list(string)", about: "ARNs of those who may read the log files.", value: literals(w.m.Readers)})
	}
	if w.m.BreakGlass != "" {
		all = append(all, variable{name: "break_glass_arn", kind: "string", about: "ARN of the role that may delete log files.", value: quoted(w.m.BreakGlass)})
	}
	for _, at := range w.places() {
		if at.account != w.m.Account && !slices.ContainsFunc(all, func(v variable) bool { return v.name == w.roleOf(at) }) {
			all = append(all, variable{name: w.roleOf(at), kind: "string",
				about: "ARN of the role with which Terraform works in account " + at.account + "."})
		}
	}
	for _, v := range append(all, w.variable...) {
		b := w.block("variables.tf", "variable", v.name)
		b.text("description", v.about)
		b.set("type", v.kind)
		if v.value != "" {
			b.set("default", v.value)
		}
		if v.sensitive {
			b.set("sensitive", "true")
		}
		if v.check != "" && v.number >= 365 {
			c := b.sub("validation")
			c.set("condition", v.check)
			c.text("error_message", v.wrong)
		}
	}
}

// locals writes locals.tf.
func (w *writer) locals() {
	if len(w.local) == 0 {
		return
	}
	comment(w.files["locals.tf"].Body(), "What a policy names before it is made.")
	b := &block{w: w, body: w.files["locals.tf"].Body().AppendNewBlock("locals", nil).Body()}
	for _, name := range slices.Sorted(maps.Keys(w.local)) {
		b.set(name, w.local[name])
	}
}

// provider is the alias of the provider of a place; empty: the default one.
func (w *writer) provider(at place) string {
	if at.account == "" {
		at.account = w.m.Account
	}
	if at.region == "" {
		at.region = w.m.Region
	}
	if at == (place{w.m.Account, w.m.Region}) {
		return ""
	}
	if alias, ok := w.aliases[at]; ok {
		return alias
	}
	alias := w.label(at.region)
	if at.account != w.m.Account {
		alias = w.other(at.account)
		if at.region != w.m.Region {
			alias += "_" + w.label(at.region)
		}
	}
	w.aliases[at] = alias
	return alias
}

// other is what another account is called: the first is the log archive.
func (w *writer) other(account string) string {
	for _, r := range w.m.Resources {
		b, ok := r.(*resource.Bucket)
		if ok && b.Account != w.m.Account {
			if b.Account == account {
				return "log_archive"
			}
			break
		}
	}
	return "account_" + account
}

// roleOf is the variable with the role in another account.
func (w *writer) roleOf(at place) string { return w.other(at.account) + "_role_arn" }

// places are those with a provider of their own, in the order of their aliases.
func (w *writer) places() []place {
	return slices.SortedFunc(maps.Keys(w.aliases), func(a, b place) int {
		if w.aliases[a] < w.aliases[b] {
			return -1
		}
		return 1
	})
}

// providers writes providers.tf.
func (w *writer) providers() {
	b := w.block("providers.tf", "provider", "aws")
	b.set("region", "var.region")
	b.set("allowed_account_ids", "[var.account_id]")
	for _, at := range w.places() {
		b := w.block("providers.tf", "provider", "aws")
		b.text("alias", w.aliases[at])
		region := quoted(at.region)
		if at.region == w.m.Region {
			region = "var.region"
		}
		b.set("region", region)
		if at.account == w.m.Account {
			b.set("allowed_account_ids", "[var.account_id]")
			continue
		}
		b.set("allowed_account_ids", literals([]string{at.account}))
		b.sub("assume_role").set("role_arn", expr("var."+w.roleOf(at)))
	}
}

// versions writes versions.tf.
func (w *writer) versions() {
	b := w.block("versions.tf", "terraform")
	b.set("required_version", quoted(">= 1.5"))
	b.sub("required_providers").set("aws", object([]member{{"source", quoted("hashicorp/aws")}, {"version", quoted("~> 5.100")}}))
}

// outputs writes outputs.tf.
func (w *writer) outputs() {
	out := func(name, about string, value expr) {
		b := w.block("outputs.tf", "output", name)
		b.text("description", about)
		b.set("value", value)
	}
	for _, r := range w.m.Resources {
		id := r.ID()
		label := w.labels[id]
		switch r := r.(type) {
		case *resource.Trail:
			out(plain("trail_arn", label, "main"), "ARN of the trail.", expr("aws_cloudtrail."+label+".arn"))
		case *resource.Bucket:
			out(label+"_bucket", "Name of the bucket.", expr("aws_s3_bucket."+label+".id"))
		case *resource.Key:
			if !r.Foreign {
				out(label+"_key_arn", "ARN of the key.", expr("aws_kms_key."+label+".arn"))
			}
		case *resource.LogGroup:
			out(label+"_log_group", "Name of the log group.", expr("aws_cloudwatch_log_group."+label+".name"))
		case *resource.Topic:
			out(label+"_topic_arn", "ARN of the topic.", expr("aws_sns_topic."+label+".arn"))
		case *resource.Role:
			if r.ServiceLinkedTo == "" {
				out(label+"_role_arn", "ARN of the role.", expr("aws_iam_role."+label+".arn"))
			}
		}
	}
}

// plain is a name, with the label before it where it is not the usual one.
func plain(name, label, usual string) string {
	if label == usual {
		return name
	}
	return fmt.Sprintf("%s_%s", label, name)
}

// importBlocks writes imports.tf.
func (w *writer) importBlocks() {
	if len(w.imports) == 0 {
		return
	}
	comment(w.files["imports.tf"].Body(), "What is there already. These blocks can be removed once they have been applied.")
	for _, i := range w.imports {
		b := w.block("imports.tf", "import")
		b.set("to", expr(i.to))
		b.text("id", i.id)
	}
}
