package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var alarmHandler = handler{} // STUB

var alarmListReads []Permission // STUB

func surveyAlarms(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
