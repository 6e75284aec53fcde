package account

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// A lifecycle is written whole: what was read of it is written back as it was, each rule of others too.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html

func readLifecycle(ctx context.Context, r *reader) error {
	out, err := r.client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if is(err, "NoSuchLifecycleConfiguration") {
		return nil
	}
	if err != nil {
		return err
	}
	var rules []resource.LifecycleRule
	for _, rule := range out.Rules {
		said, err := lifecycleRule(rule)
		if err != nil {
			return err
		}
		rules = append(rules, said)
	}
	r.bucket.Lifecycle, r.bucket.LifecycleMinimum = rules, string(out.TransitionDefaultMinimumObjectSize)
	return nil
}

func lifecycleRule(r types.LifecycleRule) (resource.LifecycleRule, error) {
	l := resource.LifecycleRule{ID: aws.ToString(r.ID), Enabled: r.Status == types.ExpirationStatusEnabled}
	//lint:ignore SA1019 rules that were written before there were filters have their prefix here
	l.Prefix = aws.ToString(r.Prefix)
	if err := lifecycleFilter(&l, r.Filter); err != nil {
		return l, fmt.Errorf("rule %q: %w", l.ID, err)
	}
	for _, t := range r.Transitions {
		l.Transitions = append(l.Transitions, resource.Transition{Days: int(aws.ToInt32(t.Days)), Date: date(t.Date), Class: string(t.StorageClass)})
	}
	if e := r.Expiration; e != nil {
		l.ExpireDays, l.ExpireDate, l.ExpireMarkers = int(aws.ToInt32(e.Days)), date(e.Date), aws.ToBool(e.ExpiredObjectDeleteMarker)
	}
	for _, t := range r.NoncurrentVersionTransitions {
		l.NoncurrentMoves = append(l.NoncurrentMoves, resource.Transition{Days: int(aws.ToInt32(t.NoncurrentDays)),
			Versions: int(aws.ToInt32(t.NewerNoncurrentVersions)), Class: string(t.StorageClass)})
	}
	if e := r.NoncurrentVersionExpiration; e != nil {
		l.NoncurrentDays, l.NoncurrentVersions = int(aws.ToInt32(e.NoncurrentDays)), int(aws.ToInt32(e.NewerNoncurrentVersions))
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		l.AbortDays = int(aws.ToInt32(a.DaysAfterInitiation))
	}
	return l, nil
}

// otherFilter is any filter that is more than a prefix, in AWS's own JSON.
type otherFilter struct {
	And                                       *allOf     `json:",omitempty"`
	Tag                                       *objectTag `json:",omitempty"`
	ObjectSizeGreaterThan, ObjectSizeLessThan *int64     `json:",omitempty"`
}

type allOf struct {
	Prefix                                    *string     `json:",omitempty"`
	Tags                                      []objectTag `json:",omitempty"`
	ObjectSizeGreaterThan, ObjectSizeLessThan *int64      `json:",omitempty"`
}

type objectTag struct{ Key, Value string }

func lifecycleFilter(l *resource.LifecycleRule, f *types.LifecycleRuleFilter) error {
	if f == nil {
		return nil
	}
	if f.Prefix != nil {
		l.Prefix = *f.Prefix
	}
	other := otherFilter{ObjectSizeGreaterThan: f.ObjectSizeGreaterThan, ObjectSizeLessThan: f.ObjectSizeLessThan}
	if f.Tag != nil {
		other.Tag = &objectTag{aws.ToString(f.Tag.Key), aws.ToString(f.Tag.Value)}
	}
	if f.And != nil {
		other.And = &allOf{Prefix: f.And.Prefix, ObjectSizeGreaterThan: f.And.ObjectSizeGreaterThan, ObjectSizeLessThan: f.And.ObjectSizeLessThan}
		for _, t := range f.And.Tags {
			other.And.Tags = append(other.And.Tags, objectTag{aws.ToString(t.Key), aws.ToString(t.Value)})
		}
	}
	if other == (otherFilter{}) {
		return nil
	}
	text, err := json.Marshal(other)
	l.Filter = string(text)
	return err
}

