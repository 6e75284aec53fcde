package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// GuardDuty: https://docs.aws.amazon.com/guardduty/latest/APIReference/

// anyDetector is whichever detector the region has: AWS makes up its id.
const anyDetector = "arn:${partition}:guardduty:${region}:${account}:detector/*"

var detectorHandler = handler{
	read:  reading(readDetector),
	do:    doing(writeDetector),
	reads: []Permission{{Action: "guardduty:ListDetectors", Any: true}, {Action: "guardduty:GetDetector", On: []string{anyDetector}}},
	writes: map[resource.Step][]Permission{
		resource.Create: {
			{Action: "guardduty:CreateDetector", Any: true},
			{Action: "iam:CreateServiceLinkedRole", On: []string{
				"arn:${partition}:iam::${account}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"}},
		},
		resource.DetectorSettings: {
			{Action: "guardduty:ListDetectors", Any: true},
			{Action: "guardduty:UpdateDetector", On: []string{anyDetector}},
		},
	},
}

var detectorListReads = []Permission{
	{Action: "guardduty:ListDetectors", Any: true},
	{Action: "guardduty:GetDetector", Any: true},
}

func (a *Account) guardDuty(ctx context.Context, account, region string) (*guardduty.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return guardduty.NewFromConfig(cfg), nil
}

func readDetector(ctx context.Context, a *Account, id resource.ID) (*resource.Detector, error) {
	client, err := a.guardDuty(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	detector, err := detectorID(ctx, client, id.Region)
	if detector == "" || err != nil {
		return nil, err
	}
	out, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: aws.String(detector)})
	if err != nil {
		return nil, fault(ctx, fmt.Sprintf("read GuardDuty detector %q in %q", detector, id.Region), err)
	}
	return &resource.Detector{Account: id.Account, Region: id.Region, Detector: detector,
		Enabled: out.Status == types.DetectorStatusEnabled, Frequency: string(out.FindingPublishingFrequency)}, nil
}

// detectorID is the id of the region's detector, empty if it has none.
func detectorID(ctx context.Context, client *guardduty.Client, region string) (string, error) {
	out, err := client.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	if err != nil {
		return "", fault(ctx, fmt.Sprintf("list GuardDuty detectors in %q", region), err)
	}
	if len(out.DetectorIds) == 0 {
		return "", nil
	}
	return out.DetectorIds[0], nil
}

func writeDetector(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Detector) error {
	client, err := a.guardDuty(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		_, err := client.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true),
			FindingPublishingFrequency: types.FindingPublishingFrequency(to.Frequency)})
		if err != nil && !(is(err, "BadRequestException") && strings.Contains(err.Error(), "already exists")) {
			return fault(ctx, fmt.Sprintf("create GuardDuty detector in %q", to.Region), err)
		}
		return nil
	case resource.DetectorSettings:
		return updateDetector(ctx, client, to)
	}
	return noStep(to.ID(), step)
}

// updateDetector never turns the detector off.
func updateDetector(ctx context.Context, client *guardduty.Client, to *resource.Detector) error {
	detector := to.Detector
	if detector == "" {
		var err error
		if detector, err = detectorID(ctx, client, to.Region); err != nil {
			return err
		}
	}
	in := &guardduty.UpdateDetectorInput{DetectorId: aws.String(detector),
		FindingPublishingFrequency: types.FindingPublishingFrequency(to.Frequency)}
	if to.Enabled {
		in.Enable = aws.Bool(true)
	}
	if _, err := client.UpdateDetector(ctx, in); err != nil {
		return fault(ctx, fmt.Sprintf("update GuardDuty detector %q in %q", detector, to.Region), err)
	}
	return nil
}

// surveyDetectors asks every region.
func surveyDetectors(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	for _, region := range where.Regions {
		id := (&resource.Detector{Account: s.Account, Region: region}).ID()
		detector, err := readDetector(ctx, a, id)
		if detector != nil {
			s.Detectors = append(s.Detectors, detector)
		}
		a.unlisted(ctx, s, id.Kind, region, err)
	}
}
