package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var recorderHandler = handler{}        // STUB
var deliveryChannelHandler = handler{} // STUB
var ruleHandler = handler{}            // STUB

var configListReads []Permission // STUB

func surveyConfig(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