// filterOf is a rule's filter as AWS takes it.
func filterOf(l resource.LifecycleRule) (*types.LifecycleRuleFilter, error) {
	if l.Filter == "" {
		return &types.LifecycleRuleFilter{Prefix: aws.String(l.Prefix)}, nil
	}
	var other otherFilter
	decoder := json.NewDecoder(bytes.NewReader([]byte(l.Filter)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&other); err != nil {
		return nil, fmt.Errorf("filter of rule %q: %w", l.ID, err)
	}
	f := &types.LifecycleRuleFilter{ObjectSizeGreaterThan: other.ObjectSizeGreaterThan, ObjectSizeLessThan: other.ObjectSizeLessThan}
	if other.Tag != nil {
		f.Tag = &types.Tag{Key: aws.String(other.Tag.Key), Value: aws.String(other.Tag.Value)}
	}
	if and := other.And; and != nil {
		f.And = &types.LifecycleRuleAndOperator{Prefix: and.Prefix, ObjectSizeGreaterThan: and.ObjectSizeGreaterThan, ObjectSizeLessThan: and.ObjectSizeLessThan}
		for _, t := range and.Tags {
			f.And.Tags = append(f.And.Tags, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
		}
	}
	return f, nil
}

// ruleOf is a rule as AWS takes it.
func ruleOf(l resource.LifecycleRule) (types.LifecycleRule, error) {
	filter, err := filterOf(l)
	if err != nil {
		return types.LifecycleRule{}, err
	}
	r := types.LifecycleRule{ID: some(l.ID), Status: types.ExpirationStatusDisabled, Filter: filter}
	if l.Enabled {
		r.Status = types.ExpirationStatusEnabled
	}
	for _, t := range l.Transitions {
		move := types.Transition{StorageClass: types.TransitionStorageClass(t.Class)}
		if t.Date == "" {
			move.Days = aws.Int32(int32(t.Days)) // zero days are at once
		} else if move.Date, err = day(t.Date); err != nil {
			return r, fmt.Errorf("rule %q: %w", l.ID, err)
		}
		r.Transitions = append(r.Transitions, move)
	}
	for _, t := range l.NoncurrentMoves {
		r.NoncurrentVersionTransitions = append(r.NoncurrentVersionTransitions, types.NoncurrentVersionTransition{
			NoncurrentDays: aws.Int32(int32(t.Days)), NewerNoncurrentVersions: positive(t.Versions), StorageClass: types.TransitionStorageClass(t.Class)})
	}
	if l.NoncurrentDays > 0 || l.NoncurrentVersions > 0 {
		r.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: positive(l.NoncurrentDays), NewerNoncurrentVersions: positive(l.NoncurrentVersions)}
	}
	if l.AbortDays > 0 {
		r.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: positive(l.AbortDays)}
	}
	r.Expiration, err = expiration(l)
	return r, err
}

func expiration(l resource.LifecycleRule) (*types.LifecycleExpiration, error) {
	switch {
	case l.ExpireDate != "":
		at, err := day(l.ExpireDate)
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", l.ID, err)
		}
		return &types.LifecycleExpiration{Date: at}, nil
	case l.ExpireDays > 0:
		return &types.LifecycleExpiration{Days: positive(l.ExpireDays)}, nil
	case l.ExpireMarkers:
		return &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)}, nil
	}
	return nil, nil
}

func writeLifecycle(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	in := &s3.PutBucketLifecycleConfigurationInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		LifecycleConfiguration:             &types.BucketLifecycleConfiguration{},
		TransitionDefaultMinimumObjectSize: types.TransitionDefaultMinimumObjectSize(b.LifecycleMinimum)}
	for _, l := range b.Lifecycle {
		r, err := ruleOf(l)
		if err != nil {
			return err
		}
		in.LifecycleConfiguration.Rules = append(in.LifecycleConfiguration.Rules, r)
	}
	_, err := client.PutBucketLifecycleConfiguration(ctx, in)
	return err
}

// date is a day as S3 writes it, "" if there is none.
func date(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func day(text string) (*time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, fmt.Errorf("date %q: want it as in 2030-01-31T00:00:00Z", text)
	}
	return &t, nil
}

// some is a text that is left out where it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// positive is a number that is left out where it is zero.
func positive(n int) *int32 {
	if n <= 0 {
		return nil
	}
	return aws.Int32(int32(n))
}
