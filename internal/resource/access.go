package resource

import "github.com/trailseal/trailseal/internal/policy"

// Role is an IAM role. Its ID's Name is the role's name, without its path.
type Role struct {
	Account, Name string
	Path          string // "/" if empty
	Description   string
	Trust         policy.Document
	Inline        map[string]policy.Document // by name
	Managed       []string                   // ARNs of attached policies, sorted
	MaxSession    int                        // seconds; 0: 3600
	// ServiceLinkedTo is the service that the role is linked to, as in config.amazonaws.com; such a role has none of the
	// settings above.
	ServiceLinkedTo string
}

// The steps of a role. Create makes it with Trust.
const (
	RoleTrust   Step = "trust"
	RoleInline  Step = "inline policy" // of those in To that differ in From
	RoleManaged Step = "attached policies"
)

// ID has the role's name.
func (r *Role) ID() ID { return ID{RoleKind, r.Account, "", r.Name} }

// ServiceAccess is an AWS service that AWS Organizations trusts. Its ID's Name is the service's principal, as in
// cloudtrail.amazonaws.com, its Account the management account.
type ServiceAccess struct {
	Account, Service string
}

// ID has the service's principal.
func (s *ServiceAccess) ID() ID { return ID{ServiceAccessKind, s.Account, "", s.Service} }
