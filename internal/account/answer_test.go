package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// answer is what an operation is answered with.
type answer struct {
	status int // 200 if 0
	code   string
	body   string
}

// answers is an AWS that answers each operation always the same, and notes what was asked. Operations are named by
// X-Amz-Target, by Action, or as METHOD /path.
func answers(t *testing.T, by map[string]answer) (*Account, *asks) {
	t.Helper()
	noted := &asks{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		target := r.Header.Get("X-Amz-Target")
		operation := target[strings.LastIndex(target, ".")+1:]
		switch {
		case operation != "":
		case form.Get("Action") != "":
			operation = form.Get("Action")
		default:
			operation = r.Method + " " + r.URL.Path
		}
		if operation == "GetCallerIdentity" {
			_, _ = io.WriteString(w, "<R><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/t</Arn><Account>111122223333</Account></GetCallerIdentityResult></R>")
			return
		}
		noted.add(operation, string(body))
		said, ok := by[operation]
		if !ok {
			said = answer{status: http.StatusForbidden, code: "AccessDenied"}
		}
		said.write(w, form.Get("Action") != "")
	}))
	t.Cleanup(server.Close)
	return reach(t, server.URL), noted
}

func (a answer) write(w http.ResponseWriter, query bool) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	switch {
	case a.code == "":
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	case query:
		w.WriteHeader(a.status)
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", a.code, a.body)
	default:
		w.Header().Set("X-Amzn-Errortype", a.code)
		w.WriteHeader(a.status)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":%q}`, a.code, a.body)
	}
}

// asks are the requests so far.
type asks struct {
	mu   sync.Mutex
	list []string
	body map[string]string
}

func (a *asks) add(operation, body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.body == nil {
		a.body = map[string]string{}
	}
	a.list = append(a.list, operation)
	a.body[operation] = body
}

func (a *asks) last(operation string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.body[operation]
}

const us = "111122223333"

// mine are the kinds that this file is about, with a name each.
func mine() []resource.ID {
	var ids []resource.ID
	for kind, name := range map[resource.Kind]string{
		resource.LogGroupKind: "g", resource.MetricFilterKind: "g:f", resource.AlarmKind: "a", resource.TopicKind: "t",
		resource.SubscriptionKind: "t/email/a@example.com", resource.RecorderKind: "default", resource.DeliveryChannelKind: "default",
		resource.RuleKind: "r", resource.HubKind: "default", resource.DetectorKind: "default", resource.ParameterGroupKind: "cluster/p",
		resource.OptionGroupKind: "o", resource.DatabaseKind: "d",
	} {
		ids = append(ids, resource.ID{Kind: kind, Account: us, Region: east, Name: name})
	}
	return append(ids, resource.ID{Kind: resource.SlackChannelKind, Account: us, Name: "acme"})
}

func TestWhatMayNotBeReadIsUnknown(t *testing.T) {
	a, _ := answers(t, nil)
	for _, id := range mine() {
		state, err := a.Read(t.Context(), id)
		if err != nil || state.Resource != nil || !errors.Is(state.Unread[resource.Create], object.ErrDenied) {
			t.Errorf("%s: %+v, %v", id, state, err)
		}
	}
}

func TestWithoutCredentialsNothingIsSaidOfAResource(t *testing.T) {
	expired := answer{status: http.StatusForbidden, code: "ExpiredToken", body: "The token AKIAIOSFODNN7EXAMPLE has expired"}
	all := map[string]answer{}
	for _, operation := range []string{"DescribeLogGroups", "DescribeMetricFilters", "DescribeAlarms", "GetTopicAttributes", "ListSubscriptionsByTopic",
		"POST /describe-slack-channel-configurations", "DescribeConfigurationRecorders", "DescribeDeliveryChannels", "DescribeConfigRules",
		"GET /accounts", "GET /detector", "DescribeDBClusterParameterGroups", "DescribeOptionGroups", "DescribeDBInstances"} {
		all[operation] = expired
	}
	a, _ := answers(t, all)
	for _, id := range mine() {
		state, err := a.Read(t.Context(), id)
		if !errors.Is(err, object.ErrCredentials) || state.Unread != nil || state.Resource != nil {
			t.Errorf("%s: %+v, %v", id, state, err)
		}
		if err != nil && strings.Contains(err.Error(), "IOSFODNN7") {
			t.Errorf("%s: the error quotes the request: %v", id, err)
		}
	}
}

