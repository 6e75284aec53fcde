package policy

// Document is a policy document as IAM writes it. The zero value is no policy.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a policy. A list of one and a single text are the same.
type Statement struct {
	Sid          string
	Effect       string    // Allow or Deny
	Principal    Principal // whom it is about
	NotPrincipal Principal
	Action       []string
	NotAction    []string
	Resource     []string
	NotResource  []string
	Condition    Condition
}

// Principal is whom a statement is about, by kind: AWS, Service, Federated or CanonicalUser. Everybody ("*") is
// {"*": ["*"]}. Empty is none, as in the policy of a role.
type Principal map[string][]string

// Condition is operator, then key, then values.
type Condition map[string]map[string][]string

// IsZero reports whether there is no policy at all.
func (d Document) IsZero() bool { return d.Version == "" && d.ID == "" && len(d.Statements) == 0 }
