package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var hubHandler = handler{} // STUB

var hubListReads []Permission // STUB

func surveyHubs(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
