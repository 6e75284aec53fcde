package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// surveys lists the kinds, each in its own file. Trails come first: others look at what they name.
var surveys = []func(ctx context.Context, a *Account, where resource.Where, s *resource.Survey){
	surveyOrganization, surveyTrails, surveyAlarms, surveySubscriptions, surveySlackChannels,
	surveyConfig, surveyHubs, surveyDetectors, surveyDatabases,
}

// Survey lists what there is. What could not be listed is in the survey's Unread.
func (a *Account) Survey(ctx context.Context, where resource.Where) (*resource.Survey, error) {
	me, err := a.session.Identity(ctx)
	if err != nil {
		return nil, err
	}
	s := &resource.Survey{Account: me.Account, ARN: me.ARN, Partition: me.Partition, Region: where.Region}
	for _, list := range surveys {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("survey account %s: %w", me.Account, err)
		}
		list(ctx, a, where, s)
		for _, u := range s.Unread {
			if errors.Is(u.Err, object.ErrCredentials) { // the account has not changed, the caller has
				return nil, u.Err
			}
		}
	}
	return s, nil
}

// SurveyReads are the permissions that Survey needs beyond those of Reads.
func SurveyReads() []Permission {
	var all []Permission
	for _, p := range [][]Permission{organizationReads, trailListReads, alarmListReads, subscriptionListReads,
		slackListReads, configListReads, hubListReads, detectorListReads, databaseListReads} {
		all = append(all, p...)
	}
	return all
}
