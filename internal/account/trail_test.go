package account

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// management are the selectors of a trail for which none were put.
var management = []resource.Selector{{Name: "Management events selector", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}

// onTrail makes what a trail needs: a bucket, a topic and a log group.
func onTrail(t *testing.T) (*Account, walk, *resource.Trail) {
	t.Helper()
	a, account, proxy := onMoto(t)
	trail := &resource.Trail{Account: account, Region: east, Name: "acme", Bucket: bucketName(account, "logs"), Prefix: "trail", MultiRegion: true,
		GlobalEvents: true, Selectors: management, BasicSelectors: true}
	for _, r := range []resource.Resource{
		&resource.Bucket{Account: account, Region: east, Name: trail.Bucket},
		&resource.Topic{Account: account, Region: east, Name: "delivered"},
		&resource.LogGroup{Account: account, Region: east, Name: "acme", Class: "STANDARD"},
	} {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: r}); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Reset()
	return a, walk{t, a, proxy}, trail
}

func TestTrailOnMoto(t *testing.T) {
	_, w, trail := onTrail(t)
	account := trail.Account
	w.absent(trail.ID())
	w.step(resource.Create, trail, trail)
	trail = with(trail, func(t *resource.Trail) {
		t.Validation, t.KeyARN, t.TopicARN = true, keyARN, "arn:aws:sns:us-east-1:"+account+":delivered"
		t.LogGroupARN, t.LogRoleARN = "arn:aws:logs:us-east-1:"+account+":log-group:acme:*", "arn:aws:iam::"+account+":role/acme"
	})
	w.step(resource.TrailSettings, trail, trail)
	trail = with(trail, func(t *resource.Trail) {
		t.BasicSelectors = false
		t.Selectors = []resource.Selector{management[0], {Name: "objects", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{"AWS::S3::Object"}}, {Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::pay/"}}}}}
	})
	w.step(resource.TrailSelectors, trail, trail)
	trail = with(trail, func(t *resource.Trail) { t.Insights = []string{"ApiErrorRateInsight"} })
	w.step(resource.TrailInsights, trail, trail)
	trail = with(trail, func(t *resource.Trail) { t.Insights = []string{"ApiCallRateInsight", "ApiErrorRateInsight"} })
	w.step(resource.TrailInsights, trail, trail)
	trail = with(trail, func(t *resource.Trail) { t.Logging = true })
	w.step(resource.TrailLogging, trail, trail)
	w.step(resource.TrailSettings, with(trail, func(t *resource.Trail) { t.Organization = true }), with(trail, func(t *resource.Trail) { t.Organization = true }))
}

// TestTrailThatIsThereIsNotWeakened: Create of a trail that was made meanwhile keeps what is on, and another's is not taken.
func TestTrailThatIsThereIsNotWeakened(t *testing.T) {
	a, w, trail := onTrail(t)
	there := with(trail, func(t *resource.Trail) { t.Validation = true })
	w.step(resource.Create, there, there)
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: trail}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, a.mustRead(t, trail.ID())); diff != "" {
		t.Error(diff)
	}
	other := with(trail, func(t *resource.Trail) { t.Prefix = "elsewhere" })
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: other}); !errors.Is(err, resource.ErrTaken) {
		t.Errorf("a trail that delivers elsewhere: %v", err)
	}
}

func TestSurveySeesTrailsOfAllRegions(t *testing.T) {
	a, w, trail := onTrail(t)
	far := with(trail, func(t *resource.Trail) { t.Name, t.Region, t.MultiRegion = "far", "eu-west-1", false })
	for _, tr := range []*resource.Trail{trail, far} {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: tr}); err != nil {
			t.Fatal(err)
		}
	}
	// moto lists for a region what it describes there; AWS lists the trails of all regions.
	w.proxy.Reset()
	survey := &resource.Survey{Account: trail.Account, Region: east}
	surveyTrails(t.Context(), a, resource.Where{Region: "eu-west-1"}, survey)
	w.may("the survey of trails", slices.Concat(trailListReads, Reads(resource.TrailKind)))
	slices.SortFunc(survey.Trails, func(x, y *resource.Trail) int { return strings.Compare(x.Name, y.Name) })
	if diff := cmp.Diff([]*resource.Trail{trail, far}, survey.Trails); diff != "" || len(survey.Unread) > 0 {
		t.Error(diff, survey.Unread)
	}
}

