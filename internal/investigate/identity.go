package investigate

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
)

// identity is one set of credentials, as its events describe them.
type identity struct {
	kind, principal, arn, account, key, user, invokedBy string
	provider, credential, onBehalfOf                    string
	scopeARN, scopeType, scopeTo                        string
	issuerType, issuerARN, issuerUser                   string
	federated, delivery, source, mfa                    string
	assumedRoot                                         bool
	created                                             time.Time // zero: not said
	used                                                time.Time // first use that is known
	until                                               time.Time // last use that is known
	shared                                              string    // of the event, for a principal of another account
	event                                               string    // where it was first seen
}

// who takes the identity out of a record.
func (r *record) who() identity {
	t := &r.text
	i := identity{
		kind: t[event.UserIdentityType], principal: t[event.UserIdentityPrincipalID], arn: t[event.UserIdentityARN],
		account: t[event.UserIdentityAccountID], key: t[event.UserIdentityAccessKeyID], user: t[event.UserIdentityUserName],
		invokedBy: t[event.UserIdentityInvokedBy], provider: t[event.UserIdentityIdentityProvider], credential: t[event.UserIdentityCredentialID],
		onBehalfOf: t[event.OnBehalfOfUserID], scopeARN: t[event.InScopeOfSourceARN], scopeType: t[event.InScopeOfIssuerType],
		scopeTo: t[event.InScopeOfCredentialsIssuedTo], issuerType: t[event.SessionIssuerType], issuerARN: t[event.SessionIssuerARN],
		issuerUser: t[event.SessionIssuerUserName], federated: t[event.SessionFederatedProvider], delivery: t[event.SessionEC2RoleDelivery],
		source: t[event.SessionSourceIdentity], mfa: t[event.SessionMFAAuthenticated], assumedRoot: t[event.SessionAssumedRoot] == "true",
		used: r.at, until: r.at, event: r.id(),
	}
	if !event.IsAccessKey(i.key) {
		i.key = ""
	}
	// No credentials live for days: a date that far off says nothing, and would make every question one of all time.
	const most = 7 * 24 * time.Hour
	if created, err := time.Parse(time.RFC3339, t[event.SessionCreationDate]); err == nil && !r.at.IsZero() &&
		created.After(r.at.Add(-most)) && created.Before(r.at.Add(most)) {
		i.created = created.UTC()
	}
	if i.kind == "" && i.invokedBy != "" {
		i.kind = "AWSService"
	}
	if i.kind == "" && t[event.EventType] == "AwsServiceEvent" {
		i.kind, i.invokedBy = "AWSService", t[event.EventSource]
	}
	if i.kind == "AWSAccount" {
		i.shared = t[event.SharedEventID]
	}
	return i
}

// id is the same for all events of one set of credentials.
func (i identity) id() string {
	created := ""
	if !i.created.IsZero() {
		created = i.created.Format(time.RFC3339)
	}
	switch {
	case i.kind == "AWSAccount":
		return "account\x00" + i.account + "\x00" + i.principal + "\x00" + i.shared
	case i.key != "" && (i.temporary() || i.kind == "IAMUser"):
		return "key\x00" + i.key
	case i.principal != "" && i.kind != "WebIdentityUser" && i.kind != "SAMLUser":
		return "principal\x00" + i.principal + "\x00" + created
	}
	return strings.Join([]string{i.kind, i.principal, i.arn, i.account, i.user, i.invokedBy, i.onBehalfOf, i.provider, created}, "\x00")
}

// temporary reports whether somebody must have asked for the credentials.
func (i identity) temporary() bool {
	switch i.kind {
	case "AssumedRole", "Role", "FederatedUser":
		return true
	case "IAMUser", "Root":
		return strings.HasPrefix(i.key, "ASIA") || i.assumedRoot || !i.created.IsZero()
	}
	return false
}

// linked reports whether it is a service-linked role, which only its service can use: IAM keeps the path for AWS.
func (i identity) linked() bool {
	return strings.Contains(i.issuerARN, ":role/aws-service-role/") && i.invokedBy != ""
}

