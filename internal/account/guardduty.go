package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var detectorHandler = handler{} // STUB

var detectorListReads []Permission // STUB

func surveyDetectors(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
