package setup

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
)

func fields(pairs ...resource.FieldSelector) []resource.FieldSelector { return pairs }

func equals(field string, values ...string) resource.FieldSelector {
	return resource.FieldSelector{Field: field, Equals: values}
}

func startsWith(values ...string) resource.FieldSelector {
	return resource.FieldSelector{Field: "resources.ARN", StartsWith: values}
}

// ofManagement are the selectors of management events that wizards make.
func ofManagement(more ...resource.FieldSelector) resource.Selector {
	return resource.Selector{Name: "management", Fields: append(fields(equals("eventCategory", "Management")), more...)}
}

func ofObjects(more ...resource.FieldSelector) resource.Selector {
	return resource.Selector{Name: "s3-objects", Fields: append(fields(equals("eventCategory", "Data"), equals("resources.type", "AWS::S3::Object")), more...)}
}

func wantedTrail() *resource.Trail {
	return &resource.Trail{Account: someAccount, Region: someRegion, Name: "acme", Bucket: "logs", KeyARN: ourKey, TopicARN: "arn:topic", LogGroupARN: "arn:group:*", LogRoleARN: "arn:role",
		MultiRegion: true, GlobalEvents: true, Validation: true, Selectors: []resource.Selector{ofManagement()}, Logging: true}
}

func TestTrailChanges(t *testing.T) {
	for name, c := range map[string]struct {
		now, want func(*resource.Trail)
		changes   []string
		notes     []string
	}{
		"as wanted":              {},
		"of one region":          {now: func(t *resource.Trail) { t.MultiRegion, t.GlobalEvents = false, false }, changes: []string{"settings: IsMultiRegionTrail: off → on", "settings: IncludeGlobalServiceEvents: off → on"}},
		"without digests":        {now: func(t *resource.Trail) { t.Validation = false }, changes: []string{"settings: LogFileValidationEnabled: off → on"}},
		"without a key":          {now: func(t *resource.Trail) { t.KeyARN = "" }, changes: []string{"settings: KmsKeyId:  → " + ourKey}},
		"another key stays":      {now: func(t *resource.Trail) { t.KeyARN = otherKey }, notes: []string{"another key"}},
		"without a log group":    {now: func(t *resource.Trail) { t.LogGroupARN, t.LogRoleARN = "", "" }, changes: []string{"settings: CloudWatchLogsLogGroupArn:  → arn:group:*", "settings: CloudWatchLogsRoleArn:  → arn:role"}},
		"another log group":      {now: func(t *resource.Trail) { t.LogGroupARN = "arn:theirs:*" }, changes: []string{"settings: CloudWatchLogsLogGroupArn: arn:theirs:* → arn:group:* (ask)"}},
		"a log group without :*": {now: func(t *resource.Trail) { t.LogGroupARN = "arn:group" }},
		"without a topic":        {now: func(t *resource.Trail) { t.TopicARN = "" }, changes: []string{"settings: SnsTopicARN:  → arn:topic"}},
		"another topic stays":    {now: func(t *resource.Trail) { t.TopicARN = "arn:theirs" }, notes: []string{"arn:theirs"}},
		"another bucket":         {now: func(t *resource.Trail) { t.Bucket = "theirs" }, changes: []string{"settings: S3BucketName: theirs → logs (ask)"}},
		"organization wanted":    {want: func(t *resource.Trail) { t.Organization = true }, changes: []string{"settings: IsOrganizationTrail: off → on (ask)"}},
		"organization stays":     {now: func(t *resource.Trail) { t.Organization = true }},
		"insights join":          {now: func(t *resource.Trail) { t.Insights = []string{"ApiErrorRateInsight"} }, want: func(t *resource.Trail) { t.Insights = []string{"ApiCallRateInsight"} }, changes: []string{"insight selectors: InsightSelectors: ApiErrorRateInsight → ApiCallRateInsight, ApiErrorRateInsight"}},
		"stopped":                {now: func(t *resource.Trail) { t.Logging = false }, changes: []string{"logging: IsLogging: off → on"}},
		"without any selector":   {now: func(t *resource.Trail) { t.Selectors = nil }},
		"without AWS KMS": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(resource.FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}})}
		}, changes: []string{`event selectors: AdvancedEventSelectors, management events: "management" (eventCategory = Management and eventSource ≠ kms.amazonaws.com) → read and write, of every service`}},
		"writing only": {now: func(t *resource.Trail) { t.Selectors = []resource.Selector{ofManagement(equals("readOnly", "false"))} }, changes: []string{`event selectors: AdvancedEventSelectors, management events: "management" (eventCategory = Management and readOnly = false) → read and write, of every service`}},
		"writing, and reading": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(equals("readOnly", "false")), ofManagement(equals("readOnly", "true"))}
		}},
		"data only": {now: func(t *resource.Trail) { t.Selectors = []resource.Selector{ofObjects()} }, changes: []string{`event selectors: AdvancedEventSelectors: "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object) → not the objects of logs (manual)`, "event selectors: AdvancedEventSelectors, management events:  → read and write, of every service"}},
		"logs the log bucket": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(), ofObjects(startsWith("arn:aws:s3:::logs/"))}
		}, changes: []string{`event selectors: AdvancedEventSelectors: "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object and resources.ARN starts with arn:aws:s3:::logs/) → not the objects of logs (manual)`}},
		"another bucket's objects": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(), ofObjects(startsWith("arn:aws:s3:::logs-of-web/"))}
		}},
		"data wanted": {want: func(t *resource.Trail) { t.Selectors = append(t.Selectors, ofObjects(startsWith("arn:aws:s3:::pay/"))) }, changes: []string{`event selectors: AdvancedEventSelectors, s3-objects:  → "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object and resources.ARN starts with arn:aws:s3:::pay/)`}},
		"some of the data is taken": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(), ofObjects(startsWith("arn:aws:s3:::a"))}
		}, want: func(t *resource.Trail) {
			t.Selectors = append(t.Selectors, ofObjects(startsWith("arn:aws:s3:::a/", "arn:aws:s3:::b/")))
		}, changes: []string{`event selectors: AdvancedEventSelectors, s3-objects:  → "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object and resources.ARN starts with arn:aws:s3:::b/)`}},
		"all objects are taken": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(), ofObjects(resource.FieldSelector{Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::logs/"}})}
		}, want: func(t *resource.Trail) { t.Selectors = append(t.Selectors, ofObjects(startsWith("arn:aws:s3:::pay/"))) }},
		"only written data": {now: func(t *resource.Trail) {
			t.Selectors = []resource.Selector{ofManagement(), ofObjects(equals("readOnly", "false"))}
		}, want: func(t *resource.Trail) { t.Selectors = append(t.Selectors, ofObjects(startsWith("arn:aws:s3:::pay/"))) }, changes: []string{`event selectors: AdvancedEventSelectors: "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object and readOnly = false) → not the objects of logs (manual)`,
			`event selectors: AdvancedEventSelectors, s3-objects:  → "s3-objects" (eventCategory = Data and resources.type = AWS::S3::Object and resources.ARN starts with arn:aws:s3:::pay/)`}},
	} {
		t.Run(name, func(t *testing.T) {
			now, want := wantedTrail(), wantedTrail()
			if c.now != nil {
				c.now(now)
			}
			if c.want != nil {
				c.want(want)
			}
			got := &comparison{}
			compareTrail(got, now, want)
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			noted(t, got.notes, c.notes)
		})
	}
}

