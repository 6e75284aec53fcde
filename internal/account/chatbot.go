package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var slackChannelHandler = handler{} // STUB

var slackListReads []Permission // STUB

func surveySlackChannels(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