// TestSurveyReadsEachTrailInItsHomeRegion: a trail that ListTrails alone names is read in the region of its ARN, another
// account's by its ARN.
func TestSurveyReadsEachTrailInItsHomeRegion(t *testing.T) {
	var asked []string
	a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		target, text := r.Header.Get("X-Amz-Target"), body(r)
		said := `{}`
		switch operation := target[strings.LastIndex(target, ".")+1:]; operation {
		case "DescribeTrails":
			said = `{"trailList":[{"Name":"org","TrailARN":"arn:aws:cloudtrail:us-east-1:999999999999:trail/org","HomeRegion":"us-east-1"}]}`
		case "ListTrails":
			said = `{"Trails":[{"TrailARN":"arn:aws:cloudtrail:eu-west-1:` + us + `:trail/far"},{"TrailARN":"arn:aws:cloudtrail:us-east-1:999999999999:trail/org"},` +
				`{"TrailARN":"arn:aws:iam::1:role/no-trail"}]}`
		case "GetTrail":
			asked = append(asked, strings.Split(r.Header.Get("Authorization"), "/")[2]+" "+text)
			said = `{"Trail":{"Name":"x","S3BucketName":"b"}}`
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(said))
	}))
	survey := &resource.Survey{}
	surveyTrails(t.Context(), a, resource.Where{Region: east}, survey)
	want := []string{`us-east-1 {"Name":"arn:aws:cloudtrail:us-east-1:999999999999:trail/org"}`, `eu-west-1 {"Name":"far"}`}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if len(survey.Trails) != 2 || survey.Trails[0].Account != "999999999999" || survey.Trails[1].Region != "eu-west-1" || len(survey.Unread) > 0 {
		t.Errorf("%+v %v", survey.Trails, survey.Unread)
	}
}