func TestARegionThatIsOffIsNotMissingCredentials(t *testing.T) {
	off := answer{status: http.StatusForbidden, code: "UnrecognizedClientException", body: "The security token included in the request is invalid."}
	a, _ := answers(t, map[string]answer{"DescribeConfigurationRecorders": off, "DescribeDeliveryChannels": off, "GET /accounts": off, "GET /detector": off})
	s := &resource.Survey{Account: us}
	where := resource.Where{Region: east, Regions: []string{"af-south-1"}}
	surveyConfig(t.Context(), a, where, s)
	surveyHubs(t.Context(), a, where, s)
	surveyDetectors(t.Context(), a, where, s)
	kinds := map[resource.Kind]bool{}
	for _, u := range s.Unread {
		kinds[u.Kind] = true
		if u.Region != "af-south-1" || !errors.Is(u.Err, object.ErrDenied) || errors.Is(u.Err, object.ErrCredentials) || !strings.Contains(u.Err.Error(), "may not be enabled") {
			t.Errorf("%+v", u)
		}
	}
	want := []resource.Kind{resource.RecorderKind, resource.DeliveryChannelKind, resource.HubKind, resource.DetectorKind}
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("unread are %v", got)
	}
}

func TestAnEndedContextIsNotAnUnknownResource(t *testing.T) {
	a, _ := answers(t, nil)
	if _, err := a.session.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, id := range mine() {
		if state, err := a.Read(ctx, id); !errors.Is(err, context.Canceled) || state.Unread != nil {
			t.Errorf("%s: %+v, %v", id, state, err)
		}
	}
}

func TestHubThatIsOffIsToldFromOneThatMayNotBeAsked(t *testing.T) {
	id := (&resource.Hub{Account: us, Region: east}).ID()
	for name, c := range map[string]struct {
		said    answer
		unknown bool
	}{
		"off":           {answer{status: 401, code: "InvalidAccessException", body: "Account 111122223333 is not subscribed to AWS Security Hub"}, false},
		"not permitted": {answer{status: 401, code: "InvalidAccessException", body: "The account does not have permission to perform this action"}, true},
		"denied":        {answer{status: 403, code: "AccessDeniedException", body: "User is not authorized"}, true},
		"not found":     {answer{status: 404, code: "ResourceNotFoundException", body: "no"}, true},
		"broken":        {answer{status: 500, code: "InternalException", body: "no"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := answers(t, map[string]answer{"GET /accounts": c.said})
			state, err := a.Read(t.Context(), id)
			if err != nil || state.Resource != nil || (state.Unread[resource.Create] != nil) != c.unknown {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}

func TestStandardsThatAreOff(t *testing.T) {
	id := (&resource.Hub{Account: us, Region: east}).ID()
	a, _ := answers(t, map[string]answer{"GET /accounts": {body: `{}`}})
	state, err := a.Read(t.Context(), id)
	if err != nil || state.Resource == nil || !errors.Is(state.Unread[resource.HubStandards], object.ErrDenied) || state.Unread[resource.Create] != nil {
		t.Errorf("standards that may not be read: %+v, %v", state, err)
	}
	a, _ = answers(t, map[string]answer{"GET /accounts": {body: `{}`}, "POST /standards/get": {body: `{"StandardsSubscriptions":[` +
		`{"StandardsArn":"b","StandardsStatus":"READY"},{"StandardsArn":"x","StandardsStatus":"DELETING"},` +
		`{"StandardsArn":"a","StandardsStatus":"INCOMPLETE"},{"StandardsArn":"y","StandardsStatus":"FAILED"},{"StandardsArn":"c","StandardsStatus":"PENDING"}]}`}})
	state, err = a.Read(t.Context(), id)
	if diff := cmp.Diff(&resource.Hub{Account: us, Region: east, Standards: []string{"a", "b", "c"}}, state.Resource); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestStandardThatFails(t *testing.T) {
	a, asked := answers(t, map[string]answer{"POST /standards/register": {body: `{"StandardsSubscriptions":[{"StandardsArn":"b","StandardsStatus":"FAILED"}]}`}})
	from := &resource.Hub{Account: us, Region: east, Standards: []string{"a"}}
	to := &resource.Hub{Account: us, Region: east, Standards: []string{"a", "b"}}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.HubStandards, To: to, From: from}); !errors.Is(err, resource.ErrRefused) {
		t.Error(err)
	}
	if body := asked.last("POST /standards/register"); strings.Contains(body, `"a"`) || !strings.Contains(body, `"b"`) {
		t.Errorf("asked %s", body)
	}
	a, _ = answers(t, map[string]answer{"POST /standards/register": {status: 401, code: "InvalidAccessException", body: "Account is not subscribed to AWS Security Hub"}})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.HubStandards, To: to, From: from}); !errors.Is(err, resource.ErrNotYet) {
		t.Errorf("a hub that was turned on a moment ago: %v", err)
	}
}

func TestKeyOfALogGroupThatIsNotSeenYet(t *testing.T) {
	const text = "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-east-1:111122223333:log-group:g'"
	group := &resource.LogGroup{Account: us, Region: east, Name: "g", KeyARN: keyARN}
	for name, c := range map[string]struct {
		said answer
		want error
	}{
		"the key":            {answer{status: 400, code: "InvalidParameterException", body: text}, resource.ErrNotYet},
		"the key, as denied": {answer{status: 400, code: "AccessDeniedException", body: text}, resource.ErrNotYet},
		"the caller":         {answer{status: 400, code: "AccessDeniedException", body: "User is not authorized to perform: logs:AssociateKmsKey"}, object.ErrDenied},
		"another parameter":  {answer{status: 400, code: "InvalidParameterException", body: "1 validation error detected"}, resource.ErrRefused},
	} {
		for step, operation := range map[resource.Step]string{resource.Create: "CreateLogGroup", resource.LogGroupKey: "AssociateKmsKey"} {
			a, _ := answers(t, map[string]answer{operation: c.said})
			if err := a.Do(t.Context(), resource.Edit{Step: step, To: group}); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v", name, step, err)
			}
		}
	}
}

