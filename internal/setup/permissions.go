package setup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// Needs says which permissions the calls need that an Account makes.
type Needs struct {
	Survey []resource.Permission                                              // to list what there is, beyond Reads
	Reads  func(kind resource.Kind) []resource.Permission                     // to read one resource
	Writes func(kind resource.Kind, step resource.Step) []resource.Permission // to write a step
	Pulse  []resource.Permission                                              // to see that a trail works
	Fire   []resource.Permission                                              // to send a test through an alarm
}

// Permissions are the least policies with which a command works: plan, apply or status. They are those of the account that
// the credentials are of, then those of the role that is assumed in each other account; of one account there are several
// where one would be longer than IAM takes. An error is one of Plan.
func (j *Job) Permissions(ctx context.Context, command string, needs Needs) ([]policy.Document, error) {
	_, known, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	set, err := known.compile(j)
	if err != nil {
		return nil, err
	}
	for i, w := range set.Wanted {
		key, ok := w.Resource.(*resource.Key)
		there, read := known.states[w.Resource.ID()].Resource.(*resource.Key)
		if ok && read && key.ARN == "" && key.Alias != "" {
			named := *key
			named.ARN = there.ARN
			set.Wanted[i].Resource = &named
		}
	}
	return Permissions(set, command, needs), nil
}

// Permissions are the least policies with which a command works for a set. See Job.Permissions.
//
// A key that is not there yet has an ARN that nobody knows: what is about it is about all keys of its account and region.
func Permissions(set *Set, command string, needs Needs) []policy.Document {
	g := &grants{set: set, accounts: map[string]statements{}}
	for _, p := range needs.Survey {
		g.survey(p)
	}
	for _, w := range set.Wanted {
		id := w.Resource.ID()
		g.add(w.Resource, needs.Reads(id.Kind))
		if command == "apply" && w.Managed == "" {
			g.add(w.Resource, needs.Writes(id.Kind, resource.Create))
			for _, step := range ruled[id.Kind].steps {
				g.add(w.Resource, needs.Writes(id.Kind, step))
			}
		}
		if command == "status" && id.Kind == resource.TrailKind {
			g.add(w.Resource, needs.Pulse)
		}
		if command == "status" && id.Kind == resource.AlarmKind {
			g.add(w.Resource, needs.Fire)
		}
	}
	return g.documents()
}

// grant is an action with its conditions: to which service it may pass a role, and which policies it may attach to one.
type grant struct{ action, service, policies string }

// statements are the resources of each grant.
type statements map[grant]map[string]bool

// grants collects what is to be allowed, by account.
type grants struct {
	set      *Set
	accounts map[string]statements
}

func (g *grants) allow(account string, p resource.Permission, on ...string) {
	g.allowed(account, grant{action: p.Action, service: p.Service}, on)
}

func (g *grants) allowed(account string, k grant, on []string) {
	if g.accounts[account] == nil {
		g.accounts[account] = statements{}
	}
	if g.accounts[account][k] == nil {
		g.accounts[account][k] = map[string]bool{}
	}
	for _, arn := range on {
		g.accounts[account][k][arn] = true
	}
}

// survey allows what is about no one resource.
func (g *grants) survey(p resource.Permission) {
	if p.Any || len(p.On) == 0 {
		g.allow(g.set.Account, p, "*")
		return
	}
	for _, on := range p.On {
		g.allow(g.set.Account, p, strings.NewReplacer("${partition}", g.set.Partition, "${account}", g.set.Account, "${region}", "*", "${name}", "*").Replace(on))
	}
}

// add allows what a resource needs.
func (g *grants) add(r resource.Resource, permissions []resource.Permission) {
	id := r.ID()
	account := id.Account
	if id.Kind == resource.TrailKind { // such calls are made as the caller, whose trail it may not be
		account = g.set.Account
	}
	trail, isTrail := r.(*resource.Trail)
	for _, p := range permissions {
		if isTrail && !trail.Organization && ofOrganization(p) {
			continue
		}
		if role, ok := r.(*resource.Role); ok && !ofRole(role, p) {
			continue
		}
		if on := g.on(r, p); len(on) > 0 {
			g.allowed(account, grant{p.Action, p.Service, attached(r, p)}, on)
		}
	}
	if account != g.set.Account {
		g.allow(g.set.Account, resource.Permission{Action: "sts:AssumeRole"}, "arn:"+g.set.Partition+":iam::"+account+":role/*")
	}
}

// ofOrganization reports whether CloudTrail asks for a permission only where a trail is an organization's.
func ofOrganization(p resource.Permission) bool {
	return strings.HasPrefix(p.Action, "organizations:") || p.Action == "iam:CreateServiceLinkedRole"
}

