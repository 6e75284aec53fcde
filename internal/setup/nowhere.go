package setup

import (
	"context"
	"errors"

	"github.com/trailseal/trailseal/internal/resource"
)

// Nowhere is an account that has nothing, for what is to be written without asking AWS.
type Nowhere struct {
	ID, Partition string
	// Management says that it is the management account of an organization, by the organization's ID.
	Management string
}

// Survey finds nothing.
func (n Nowhere) Survey(_ context.Context, where resource.Where) (*resource.Survey, error) {
	s := &resource.Survey{Account: n.ID, Partition: n.Partition, Region: where.Region}
	if n.Management != "" {
		s.Organization = resource.Organization{ID: n.Management, ManagementAccount: n.ID, AllFeatures: true}
	}
	return s, nil
}

// Read finds nothing.
func (n Nowhere) Read(context.Context, resource.ID) (resource.State, error) {
	return resource.State{}, nil
}

// Do is refused.
func (n Nowhere) Do(context.Context, resource.Edit) error {
	return errors.New("there is no account to write to")
}