func TestSubscriptionsAsTheyAreListed(t *testing.T) {
	const list = `<R><ListSubscriptionsByTopicResult><Subscriptions>%s</Subscriptions></ListSubscriptionsByTopicResult></R>`
	member := func(arn, protocol, endpoint string) string {
		return fmt.Sprintf(`<member><TopicArn>arn:aws:sns:us-east-1:111122223333:t</TopicArn><Protocol>%s</Protocol><SubscriptionArn>%s</SubscriptionArn><Endpoint>%s</Endpoint></member>`,
			protocol, arn, endpoint)
	}
	const confirmed = "arn:aws:sns:us-east-1:111122223333:t:6d1e"
	for name, c := range map[string]struct {
		listed string
		id     string
		want   *resource.Subscription
	}{
		"pending": {member("PendingConfirmation", "email", "a@example.com"), "t/email/a@example.com",
			&resource.Subscription{Label: "a@example.com", Protocol: "email", Endpoint: secret.New("a@example.com")}},
		"deleted": {member("Deleted", "email", "a@example.com"), "t/email/a@example.com", nil},
		"confirmed": {member(confirmed, "email", "a@example.com"), "t/email/a@example.com",
			&resource.Subscription{Label: "a@example.com", Protocol: "email", Endpoint: secret.New("a@example.com"), Confirmed: true, ARN: confirmed}},
		"another address": {member(confirmed, "email", "b@example.com"), "t/email/a@example.com", nil},
		"the confirmed one of a label": {member("PendingConfirmation", "https", "https://events.pagerduty.com/integration/old/enqueue") +
			member(confirmed, "https", "https://events.pagerduty.com/integration/new/enqueue"), "t/https/pagerduty",
			&resource.Subscription{Label: "pagerduty", Protocol: "https", Endpoint: secret.New("https://events.pagerduty.com/integration/new/enqueue"),
				Confirmed: true, ARN: confirmed, Same: []*resource.Subscription{{Account: us, Region: east, Topic: "t", Label: "pagerduty", Protocol: "https",
					Endpoint: secret.New("https://events.pagerduty.com/integration/old/enqueue")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := answers(t, map[string]answer{"ListSubscriptionsByTopic": {body: fmt.Sprintf(list, c.listed)}})
			state, err := a.Read(t.Context(), resource.ID{Kind: resource.SubscriptionKind, Account: us, Region: east, Name: c.id})
			if err != nil || len(state.Unread) > 0 {
				t.Fatal(err, state.Unread)
			}
			got, _ := state.Resource.(*resource.Subscription)
			if c.want != nil {
				c.want.Account, c.want.Region, c.want.Topic = us, east, "t"
			}
			if diff := cmp.Diff(c.want, got, bySecret()...); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLabelsShowNoSecret(t *testing.T) {
	for _, c := range [][3]string{
		{"https", "https://events.pagerduty.com/integration/0123/enqueue", "pagerduty"},
		{"https", "https://events.eu.pagerduty.com/integration/0123/enqueue", "pagerduty"},
		{"https", "https://user:pass@hooks.example.com:8443/services/T/B/x?token=1", "hooks.example.com"},
		{"https", "https://events.pagerduty.com.evil.example/x", "events.pagerduty.com.evil.example"},
		{"https", "://0123", "url"},
		{"http", "http:0123456789", "url"},
		{"email", "a@example.com", "a@example.com"},
		{"sqs", "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-east-1:111122223333:q"},
		{"sms", "+4915112345678", "…78"},
		{"sms", "", "…"},
	} {
		if got := label(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestNoErrorQuotesAnEndpoint(t *testing.T) {
	const endpoint = "https://hooks.example.com/s3cr3t"
	a, _ := answers(t, map[string]answer{"Subscribe": {status: 400, code: "InvalidParameter", body: "Invalid parameter: Endpoint " + endpoint + " is unreachable"}})
	s := &resource.Subscription{Account: us, Region: east, Topic: "t", Protocol: "https", Label: "hooks.example.com", Endpoint: secret.New(endpoint)}
	err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: s})
	if !errors.Is(err, resource.ErrRefused) {
		t.Fatal(err)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
		if strings.Contains(text, "s3cr3t") {
			t.Errorf("the endpoint is in %s", text)
		}
	}
}