// ofRole reports whether a role needs a permission: one that is linked to a service is made by it and has no settings, and
// any other role is not made that way.
func ofRole(r *resource.Role, p resource.Permission) bool {
	switch p.Action {
	case "iam:CreateServiceLinkedRole":
		return r.ServiceLinkedTo != ""
	case "iam:AttachRolePolicy":
		return len(r.Managed) > 0
	case "iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy":
		return r.ServiceLinkedTo == ""
	}
	return true
}

// attached are the policies that a permission may attach to a role: those that the role is to have.
func attached(r resource.Resource, p resource.Permission) string {
	role, ok := r.(*resource.Role)
	if !ok || p.Action != "iam:AttachRolePolicy" {
		return ""
	}
	return strings.Join(role.Managed, "\n")
}

// on are the ARNs that a permission is about; none where the resource does not need it.
func (g *grants) on(r resource.Resource, p resource.Permission) []string {
	if p.Any {
		return []string{"*"}
	}
	id := r.ID()
	var all []string
	for _, on := range p.On {
		pattern := strings.NewReplacer("${partition}", g.set.Partition, "${account}", id.Account, "${region}", id.Region, "${name}", id.Name).Replace(on)
		exact := g.narrowed(r, pattern)
		switch {
		case len(exact) > 0:
			all = append(all, exact...)
		case p.Service == "": // no role is passed where the resource has none
			all = append(all, pattern)
		}
	}
	own := resource.ARN(id, g.set.Partition)
	switch {
	case len(p.On) == 0 && own == "":
		all = append(all, "*")
	case len(p.On) == 0 && id.Kind == resource.LogGroupKind: // IAM wants it with the streams for some actions
		all = append(all, own, own+":*")
	case len(p.On) == 0, p.Action == "kms:CreateAlias":
		all = append(all, own)
	}
	return all
}

// narrowed are the ARNs that a resource is about and that a pattern, which ends in *, stands for.
func (g *grants) narrowed(r resource.Resource, pattern string) []string {
	start, ok := strings.CutSuffix(pattern, "*")
	if !ok {
		return nil
	}
	var about []string
	switch r := r.(type) {
	case *resource.Role:
		// Its path may be another where the role is there already. There is one role of a name, whatever its path.
		about = []string{r.ARN(g.set.Partition)}
		if r.ServiceLinkedTo == "" {
			about = append(about, "arn:"+g.set.Partition+":iam::"+r.Account+":role/*/"+r.Name)
		}
	case *resource.Key:
		about = []string{r.ARN}
	case *resource.Trail:
		about = []string{r.LogRoleARN}
	case *resource.Recorder:
		about = []string{r.RoleARN}
	case *resource.SlackChannel:
		about = []string{r.RoleARN}
	case *resource.MetricFilter:
		group := resource.ARN(r.ID(), g.set.Partition)
		about = []string{group, group + ":*"}
	case *resource.Subscription:
		about = []string{resource.ARN(resource.ID{Kind: resource.TopicKind, Account: r.Account, Region: r.Region, Name: r.Topic}, g.set.Partition)}
	}
	return slices.DeleteFunc(about, func(arn string) bool { return arn == "" || !strings.HasPrefix(arn, start) })
}

// documents are the policies, of the caller's account first.
func (g *grants) documents() []policy.Document {
	accounts := slices.SortedFunc(maps.Keys(g.accounts), func(a, b string) int {
		if (a == g.set.Account) != (b == g.set.Account) {
			if a == g.set.Account {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	var all []policy.Document
	for _, account := range accounts {
		id := "" // of the caller's
		if account != g.set.Account {
			id = "Account" + account
		}
		all = append(all, packed(id, g.accounts[account].list())...)
	}
	return all
}

// list makes statements of grants: actions of one service that are about the same resources are in one.
func (s statements) list() []policy.Statement {
	type group struct{ service, passedTo, policies, resources string }
	groups := map[group][]string{}
	for k, on := range s {
		arns := slices.Sorted(maps.Keys(on))
		if on["*"] {
			arns = []string{"*"}
		}
		service, _, _ := strings.Cut(k.action, ":")
		if on["*"] {
			service = "" // all that is about everything is in one statement
		}
		g := group{service, k.service, k.policies, strings.Join(arns, "\n")}
		groups[g] = append(groups[g], k.action)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.passedTo, b.passedTo),
			cmp.Compare(a.policies, b.policies), cmp.Compare(a.resources, b.resources))
	})
	var all []policy.Statement
	for _, g := range keys {
		st := policy.Statement{Effect: "Allow", Action: slices.Sorted(slices.Values(groups[g])), Resource: strings.Split(g.resources, "\n")}
		if g.passedTo != "" {
			st.Condition = policy.Condition{"StringEquals": {"iam:PassedToService": {g.passedTo}}}
		}
		if g.policies != "" {
			st.Condition = policy.Condition{"ArnEquals": {"iam:PolicyARN": strings.Split(g.policies, "\n")}}
		}
		all = append(all, st)
	}
	return all
}
