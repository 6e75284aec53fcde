package setup

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

// Account is AWS, as setup sees it. Errors are of package object (ErrDenied, ErrCredentials, …) or of package resource.
type Account interface {
	// Survey lists what there is. What could not be listed is in the survey's Unread; an error is one of credentials, or
	// of a network that is not there.
	Survey(ctx context.Context, where resource.Where) (*resource.Survey, error)
	// Read reads one resource. What could not be read is in the state's Unread.
	Read(ctx context.Context, id resource.ID) (resource.State, error)
	// Do makes one call. Making it twice is the same as once.
	Do(ctx context.Context, edit resource.Edit) error
}
