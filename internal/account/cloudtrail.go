package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var trailHandler = handler{} // STUB

var trailListReads []Permission // STUB

func surveyTrails(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