func TestTrailPartThatMayNotBeReadIsUnknown(t *testing.T) {
	for operation, step := range map[string]resource.Step{
		"GetTrail": resource.Create, "GetTrailStatus": resource.TrailLogging, "GetEventSelectors": resource.TrailSelectors, "GetInsightSelectors": resource.TrailInsights,
	} {
		t.Run(operation, func(t *testing.T) {
			a, w, trail := onTrail(t)
			if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: trail}); err != nil {
				t.Fatal(err)
			}
			w.proxy.Fail(func(c awstest.Call) *awstest.Fault {
				if c.Operation == operation {
					return &awstest.Fault{Status: 400, Code: "AccessDeniedException", Message: "no"}
				}
				return nil
			})
			state, err := a.Read(t.Context(), trail.ID())
			if err != nil || len(state.Unread) != 1 || !errors.Is(state.Unread[step], object.ErrDenied) {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}

func TestBasicSelectorsAreToldAsAdvancedOnes(t *testing.T) {
	fields := func(pairs ...any) []resource.FieldSelector {
		var all []resource.FieldSelector
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, resource.FieldSelector{Field: pairs[i].(string), Equals: pairs[i+1].([]string)})
		}
		return all
	}
	list := func(s ...string) []string { return s }
	for _, c := range []struct {
		name string
		now  types.EventSelector
		want []resource.Selector
	}{
		{"the default", types.EventSelector{}, management},
		{"writes alone, without KMS", types.EventSelector{ReadWriteType: types.ReadWriteTypeWriteOnly, ExcludeManagementEventSources: list("kms.amazonaws.com")},
			[]resource.Selector{{Name: "Management events selector", Fields: append(fields("eventCategory", list("Management"), "readOnly", list("false")),
				resource.FieldSelector{Field: "eventSource", NotEquals: list("kms.amazonaws.com")})}}},
		{"reads of some objects alone", types.EventSelector{ReadWriteType: types.ReadWriteTypeReadOnly, IncludeManagementEvents: aws.Bool(false),
			DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: list("arn:aws:s3:::pay/", "arn:aws:s3:::hr/x")}}},
			[]resource.Selector{{Name: "AWS::S3::Object selector", Fields: append(fields("eventCategory", list("Data"), "resources.type", list("AWS::S3::Object"), "readOnly", list("true")),
				resource.FieldSelector{Field: "resources.ARN", StartsWith: list("arn:aws:s3:::pay/", "arn:aws:s3:::hr/x")})}}},
		{"all functions, one table, and nothing", types.EventSelector{IncludeManagementEvents: aws.Bool(false), DataResources: []types.DataResource{
			{Type: aws.String("AWS::Lambda::Function"), Values: list("arn:aws:lambda")},
			{Type: aws.String("AWS::DynamoDB::Table"), Values: list("arn:aws:dynamodb:us-east-1:1:table/t")},
			{Type: aws.String("AWS::S3::Object")}}},
			[]resource.Selector{
				{Name: "AWS::Lambda::Function selector", Fields: fields("eventCategory", list("Data"), "resources.type", list("AWS::Lambda::Function"))},
				{Name: "AWS::DynamoDB::Table selector", Fields: fields("eventCategory", list("Data"), "resources.type", list("AWS::DynamoDB::Table"),
					"resources.ARN", list("arn:aws:dynamodb:us-east-1:1:table/t"))}}},
		{"no events", types.EventSelector{IncludeManagementEvents: aws.Bool(false)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, fromBasic([]types.EventSelector{c.now})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUpdateSaysOnlyWhatChanges: what UpdateTrail does not name stays; log group and role go together.
func TestUpdateSaysOnlyWhatChanges(t *testing.T) {
	now := &resource.Trail{Name: "t", Bucket: "b", Prefix: "p", KeyARN: "k", LogRoleARN: "r", GlobalEvents: true}
	got := updateOf(aws.String("t"), with(now, func(t *resource.Trail) { t.MultiRegion, t.LogGroupARN, t.KeyARN = true, "g", "" }), now)
	want := &cloudtrail.UpdateTrailInput{Name: aws.String("t"), IsMultiRegionTrail: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("g"), CloudWatchLogsRoleArn: aws.String("r")}
	if diff := cmp.Diff(want, got, plain...); diff != "" {
		t.Error(diff)
	}
}

func TestPulseOnMoto(t *testing.T) {
	a, w, trail := onTrail(t)
	trail.LogGroupARN, trail.LogRoleARN = "arn:aws:logs:us-east-1:"+trail.Account+":log-group:acme:*", "arn:aws:iam::"+trail.Account+":role/acme"
	for _, step := range []resource.Step{resource.Create, resource.TrailLogging} {
		if err := a.Do(t.Context(), resource.Edit{Step: step, To: trail}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := a.logs(t.Context(), trail.Account, east)
	if err != nil {
		t.Fatal(err)
	}
	stream := trail.Account + "_CloudTrail_us-east-1"
	if _, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("acme"), LogStreamName: &stream}); err != nil {
		t.Fatal(err)
	}
	w.proxy.Reset()
	p, err := a.Pulse(t.Context(), trail)
	if err != nil || !p.Logging || p.Delivered.IsZero() || p.StartedAt.IsZero() || !p.Digested.IsZero() || p.GroupStreams != 1 || !p.GroupEvent.IsZero() {
		t.Errorf("before an event: %+v, %v", p, err)
	}
	w.may("Pulse", PulsePermissions())
	at := p.StartedAt.UnixMilli()
	_, err = client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("acme"), LogStreamName: &stream,
		LogEvents: []logtypes.InputLogEvent{{Message: aws.String("{}"), Timestamp: &at}}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = a.Pulse(t.Context(), trail); err != nil || p.GroupEvent.UnixMilli() != at {
		t.Errorf("after one: %+v, %v", p, err)
	}
	trail.LogGroupARN = strings.Replace(trail.LogGroupARN, "acme", "gone", 1)
	if p, err = a.Pulse(t.Context(), trail); err == nil || !p.Logging {
		t.Errorf("without its log group: %+v, %v", p, err)
	}
}