// reserved reports whether it is a role of IAM Identity Center, whose path IAM keeps for AWS: the session's name is then
// the user's.
func (i identity) reserved() bool {
	return strings.Contains(i.issuerARN, ":role/aws-reserved/sso.amazonaws.com/")
}

// session is the name of a role's session.
func (i identity) session() string {
	if _, name, ok := strings.Cut(i.principal, ":"); ok && (i.kind == "AssumedRole" || i.kind == "AWSAccount" || i.kind == "FederatedUser") {
		return name
	}
	if at := strings.LastIndexByte(i.arn, '/'); at >= 0 && strings.Contains(i.arn, ":assumed-role/") {
		return i.arn[at+1:]
	}
	return ""
}

// label names the credentials to a reader.
func (i identity) label() string {
	for _, s := range [...]string{i.arn, i.invokedBy, i.user, i.principal, i.onBehalfOf, i.account, i.key} {
		if s != "" {
			return s
		}
	}
	return "nobody that the record names"
}

func (i identity) sessionOf() Session {
	s := Session{Type: i.kind, ARN: i.arn, PrincipalID: i.principal, Account: i.account, AccessKeyID: i.key, Issuer: i.issuerARN,
		MFA: i.mfa, SourceIdentity: i.source, InvokedBy: i.invokedBy}
	if !i.created.IsZero() {
		t := i.created
		s.Created = &t
	}
	return s
}

// origin is what stands at the beginning of a chain.
type origin struct {
	state      State
	kind, name string
	account    string
	confidence Confidence
	reason     string
	notes      []string
}

// final says who an identity is that nobody else's credentials lead to; ok is false where the chain must go on.
func (i identity) final() (o origin, ok bool) {
	o = origin{confidence: Proven, account: i.account, name: i.label()}
	switch i.kind {
	case "Root":
		o.state, o.kind, o.name = Root, "root", "root of "+i.account
		if i.invokedBy != "" {
			o.notes = append(o.notes, "through "+plain(i.invokedBy))
		}
		return o, !i.assumedRoot
	case "IAMUser":
		o.state, o.kind, o.name = Person, "iam-user", cmp.Or(i.user, last(i.arn), i.principal)
		if !i.temporary() && i.key != "" {
			o.notes = append(o.notes, "a long-lived access key: the log does not say who or what holds it")
		}
		return o, true
	case "AWSService":
		o.state, o.kind, o.name = Service, "service", i.invokedBy
		return o, true
	case "SAMLUser":
		o.state, o.kind, o.name = Person, "saml-user", cmp.Or(i.user, i.principal)
		if strings.HasPrefix(i.provider, "AWSSSO_") || strings.Contains(i.provider, ":saml-provider/AWSSSO_") {
			o.kind = "identity-center-user"
		}
		o.notes = append(o.notes, "as the identity provider "+plain(i.provider)+" asserted")
		return o, true
	case "IdentityCenterUser":
		o.state, o.kind, o.name = Person, "identity-center-user", cmp.Or(i.user, i.onBehalfOf, i.credential)
		return o, true
	case "Directory":
		o.state, o.kind = Person, "directory-user"
		return o, true
	case "WebIdentityUser":
		return i.webIdentity(), true
	case "AssumedRole":
		if i.linked() {
			o.state, o.kind, o.name = Service, "service-linked-role", i.invokedBy
			return o, true
		}
	}
	return o, false
}

// webIdentity is the bearer of a token of an OIDC provider.
func (i identity) webIdentity() origin {
	o := origin{confidence: Proven, kind: "web-identity", name: cmp.Or(i.user, i.principal), account: accountOf(i.provider)}
	o.notes = append(o.notes, "as the token of "+plain(i.provider)+" says")
	for _, sign := range [...]string{"token.actions.githubusercontent.com", "gitlab", "oidc.circleci.com", "oidc.eks.", "app.terraform.io",
		"agent.buildkite.com", "bitbucket.org", "vstoken.dev.azure.com", "spacelift.io", "oidc.vercel.com"} {
		if strings.Contains(i.provider, sign) {
			o.state = Workload
			return o
		}
	}
	for _, sign := range [...]string{"accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com", "appleid.apple.com"} {
		if strings.Contains(i.provider, sign) {
			o.state = Person
			return o
		}
	}
	o.state, o.reason = Unknown, "the log does not say whether a person or a program is behind a token of "+plain(i.provider)
	return o
}

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)

