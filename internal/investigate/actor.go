package investigate

import "time"

// State says what stands at the beginning of a chain.
type State string

// The states. IAM users, federated users and Identity Center users are persons as far as the log can tell.
const (
	Person   State = "person"
	Workload State = "workload" // a machine, function, container or pipeline
	Service  State = "service"  // an AWS service on its own behalf
	Root     State = "root"
	Unknown  State = "unknown" // Reason says why
)

// Confidence says how well a hop, or all of a chain, is shown.
type Confidence string

// The confidences, strongest first.
const (
	// Proven: the record itself names who acted, or the event issued the access key that was used.
	Proven Confidence = "proven"
	// Strong: AWS wrote what links the two, but another event could carry the same.
	Strong Confidence = "strong"
	// Claimed: a name that the caller may have chosen, or nearness in time.
	Claimed Confidence = "claimed"
)

func weaker(a, b Confidence) Confidence {
	rank := func(c Confidence) int {
		switch c {
		case Proven:
			return 0
		case Strong:
			return 1
		}
		return 2
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// The kinds of link between a session and the event that gave it.
const (
	LinkAccessKey   = "access-key-id"        // the event issued the key that the session used
	LinkCreation    = "session-and-creation" // same session, issued when the session says it was
	LinkConsole     = "console-and-creation" // a sign-in to the console or a switch of role there, at that time
	LinkPrincipal   = "principal-id"         // same unique id of a user in another event
	LinkNearest     = "session-and-time"     // same session, issued in the 12 hours before
	LinkSharedEvent = "shared-event-id"      // the same action as the caller's account recorded it
)

// Actor is who stands behind a session, and how that is known.
type Actor struct {
	ID         string     `json:"id"`    // within the case: a1, a2 …
	State      State      `json:"state"` // person, workload, service, root or unknown
	Kind       string     `json:"kind"`  // iam-user, identity-center-user, saml-user, web-identity, ec2-instance, service …
	Name       string     `json:"name"`  // of the person or workload; of the last session reached where the state is unknown
	Account    string     `json:"account"`
	Confidence Confidence `json:"confidence"` // of the weakest hop
	Reason     string     `json:"reason,omitempty"`
	Session    Session    `json:"session"`
	Hops       []Hop      `json:"hops"` // from the session back to its origin
	Claims     []Claim    `json:"claims"`
	// Candidates are the events of which one gave the session, where the log does not say which.
	Candidates []Hop    `json:"candidates,omitempty"`
	Notes      []string `json:"notes"`
}

// Session is the credentials that acted, as their own events show them.
type Session struct {
	Type           string     `json:"type"` // of userIdentity
	ARN            string     `json:"arn"`
	PrincipalID    string     `json:"principal_id"`
	Account        string     `json:"account"`
	AccessKeyID    string     `json:"access_key_id"`
	Issuer         string     `json:"issuer"` // ARN of the role or user
	Created        *time.Time `json:"created"`
	MFA            string     `json:"mfa"` // "true", "false" or empty: not said
	SourceIdentity string     `json:"source_identity"`
	InvokedBy      string     `json:"invoked_by"` // the service through which it acted
}

// Hop is one step back: the event by which From obtained the credentials To.
type Hop struct {
	EventID    string     `json:"event_id"`
	Time       time.Time  `json:"time"`
	Account    string     `json:"account"`
	Region     string     `json:"region"`
	Action     string     `json:"action"` // AssumeRole, GetSigninToken …
	From       string     `json:"from"`
	To         string     `json:"to"`
	Link       string     `json:"link"`
	Confidence Confidence `json:"confidence"`
	SourceIP   string     `json:"source_ip"`
	LogState   string     `json:"log_state"`
	Notes      []string   `json:"notes"`
}

// Claim is what the log says of who acted without proof of it.
type Claim struct {
	Kind  string `json:"kind"` // source-identity, session-name, tag, on-behalf-of, federated-provider, key-made-by
	Value string `json:"value"`
	Event string `json:"event_id,omitempty"`
}

// Gap is what an answer could not learn.
type Gap struct {
	Kind   string `json:"kind"` // limit, hop-missing, ambiguous, cycle, account-missing, no-key-creation, unverified, not-asked …
	Detail string `json:"detail"`
}
