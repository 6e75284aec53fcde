package setup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// The role with which AWS Config reads and delivers. AWS makes it and says what it may do.
const (
	configRole     = "AWSServiceRoleForConfig"
	configRolePath = "/aws-service-role/config.amazonaws.com/"
)

const securityTrailRule = "CLOUDTRAIL_SECURITY_TRAIL_ENABLED"

// defaultRules are the managed rules of AWS Config that are always wanted.
//
// https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
var defaultRules = [...]string{"CLOUD_TRAIL_ENABLED", "MULTI_REGION_CLOUD_TRAIL_ENABLED", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
	securityTrailRule, "S3_BUCKET_LOGGING_ENABLED", "S3_BUCKET_SSL_REQUESTS_ONLY", "CW_LOGGROUP_RETENTION_PERIOD_CHECK"}

// noSecurityTrailRule are the regions that do not have that rule.
//
// https://docs.aws.amazon.com/config/latest/developerguide/cloudtrail-security-trail-enabled.html
var noSecurityTrailRule = [...]string{"ap-southeast-3", "me-central-1", "ap-south-2", "ap-northeast-3", "ap-southeast-4", "eu-south-2", "eu-central-2"}

// configBucketName is the bucket that AWS Config delivers to.
func (c *compiler) configBucketName() string {
	if name := c.b.Config.Bucket; name != "" || !isOn(c.b.Config.Enabled) {
		return name
	}
	for _, region := range c.regions() {
		if ch := c.channelThere(region); ch != nil {
			return ch.Bucket
		}
	}
	return c.b.Name + "-config-" + c.s.Account + "-" + c.s.Region
}

func (c *compiler) recorderThere(region string) *resource.Recorder {
	for _, r := range c.s.Recorders {
		if r.Account == c.s.Account && r.Region == region {
			return r
		}
	}
	return nil
}

func (c *compiler) channelThere(region string) *resource.DeliveryChannel {
	for _, ch := range c.s.Channels {
		if ch.Account == c.s.Account && ch.Region == region {
			return ch
		}
	}
	return nil
}

// recorders reports whether a recorder is to be made in any region.
func (c *compiler) recorders() bool {
	return isOn(c.b.Config.Enabled) && slices.ContainsFunc(c.regions(), func(r string) bool { return c.recorderThere(r) == nil })
}

// config wants AWS Config: its bucket, and in each region recorder, channel and rules. A region has one recorder and one
// channel, so that those that are there are taken.
func (c *compiler) config() {
	if !isOn(c.b.Config.Enabled) {
		return
	}
	bucket := c.wantConfigBucket()
	for _, region := range c.regions() {
		recorder := c.wantRecorder(region)
		c.wantChannel(region, recorder, bucket)
		for _, identifier := range c.ruleIdentifiers(region) {
			c.want(&resource.Rule{Account: c.s.Account, Region: region, Name: ruleName(identifier), Identifier: identifier, Owner: "AWS"}, recorder)
		}
	}
}

// wantConfigBucket wants the bucket of AWS Config if it is the account's own, as far as its name tells.
func (c *compiler) wantConfigBucket() resource.ID {
	name := c.l.configBucket
	if c.b.Config.Bucket == "" && !strings.Contains(name, c.s.Account) {
		c.note("AWS Config delivers to the bucket " + name + ", which may be another account's and is left as it is; config.bucket names it if it is yours")
		return resource.ID{}
	}
	region := c.s.Region
	if is := c.facts.Buckets[name]; is != nil {
		region = cmp.Or(is.Region, region)
	}
	if name == c.l.bucket || name == c.l.accessBucket {
		return resource.ID{} // it is wanted already
	}
	_, total := c.b.Bucket.Retention.days()
	return c.want(&resource.Bucket{Account: c.s.Account, Region: region, Name: name, Public: allBlocked, Ownership: enforced,
		Encryption: resource.Encryption{Algorithm: "AES256"}, Versioning: "Enabled",
		Lifecycle: []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, ExpireDays: total, NoncurrentDays: noncurrentDays, AbortDays: abortDays}},
		Policy:    policy.ForConfigBucket(c.s.Partition, name, c.s.Account)}).Resource.ID()
}

