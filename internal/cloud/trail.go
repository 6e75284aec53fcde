package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// PublicKeys asks CloudTrail in a region for the keys with which digests between from and to were signed. Zero times
// leave that end to AWS, which then takes the current key only. Keys that cannot be read are named in an error that
// comes together with the others.
func (s *Session) PublicKeys(ctx context.Context, region string, from, to time.Time) ([]integrity.PublicKey, error) {
	what := fmt.Sprintf("list public keys in %q", region)
	client := s.cloudtrail(region)
	in := &cloudtrail.ListPublicKeysInput{}
	if !from.IsZero() {
		in.StartTime = aws.Time(from)
	}
	if !to.IsZero() {
		in.EndTime = aws.Time(to)
	}
	var keys []integrity.PublicKey
	var unread []error
	at, seen := map[string]bool{}, map[string]bool{}
	for {
		out, err := client.ListPublicKeys(ctx, in)
		if err != nil {
			return nil, s.inRegion(ctx, region, classify(ctx, what, err))
		}
		for _, k := range out.PublicKeyList {
			key, err := publicKey(k)
			if err != nil {
				unread = append(unread, fmt.Errorf("%s: %w", what, err))
				continue
			}
			if key.Region = region; !at[key.Fingerprint] {
				at[key.Fingerprint] = true
				keys = append(keys, key)
			}
		}
		token := aws.ToString(out.NextToken)
		if token == "" || seen[token] {
			return keys, errors.Join(unread...)
		}
		seen[token] = true
		in.NextToken = out.NextToken
	}
}

func publicKey(k types.PublicKey) (integrity.PublicKey, error) {
	key, err := integrity.ParsePublicKey(k.Value)
	if err != nil {
		return key, fmt.Errorf("key %q: %w", aws.ToString(k.Fingerprint), err)
	}
	if claimed := aws.ToString(k.Fingerprint); claimed != "" && !strings.EqualFold(claimed, key.Fingerprint) {
		return key, fmt.Errorf("key is listed with fingerprint %q, but its value has fingerprint %q", claimed, key.Fingerprint)
	}
	key.NotBefore, key.NotAfter = aws.ToTime(k.ValidityStartTime).UTC(), aws.ToTime(k.ValidityEndTime).UTC()
	return key, nil
}

// inRegion tells credentials that are no good from a region that is not enabled: AWS calls both an invalid token.
func (s *Session) inRegion(ctx context.Context, region string, err error) error {
	if region == "" || region == s.cfg.Region || !errors.Is(err, object.ErrCredentials) {
		return err
	}
	switch code(err) {
	case "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure":
		if _, idErr := s.Identity(ctx); idErr == nil {
			return &fault{what: fmt.Sprintf("ask CloudTrail in %q", region), code: code(err), words: []error{object.ErrDenied},
				detail: code(err) + ", although the credentials are good: the region may not be enabled for the account"}
		}
	}
	return err
}

// TrailStatus is what a trail says of itself. Times are UTC and zero where AWS states none.
type TrailStatus struct {
	ARN          string
	Bucket       string
	Prefix       string // as AWS states it
	Organization bool
	MultiRegion  bool
	ValidationOn bool // digests are written

	Logging              bool
	LatestDelivery       time.Time
	LatestDigestDelivery time.Time
	StartedAt            time.Time // last StartLogging
	StoppedAt            time.Time // last StopLogging
	// DeliveryError and DigestDeliveryError are S3's codes for why the last delivery did not work.
	DeliveryError, DigestDeliveryError string
}

// Trail asks a trail's home region for it. name is its name or ARN; with an account, a bare name is taken for the
// trail of that account, as a member of an organization must name its organization's trail. An unknown trail is
// object.ErrNotFound.
func (s *Session) Trail(ctx context.Context, home, account, name string) (TrailStatus, error) {
	what := fmt.Sprintf("describe trail %q in %q", name, home)
	if account != "" && !strings.HasPrefix(name, "arn:") {
		name = fmt.Sprintf("arn:%s:cloudtrail:%s:%s:trail/%s", partition(home), home, account, name)
	}
	client := s.cloudtrail(home)
	found, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{name}})
	if err != nil {
		return TrailStatus{}, s.inRegion(ctx, home, classify(ctx, what, err))
	}
	if len(found.TrailList) == 0 {
		return TrailStatus{}, &fault{what: what, words: []error{object.ErrNotFound}, detail: "the region has no such trail"}
	}
	trail := found.TrailList[0]
	arn := aws.ToString(trail.TrailARN)
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(arn)})
	if err != nil {
		return TrailStatus{}, classify(ctx, fmt.Sprintf("ask status of trail %q in %q", arn, home), err)
	}
	utc := func(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
	return TrailStatus{
		ARN: arn, Bucket: aws.ToString(trail.S3BucketName), Prefix: aws.ToString(trail.S3KeyPrefix),
		Organization: aws.ToBool(trail.IsOrganizationTrail), MultiRegion: aws.ToBool(trail.IsMultiRegionTrail),
		ValidationOn: aws.ToBool(trail.LogFileValidationEnabled),
		Logging:      aws.ToBool(status.IsLogging), LatestDelivery: utc(status.LatestDeliveryTime),
		LatestDigestDelivery: utc(status.LatestDigestDeliveryTime),
		StartedAt:            utc(status.StartLoggingTime), StoppedAt: utc(status.StopLoggingTime),
		DeliveryError:       aws.ToString(status.LatestDeliveryError),
		DigestDeliveryError: aws.ToString(status.LatestDigestDeliveryError),
	}, nil
}