// What is wanted is taken by the target too, whatever was there; and it never takes events that neither did, but for those
// of management.
func TestTargetTakesWhatIsWanted(t *testing.T) {
	for n := range uint64(pairs) {
		d := dice{rand.New(rand.NewPCG(1, n))}
		now, want := d.trail(), d.trail()
		if len(want.Selectors) == 0 {
			continue
		}
		target := compareTrail(&comparison{}, now, want)
		for _, e := range sampleEvents() {
			is, was, wanted := wouldTake(target.Selectors, e), wouldTake(now.Selectors, e), wouldTake(want.Selectors, e)
			if (was || wanted) && !is {
				t.Fatalf("pair %d: the target does not take %v", n, e)
			}
			if is && !was && !wanted {
				t.Fatalf("pair %d: the target takes %v, which nobody wants", n, e)
			}
		}
	}
}

func TestBasicSelectorsKeepWhatTheyTake(t *testing.T) {
	now, want := wantedTrail(), wantedTrail()
	now.BasicSelectors = true
	now.Selectors = []resource.Selector{ofManagement(equals("readOnly", "false")), ofObjects(startsWith("arn:aws:s3:::pay/"), equals("readOnly", "false"))}
	c := &comparison{}
	target := compareTrail(c, now, want)
	if len(c.changes) != 1 || c.changes[0].Risk == "" || target.BasicSelectors {
		t.Errorf("changes %+v, basic %v: want one that says that the selectors become advanced ones", c.changes, target.BasicSelectors)
	}
	if d := cmp.Diff([]resource.Selector{ofManagement(), now.Selectors[1]}, target.Selectors); d != "" {
		t.Errorf("selectors (-want +got):\n%s", d)
	}
}

func TestSelectorsThatAreTooMany(t *testing.T) {
	now, want := wantedTrail(), wantedTrail()
	want.Selectors = append(want.Selectors, ofObjects(startsWith(slices.Repeat([]string{"arn:aws:s3:::pay/"}, 500)...)))
	c := &comparison{}
	if target := compareTrail(c, now, want); len(c.changes) != 1 || c.changes[0].Manual == "" || !slices.EqualFunc(target.Selectors, now.Selectors, func(a, b resource.Selector) bool { return a.Name == b.Name }) {
		t.Errorf("changes %+v, want one that is left to a person", c.changes)
	}
}

func TestNewTrail(t *testing.T) {
	want := wantedTrail()
	want.Selectors = append(want.Selectors, ofObjects(startsWith("arn:aws:s3:::pay/")))
	want.Insights = []string{"ApiCallRateInsight"}
	c := &comparison{}
	target := compareTrail(c, nil, want)
	var steps []resource.Step
	for _, ch := range c.changes {
		steps = append(steps, ch.Step)
	}
	if d := cmp.Diff([]resource.Step{resource.Create, resource.TrailSelectors, resource.TrailInsights, resource.TrailLogging}, steps); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, target); d != "" {
		t.Errorf("target (-want +got):\n%s", d)
	}
}