// wantRecorder wants the recorder of a region. What is global, as IAM is, one region records.
func (c *compiler) wantRecorder(region string) resource.ID {
	r := &resource.Recorder{Account: c.s.Account, Region: region, Name: "default", RoleARN: c.arnOf("iam", "", c.s.Account, "role"+configRolePath+configRole),
		AllSupported: true, GlobalTypes: region == c.s.Region, Frequency: "CONTINUOUS", Recording: true}
	is := c.recorderThere(region)
	if is == nil {
		return c.want(r, resource.ID{Kind: resource.RoleKind, Account: c.s.Account, Name: configRole}).Resource.ID()
	}
	r.Name, r.RoleARN = is.Name, is.RoleARN
	w := c.want(r)
	if strings.HasPrefix(is.Name, towerRecorder) {
		w.Managed = tower
	}
	return r.ID()
}

func (c *compiler) wantChannel(region string, needs ...resource.ID) {
	ch := &resource.DeliveryChannel{Account: c.s.Account, Region: region, Name: "default", Bucket: c.l.configBucket, Frequency: "TwentyFour_Hours"}
	is := c.channelThere(region)
	if is == nil {
		c.want(ch, needs...)
		return
	}
	was := *is
	if c.b.Config.Bucket != "" {
		was.Bucket = c.b.Config.Bucket
	}
	was.Frequency = cmp.Or(was.Frequency, ch.Frequency)
	w := c.want(&was, needs...)
	switch recorder := c.recorderThere(region); {
	case recorder != nil && strings.HasPrefix(recorder.Name, towerRecorder):
		w.Managed = tower
	case was.Bucket != is.Bucket:
		w.Ask = "AWS Config delivers to " + is.Bucket + " now and would from then on deliver to " + was.Bucket + ": what is in the old bucket stays there. Move it?"
	}
}

func (c *compiler) ruleIdentifiers(region string) []string {
	all := slices.Concat(defaultRules[:], c.b.Config.Rules)
	var out []string
	for _, r := range all {
		if !slices.Contains(out, r) && !(r == securityTrailRule && slices.Contains(noSecurityTrailRule[:], region)) {
			out = append(out, r)
		}
	}
	return out
}

// ruleName is the name of the rule of an identifier, as in cloudtrail-enabled.
func ruleName(identifier string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(identifier), "_", "-"), "cloud-trail", "cloudtrail")
}

// standards are those of Security Hub that a blueprint can name: what follows the service in the ARN, for a region.
//
// https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
var standards = map[string]string{
	"cis-1.2.0":    ":::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
	"cis-1.4.0":    ":REGION::standards/cis-aws-foundations-benchmark/v/1.4.0",
	"cis-3.0.0":    ":REGION::standards/cis-aws-foundations-benchmark/v/3.0.0",
	"cis-5.0.0":    ":REGION::standards/cis-aws-foundations-benchmark/v/5.0.0",
	"foundational": ":REGION::standards/aws-foundational-security-best-practices/v/1.0.0",
}

const defaultStandard = "cis-3.0.0"

func standardARN(partition, region, name string) string {
	return "arn:" + partition + ":securityhub" + strings.Replace(standards[name], "REGION", region, 1)
}

// hubs wants Security Hub in each region.
func (c *compiler) hubs() {
	if !isOn(c.b.SecurityHub.Enabled) {
		return
	}
	if !isOn(c.b.Config.Enabled) {
		c.note("most controls of Security Hub need AWS Config, which the blueprint leaves out: without it they find nothing")
	}
	names := c.b.SecurityHub.Standards
	if len(names) == 0 {
		names = []string{defaultStandard}
	}
	for _, region := range c.regions() {
		h := &resource.Hub{Account: c.s.Account, Region: region}
		for _, n := range names {
			h.Standards = append(h.Standards, standardARN(c.s.Partition, region, n))
		}
		slices.Sort(h.Standards)
		var needs []resource.ID
		if isOn(c.b.Config.Enabled) {
			needs = append(needs, c.recorderID(region))
		}
		c.want(h, needs...)
	}
}

func (c *compiler) recorderID(region string) resource.ID {
	name := "default"
	if is := c.recorderThere(region); is != nil {
		name = is.Name
	}
	return resource.ID{Kind: resource.RecorderKind, Account: c.s.Account, Region: region, Name: name}
}

// detectors wants GuardDuty in each region.
func (c *compiler) detectors() {
	if !c.b.GuardDuty {
		return
	}
	for _, region := range c.regions() {
		want := &resource.Detector{Account: c.s.Account, Region: region, Enabled: true, Frequency: "FIFTEEN_MINUTES"}
		for _, d := range c.s.Detectors {
			if d.Account == c.s.Account && d.Region == region {
				want.Detector = d.Detector
			}
		}
		c.want(want)
	}
}