// itself is what a session says of its own origin, where the event that gave it is not known; missing says why not.
func (i identity) itself(missing string) origin {
	o := origin{state: Unknown, confidence: Claimed, kind: "session", name: i.label(), account: i.account, reason: missing}
	known := func(state State, kind, name string) origin {
		return origin{state: state, kind: kind, name: name, account: i.account, confidence: Strong, notes: []string{missing}}
	}
	switch {
	case i.reserved() && i.session() != "":
		return known(Person, "identity-center-user", i.session())
	case i.kind == "FederatedUser" && i.issuerType == "IAMUser":
		return known(Person, "iam-user", cmp.Or(i.issuerUser, last(i.issuerARN)))
	case i.delivery != "" && instanceID.MatchString(i.session()):
		return known(Workload, "ec2-instance", i.session())
	case i.scopeTo != "" || i.scopeARN != "":
		return known(Workload, workloadKind(i.scopeType), cmp.Or(i.scopeTo, i.scopeARN))
	case i.kind == "AWSAccount":
		o.kind, o.name = "other-account", cmp.Or(i.principal, "somebody")+" of account "+cmp.Or(i.account, "unknown")
	case i.kind == "Root":
		o.kind, o.name = "root", "root of "+i.account
	case i.source != "":
		o.name, o.kind = i.source, "source-identity"
	case i.federated != "":
		o.kind = "web-identity"
	}
	return o
}

// claims are what names the origin without proof.
func (i identity) claims() []Claim {
	var out []Claim
	add := func(kind, v string) {
		if v != "" {
			out = append(out, Claim{Kind: kind, Value: v, Event: i.event})
		}
	}
	add("source-identity", i.source)
	add("session-name", i.session())
	add("on-behalf-of", i.onBehalfOf)
	add("federated-provider", i.federated)
	return out
}

// workloadKind is the kind of workload behind a resource type such as AWS::Lambda::Function, or a service's host name.
func workloadKind(s string) string {
	switch s {
	case "AWS::EC2::Instance", "ec2.amazonaws.com":
		return "ec2-instance"
	case "AWS::Lambda::Function", "lambda.amazonaws.com":
		return "lambda-function"
	case "AWS::ECS::Task", "ecs-tasks.amazonaws.com":
		return "ecs-task"
	case "pods.eks.amazonaws.com":
		return "eks-pod"
	case "codebuild.amazonaws.com":
		return "codebuild-build"
	case "states.amazonaws.com":
		return "step-functions-execution"
	case "glue.amazonaws.com":
		return "glue-job"
	case "sagemaker.amazonaws.com":
		return "sagemaker-job"
	case "batch.amazonaws.com":
		return "batch-job"
	}
	return "workload"
}

// served is the workload for whom a service obtained the session; ok is false where the service acts for itself.
func served(service string, session identity) (o origin, ok bool) {
	kind := workloadKind(service)
	if kind == "workload" {
		return o, false
	}
	name := cmp.Or(session.scopeTo, session.scopeARN, session.session())
	return origin{state: Workload, kind: kind, name: name, account: session.account, confidence: Proven}, true
}

// last is the part of an ARN behind the last slash or colon.
func last(arn string) string {
	if at := strings.LastIndexAny(arn, "/:"); at >= 0 {
		return arn[at+1:]
	}
	return arn
}

// accountOf is the account in an ARN; empty where there is none.
func accountOf(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 && p[0] == "arn" && integrity.IsAccount(p[4]) {
		return p[4]
	}
	return ""
}
