package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/lake"
)

// dataEventPrice is what CloudTrail charges for 100,000 data events, in US dollars.
//
// https://aws.amazon.com/cloudtrail/pricing/
const dataEventPrice = 0.10

// dataService is how the data events of a service are found in the lake.
type dataService struct {
	name, source, member string
	resources            []string
}

// estimate adds to a plan what the lake knows of how many data events there will be. Where it knows nothing, that is said.
func (a *App) estimate(ctx context.Context, b Blueprint, p *SetupPlan) {
	services := []dataService{
		{"S3", "s3.amazonaws.com", "bucketName", b.DataEvents.S3},
		{"Lambda", "lambda.amazonaws.com", "functionName", b.DataEvents.Lambda},
		{"DynamoDB", "dynamodb.amazonaws.com", "tableName", b.DataEvents.DynamoDB},
	}
	for _, s := range services {
		if len(s.resources) == 0 {
			continue
		}
		n, days, err := a.dataEvents(ctx, s)
		switch {
		case errors.Is(err, lake.ErrNone) || err == nil && n == 0:
			p.Notes = append(p.Notes, fmt.Sprintf("Volume of %s data events: not known, the lake below --home has none of these resources yet. CloudTrail charges $%.2f for 100,000.", s.name, dataEventPrice))
		case err != nil:
			p.Notes = append(p.Notes, fmt.Sprintf("Volume of %s data events: not known, the lake could not be asked: %v", s.name, err))
		default:
			daily := float64(n) / float64(max(days, 1))
			p.Notes = append(p.Notes, fmt.Sprintf("Volume of %s data events: the lake has %d of these resources on %d days, about %.0f a day and $%.2f a month.",
				s.name, n, days, daily, daily*30/100_000*dataEventPrice))
		}
	}
}

// dataEvents counts the data events of a service's resources in the lake, and the days that have any.
func (a *App) dataEvents(ctx context.Context, s dataService) (n, days int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	sql := "SELECT count(*), count(DISTINCT CAST(event_time AS DATE)) FROM events WHERE event_category = 'Data' AND event_source = " + sqlText(s.source)
	var names []string
	for _, r := range s.resources {
		if r == "all" {
			names = nil
			break
		}
		names = append(names, sqlText(lastPart(r)))
	}
	if names != nil {
		sql += fmt.Sprintf(" AND json_extract_string(request_parameters, '$.%s') IN (%s)", s.member, strings.Join(names, ", "))
	}
	answer, err := a.Ask(ctx, QueryRequest{SQL: sql})
	if err != nil {
		return 0, 0, err
	}
	defer answer.Close()
	for row, err := range answer.Rows {
		if err != nil {
			return 0, 0, err
		}
		count, ok1 := row[0].(int64)
		on, ok2 := row[1].(int64)
		if !ok1 || !ok2 {
			return 0, 0, errors.New("the answer is no number")
		}
		return count, on, nil
	}
	return 0, 0, errors.New("there is no answer")
}

// lastPart is the name at the end of an ARN of a bucket (without its prefix), a function or a table.
func lastPart(arn string) string {
	rest := arn[strings.LastIndexByte(arn, ':')+1:]
	if strings.Contains(arn, ":s3:") {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
