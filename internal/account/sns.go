package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var topicHandler = handler{}        // STUB
var subscriptionHandler = handler{} // STUB

var subscriptionListReads []Permission // STUB

func surveySubscriptions(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
