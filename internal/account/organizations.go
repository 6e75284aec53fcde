package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var serviceAccessHandler = handler{} // STUB

var organizationReads []Permission // STUB

func surveyOrganization(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
