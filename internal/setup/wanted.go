package setup

import "github.com/trailseal/trailseal/internal/resource"

// Wanted is a resource as it is wanted, before it is compared with what is there.
type Wanted struct {
	Resource resource.Resource
	// Managed says who else manages it, as AWS Control Tower; it is then shown and left alone.
	Managed string
	// Needs are the resources that must be there first, in Wanted before it.
	Needs []resource.ID
	// Ask is a second question to answer before it is made; empty: none.
	Ask string
	// Notes are about it.
	Notes []string
}

// Set is everything that is wanted, in the order in which it is made.
type Set struct {
	Name      string // the blueprint's
	Account   string // the trail's
	Region    string
	Partition string
	Wanted    []Wanted
	Notes     []string // about the account
}
