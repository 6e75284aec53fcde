package account

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// readSelectors reads a trail's event selectors. A trail for which none were ever put logs all management events.
func readSelectors(ctx context.Context, client *cloudtrail.Client, name *string, t *resource.Trail) error {
	out, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: name})
	if err != nil {
		return err
	}
	switch {
	case len(out.AdvancedEventSelectors) > 0:
		t.Selectors = fromAdvanced(out.AdvancedEventSelectors)
	case len(out.EventSelectors) > 0:
		t.Selectors, t.BasicSelectors = fromBasic(out.EventSelectors), true
	default:
		t.Selectors, t.BasicSelectors = fromBasic([]types.EventSelector{{}}), true
	}
	return nil
}

func fromAdvanced(all []types.AdvancedEventSelector) []resource.Selector {
	var selectors []resource.Selector
	for _, s := range all {
		selector := resource.Selector{Name: aws.ToString(s.Name)}
		for _, f := range s.FieldSelectors {
			selector.Fields = append(selector.Fields, resource.FieldSelector{Field: aws.ToString(f.Field),
				Equals: f.Equals, NotEquals: f.NotEquals, StartsWith: f.StartsWith, NotStartsWith: f.NotStartsWith, EndsWith: f.EndsWith, NotEndsWith: f.NotEndsWith})
		}
		selectors = append(selectors, selector)
	}
	return selectors
}

// advanced is selectors as PutEventSelectors takes them.
func advanced(all []resource.Selector) []types.AdvancedEventSelector {
	var selectors []types.AdvancedEventSelector
	for _, s := range all {
		selector := types.AdvancedEventSelector{Name: some(s.Name)}
		for _, f := range s.Fields {
			selector.FieldSelectors = append(selector.FieldSelectors, types.AdvancedFieldSelector{Field: aws.String(f.Field),
				Equals: f.Equals, NotEquals: f.NotEquals, StartsWith: f.StartsWith, NotStartsWith: f.NotStartsWith, EndsWith: f.EndsWith, NotEndsWith: f.NotEndsWith})
		}
		selectors = append(selectors, selector)
	}
	return selectors
}

// everyARN are the values with which a basic selector means all resources of a type.
var everyARN = []string{"arn:aws:s3", "arn:aws:s3:::", "arn:aws:lambda", "arn:aws:dynamodb", "arn:aws-cn:s3", "arn:aws-cn:s3:::", "arn:aws-cn:lambda",
	"arn:aws-cn:dynamodb", "arn:aws-us-gov:s3", "arn:aws-us-gov:s3:::", "arn:aws-us-gov:lambda", "arn:aws-us-gov:dynamodb"}

// fromBasic tells basic event selectors as the advanced ones that log the same events.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
func fromBasic(all []types.EventSelector) []resource.Selector {
	var selectors []resource.Selector
	for _, s := range all {
		var readOnly []resource.FieldSelector
		switch s.ReadWriteType {
		case types.ReadWriteTypeReadOnly:
			readOnly = []resource.FieldSelector{{Field: "readOnly", Equals: []string{"true"}}}
		case types.ReadWriteTypeWriteOnly:
			readOnly = []resource.FieldSelector{{Field: "readOnly", Equals: []string{"false"}}}
		}
		if s.IncludeManagementEvents == nil || *s.IncludeManagementEvents {
			fields := append([]resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}, readOnly...)
			if len(s.ExcludeManagementEventSources) > 0 {
				fields = append(fields, resource.FieldSelector{Field: "eventSource", NotEquals: s.ExcludeManagementEventSources})
			}
			selectors = append(selectors, resource.Selector{Name: "Management events selector", Fields: fields})
		}
		for _, d := range s.DataResources {
			if len(d.Values) > 0 {
				selectors = append(selectors, dataSelector(d, readOnly))
			}
		}
	}
	return selectors
}

// dataSelector is a basic selector's data resource. The values of S3 are beginnings of object ARNs; the others are whole ARNs.
func dataSelector(d types.DataResource, readOnly []resource.FieldSelector) resource.Selector {
	kind := aws.ToString(d.Type)
	fields := append([]resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind}}}, readOnly...)
	every := slices.ContainsFunc(d.Values, func(v string) bool { return slices.Contains(everyARN, v) })
	switch {
	case every:
	case kind == "AWS::S3::Object":
		fields = append(fields, resource.FieldSelector{Field: "resources.ARN", StartsWith: d.Values})
	default:
		fields = append(fields, resource.FieldSelector{Field: "resources.ARN", Equals: d.Values})
	}
	return resource.Selector{Name: kind + " selector", Fields: fields}
}
