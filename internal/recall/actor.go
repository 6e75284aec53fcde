package recall

import (
	"cmp"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
)

// The kinds of actor, as package investigate has them.
const (
	Person   = "person" // IAM users and users of identity providers are persons as far as the log can tell
	Workload = "workload"
	Service  = "service" // an AWS service on its own behalf
	Root     = "root"
	Unknown  = "unknown"
)

// Actor returns who stands behind an event, as far as its session can be followed, with the address and the agent of the
// event itself. Where it cannot be followed to its beginning, Kind is Unknown unless AWS wrote into the record whose
// session it is, and Reason says why.
func (m *Memory) Actor(e finding.Event) finding.Actor {
	c := m.Chain(e)
	a := finding.Actor{Principal: e.Principal, Kind: Unknown, IPs: one(e.IP), Agents: one(e.Agent)}
	for _, h := range c.Hops {
		a.Chain = append(a.Chain, h.sentence())
	}
	if a.Reason = c.Broken; !c.lost {
		c.name(&a)
	}
	if a.Kind == Unknown && a.Behind == "" {
		// The newest source identity holds for all of the chain: it cannot be changed by what follows.
		for _, h := range c.Hops {
			if h.SourceIdentity != "" {
				a.Behind, a.Confidence = h.SourceIdentity, Claimed
				break
			}
		}
	}
	a.Behind = plain(a.Behind)
	return a
}

func one(s string) []string {
	if s == "" {
		return []string{}
	}
	return []string{s}
}

// sentence tells a reader of a hop.
func (h Hop) sentence() string {
	s := plain(h.To) + " got its credentials by " + plain(h.Action) + " of " + plain(h.From) + " at " + h.Time.UTC().Format(time.RFC3339)
	if h.EventID != "" {
		s += ", event " + plain(h.EventID)
	}
	s += " (" + h.Confidence
	if h.Confidence == Claimed {
		s += ": the event is later than what was done with its credentials"
	}
	s += ")"
	if h.SourceIdentity != "" {
		s += ", with source identity " + plain(h.SourceIdentity)
	}
	return s
}

// name says who is at the chain's beginning, by the rules of package investigate.
func (c *Chain) name(a *finding.Actor) {
	o := &c.Origin
	is := func(kind, behind, confidence string) {
		a.Kind, a.Behind, a.Confidence = kind, behind, weaker(c.Confidence, confidence)
	}
	switch o.Type {
	case "Root":
		is(Root, "root of "+cmp.Or(accountOf(o.Identity), o.Account), Proven)
		if c.Broken != "" { // a session of the console, or one of AssumeRoot, which somebody else may have asked for
			a.Confidence = weaker(a.Confidence, Strong)
		}
		return
	case "IAMUser":
		a.Reason = ""
		is(Person, cmp.Or(c.caller, last(o.Identity), o.Principal), Proven)
		return
	case "AWSService":
		c.service(a, is)
		return
	case "SAMLUser":
		// Its principal is the provider's qualifier, a colon and the name.
		is(Person, cmp.Or(c.caller, o.Principal[strings.LastIndexByte(o.Principal, ':')+1:], o.Principal), Proven)
		return
	case "IdentityCenterUser", "Directory":
		is(Person, cmp.Or(c.caller, o.Identity, o.Principal), Proven)
		return
	case "WebIdentityUser":
		kind := webKind(cmp.Or(c.provider, o.Principal))
		is(kind, cmp.Or(c.caller, o.Principal), Proven)
		if kind == Unknown {
			a.Reason = "the log does not say whether a person or a program is behind the token"
		}
		return
	}
	session := sessionName(o)
	switch service := linkedService(o.Principal); {
	case service != "":
		a.Reason = ""
		is(Service, service, Proven)
	case strings.Contains(o.Principal, ":role/aws-reserved/sso.amazonaws.com/") && session != "":
		is(Person, session, Strong)
	case o.Type == "FederatedUser" && strings.Contains(o.Principal, ":user/"):
		is(Person, last(o.Principal), Strong)
	case o.Type == "AWSAccount":
		a.Reason = "it is somebody of another account, whose events do not show it here"
	case a.Reason == "":
		a.Reason = "the record names nobody"
	}
}

// service says for whom a service acted: of the services that run somebody's programs, the program that they obtained the
// session for.
func (c *Chain) service(a *finding.Actor, is func(kind, behind, confidence string)) {
	name := c.Origin.Principal
	if len(c.Hops) > 0 && runsPrograms(name) {
		is(Workload, cmp.Or(c.Hops[len(c.Hops)-1].Session, name), Proven)
		return
	}
	is(Service, name, Proven)
}

func runsPrograms(service string) bool {
	switch service {
	case "ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com", "codebuild.amazonaws.com",
		"states.amazonaws.com", "glue.amazonaws.com", "sagemaker.amazonaws.com", "batch.amazonaws.com":
		return true
	}
	return false
}

// webKind is the kind of what holds tokens of an OIDC provider.
func webKind(provider string) string {
	for _, sign := range [...]string{"token.actions.githubusercontent.com", "gitlab", "oidc.circleci.com", "oidc.eks.", "app.terraform.io",
		"agent.buildkite.com", "bitbucket.org", "vstoken.dev.azure.com", "spacelift.io", "oidc.vercel.com"} {
		if strings.Contains(provider, sign) {
			return Workload
		}
	}
	for _, sign := range [...]string{"accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com", "appleid.apple.com"} {
		if strings.Contains(provider, sign) {
			return Person
		}
	}
	return Unknown
}

// sessionName is the name of a role's session.
func sessionName(e *finding.Event) string {
	if !strings.Contains(e.Identity, ":assumed-role/") {
		return ""
	}
	return last(e.Identity)
}

// linkedService is the service of a service-linked role, which nobody else can use: IAM keeps the path for AWS.
func linkedService(principal string) string {
	_, rest, ok := strings.Cut(principal, ":role/aws-service-role/")
	if !ok {
		return ""
	}
	service, _, _ := strings.Cut(rest, "/")
	return service
}

// accountOf is the account in an ARN; empty where there is none.
func accountOf(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[4]
	}
	return ""
}
