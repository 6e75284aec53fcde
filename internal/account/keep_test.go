package account

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// What is there and is others' is kept, or the call is not made.

func TestRecorderOfAnotherNameIsNotDoubled(t *testing.T) {
	a, asked := answers(t, map[string]answer{
		"DescribeConfigurationRecorders": {body: `{"ConfigurationRecorders":[{"name":"theirs","roleARN":"r"}]}`},
		"PutConfigurationRecorder":       {body: `{}`}})
	err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: &resource.Recorder{Account: us, Region: east, Name: "default", AllSupported: true}})
	if !errors.Is(err, resource.ErrTaken) || asked.last("PutConfigurationRecorder") != "" {
		t.Error(err)
	}
}

func TestRecorderOfAServiceIsNotTheCustomers(t *testing.T) {
	a, _ := answers(t, map[string]answer{"DescribeConfigurationRecorders": {
		body: `{"ConfigurationRecorders":[{"name":"default","servicePrincipal":"securityhub.amazonaws.com"}]}`}})
	state, err := a.Read(t.Context(), (&resource.Recorder{Account: us, Region: east, Name: "default"}).ID())
	if err != nil || state.Resource != nil || state.Unread != nil {
		t.Error(state, err)
	}
}

func TestRecorderKeepsHowOftenOneTypeIsRecorded(t *testing.T) {
	a, asked := answers(t, map[string]answer{
		"DescribeConfigurationRecorders": {body: `{"ConfigurationRecorders":[{"name":"default","roleARN":"r","recordingMode":{"recordingFrequency":"CONTINUOUS",` +
			`"recordingModeOverrides":[{"recordingFrequency":"DAILY","resourceTypes":["AWS::EC2::Instance"]}]},"recordingGroup":{"allSupported":true}}]}`},
		"PutConfigurationRecorder": {body: `{}`}})
	to := &resource.Recorder{Account: us, Region: east, Name: "default", AllSupported: true, GlobalTypes: true, RoleARN: "r"}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.RecorderSettings, To: to}); err != nil {
		t.Fatal(err)
	}
	if body := asked.last("PutConfigurationRecorder"); !strings.Contains(body, `"DAILY"`) || !strings.Contains(body, `"includeGlobalResourceTypes":true`) {
		t.Errorf("asked %s", body)
	}
}

func TestRecorderWhoseStatusMayNotBeRead(t *testing.T) {
	a, _ := answers(t, map[string]answer{"DescribeConfigurationRecorders": {body: `{"ConfigurationRecorders":[{"name":"default","roleARN":"r",` +
		`"recordingGroup":{"exclusionByResourceTypes":{"resourceTypes":["AWS::IAM::User","AWS::EC2::Volume"]},"recordingStrategy":{"useOnly":"EXCLUSION_BY_RESOURCE_TYPES"}}}]}`}})
	state, err := a.Read(t.Context(), (&resource.Recorder{Account: us, Region: east, Name: "default"}).ID())
	want := &resource.Recorder{Account: us, Region: east, Name: "default", RoleARN: "r", Excluded: []string{"AWS::EC2::Volume", "AWS::IAM::User"}}
	if diff := cmp.Diff(want, state.Resource); diff != "" || err != nil || !errors.Is(state.Unread[resource.RecorderStart], object.ErrDenied) || len(state.Unread) != 1 {
		t.Error(diff, err, state.Unread)
	}
}

func TestRuleOfOthersIsNotReplaced(t *testing.T) {
	to := &resource.Rule{Account: us, Region: east, Name: "cloudtrail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Owner: "AWS", Frequency: "One_Hour"}
	for name, c := range map[string]struct {
		there string
		taken bool
	}{
		"of a Lambda function": {`"Source":{"Owner":"CUSTOM_LAMBDA","SourceIdentifier":"arn:aws:lambda:us-east-1:111122223333:function:f"}`, true},
		"another managed rule": {`"Source":{"Owner":"AWS","SourceIdentifier":"ROOT_ACCOUNT_MFA_ENABLED"}`, true},
		"of Security Hub":      {`"CreatedBy":"securityhub.amazonaws.com","Source":{"Owner":"AWS","SourceIdentifier":"CLOUD_TRAIL_ENABLED"}`, true},
		"the same":             {`"Source":{"Owner":"AWS","SourceIdentifier":"CLOUD_TRAIL_ENABLED"},"Description":"ours","ConfigRuleId":"config-rule-1"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, asked := answers(t, map[string]answer{"DescribeConfigRules": {body: `{"ConfigRules":[{"ConfigRuleName":"cloudtrail-enabled",` + c.there + `}]}`},
				"PutConfigRule": {}})
			err := a.Do(t.Context(), resource.Edit{Step: resource.RuleSettings, To: to})
			put := asked.last("PutConfigRule")
			if errors.Is(err, resource.ErrTaken) != c.taken || (put == "") != c.taken {
				t.Errorf("%v; asked %q", err, put)
			}
			if !c.taken && (!strings.Contains(put, `"Description":"ours"`) || !strings.Contains(put, `"One_Hour"`) || strings.Contains(put, "config-rule-1")) {
				t.Errorf("asked %s", put)
			}
		})
	}
}

func TestFilterOfSeveralTransformationsIsNotReplaced(t *testing.T) {
	a, asked := answers(t, nil)
	f := &resource.MetricFilter{Account: us, Region: east, LogGroup: "g", Name: "f"}
	err := a.Do(t.Context(), resource.Edit{Step: resource.MetricFilterSettings, To: f, From: with(f, func(f *resource.MetricFilter) { f.Others = 1 })})
	if !errors.Is(err, resource.ErrRefused) || len(asked.list) > 0 {
		t.Error(err, asked.list)
	}
}

func TestFilterKeepsWhatOthersGaveIt(t *testing.T) {
	a, asked := answers(t, map[string]answer{"PutMetricFilter": {}, "DescribeMetricFilters": {body: `{"metricFilters":[{"filterName":"f","filterPattern":"p",` +
		`"fieldSelectionCriteria":"@aws.account = 1","emitSystemFieldDimensions":["@aws.region","@aws.account"],"applyOnTransformedLogs":true,` +
		`"metricTransformations":[{"metricName":"m","metricNamespace":"n","metricValue":"1","unit":"Count","dimensions":{"who":"$.who"}}]}]}`}})
	state, err := a.Read(t.Context(), resource.ID{Kind: resource.MetricFilterKind, Account: us, Region: east, Name: "g:f"})
	want := &resource.MetricFilter{Account: us, Region: east, LogGroup: "g", Name: "f", Pattern: "p", Namespace: "n", Metric: "m", Value: "1", Unit: "Count",
		Dimensions: map[string]string{"who": "$.who"}, Criteria: "@aws.account = 1", System: []string{"@aws.account", "@aws.region"}, Transformed: true}
	if diff := cmp.Diff(want, state.Resource); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.MetricFilterSettings, To: want, From: want}); err != nil {
		t.Fatal(err)
	}
	put := asked.last("PutMetricFilter")
	for _, part := range []string{`"unit":"Count"`, `"who":"$.who"`, `@aws.account = 1`, `"applyOnTransformedLogs":true`, `"@aws.region"`} {
		if !strings.Contains(put, part) {
			t.Errorf("asked %s, which has no %s", put, part)
		}
	}
}

func TestFilterOfAGroupThatIsGone(t *testing.T) {
	a, _ := answers(t, map[string]answer{"DescribeMetricFilters": {status: 400, code: "ResourceNotFoundException"}})
	state, err := a.Read(t.Context(), resource.ID{Kind: resource.MetricFilterKind, Account: us, Region: east, Name: "g:f"})
	if err != nil || state.Resource != nil || state.Unread != nil {
		t.Error(state, err)
	}
}

func TestAlarmOfSomethingElseIsNotReplaced(t *testing.T) {
	to := &resource.Alarm{Account: us, Region: east, Name: "a", Statistic: "Sum", Period: 300, Periods: 1}
	for name, from := range map[string]*resource.Alarm{
		"with a dimension": with(to, func(a *resource.Alarm) { a.Dimensions = true }),
		"of an expression": with(to, func(a *resource.Alarm) { a.Statistic = "" }),
	} {
		a, asked := answers(t, nil)
		if err := a.Do(t.Context(), resource.Edit{Step: resource.AlarmSettings, To: to, From: from}); !errors.Is(err, resource.ErrTaken) || len(asked.list) > 0 {
			t.Errorf("%s: %v, asked %v", name, err, asked.list)
		}
	}
	a, _ := answers(t, map[string]answer{"DescribeAlarms": {body: `<R><DescribeAlarmsResult><CompositeAlarms><member><AlarmName>a</AlarmName></member>` +
		`</CompositeAlarms></DescribeAlarmsResult></R>`}})
	state, err := a.Read(t.Context(), to.ID())
	if err != nil || !errors.Is(state.Unread[resource.Create], resource.ErrTaken) {
		t.Errorf("a composite alarm of that name: %+v, %v", state, err)
	}
}

func TestSlackChannelOfOthersIsNotReplaced(t *testing.T) {
	const there = `{"SlackChannelConfigurations":[{"ConfigurationName":"acme","ChatConfigurationArn":"arn:c","SlackTeamId":"T1","SlackChannelId":"C1","IamRoleArn":"r","SnsTopicArns":["t"]}]}`
	want := &resource.SlackChannel{Account: us, Name: "acme", Workspace: "T1", Channel: "C1", RoleARN: "r", Topics: []string{"t"}}
	for name, c := range map[string]struct {
		to    *resource.SlackChannel
		taken bool
	}{
		"made by an earlier try": {want, false},
		"of another role":        {with(want, func(c *resource.SlackChannel) { c.RoleARN = "other" }), true},
	} {
		for _, said := range []answer{{status: 409, code: "ConflictException"}, {status: 400, code: "InvalidRequestException",
			body: "Invalid request provided: Slack channel with ID C1 in Slack team T1 has already been configured for AWS account 111122223333"}} {
			a, asked := answers(t, map[string]answer{"POST /create-slack-channel-configuration": said, "POST /describe-slack-channel-configurations": {body: there}})
			err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: c.to})
			if errors.Is(err, resource.ErrTaken) != c.taken || !c.taken && err != nil || asked.last("POST /update-slack-channel-configuration") != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestGroupOfADatabaseWaitsForWhatElseWaits(t *testing.T) {
	const instance = `<R><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>d</DBInstanceIdentifier>%s</DBInstance></DBInstances></DescribeDBInstancesResult></R>`
	from := &resource.Database{Account: us, Region: east, Name: "d", ParameterGroup: "old", Exports: []string{"error"}}
	to := with(from, func(d *resource.Database) { d.ParameterGroup, d.Exports = "new", []string{"audit", "error"} })

	a, asked := answers(t, map[string]answer{"DescribeDBInstances": {body: fmt.Sprintf(instance,
		"<PendingModifiedValues><DBInstanceClass>db.r6g.large</DBInstanceClass></PendingModifiedValues>")}, "ModifyDBInstance": {body: "<R><ModifyDBInstanceResult/></R>"}})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.DatabaseParameterGroup, To: to, From: from}); !errors.Is(err, resource.ErrRefused) || asked.last("ModifyDBInstance") != "" {
		t.Errorf("while its class waits to be changed: %v", err)
	}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.DatabaseExports, To: to, From: from}); err != nil {
		t.Error(err)
	}
	if put := asked.last("ModifyDBInstance"); strings.Contains(put, "ApplyImmediately") || !strings.Contains(put, "EnableLogTypes.member.1=audit") ||
		strings.Contains(put, "error") || strings.Contains(put, "DisableLogTypes") {
		t.Errorf("asked %s", put)
	}

	a, asked = answers(t, map[string]answer{"DescribeDBInstances": {body: fmt.Sprintf(instance, "<PendingModifiedValues><ProcessorFeatures/><PendingCloudwatchLogsExports><LogTypesToEnable><member>audit</member></LogTypesToEnable></PendingCloudwatchLogsExports></PendingModifiedValues>")}, "ModifyDBInstance": {body: "<R><ModifyDBInstanceResult/></R>"}})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.DatabaseParameterGroup, To: to, From: from}); err != nil {
		t.Error(err)
	}
	if put := asked.last("ModifyDBInstance"); !strings.Contains(put, "ApplyImmediately=true") || !strings.Contains(put, "DBParameterGroupName=new") || strings.Contains(put, "LogTypes") {
		t.Errorf("asked %s", put)
	}
}

func TestDatabasesWithoutAFamilyAreUnknown(t *testing.T) {
	a, _ := answers(t, map[string]answer{"DescribeDBClusters": {body: "<R><DescribeDBClustersResult/></R>"}, "DescribeDBInstances": {body: "<R><DescribeDBInstancesResult>" +
		"<DBInstances><DBInstance><DBInstanceIdentifier>d</DBInstanceIdentifier></DBInstance></DBInstances></DescribeDBInstancesResult></R>"}})
	s := &resource.Survey{Account: us}
	surveyDatabases(t.Context(), a, resource.Where{Region: east, Databases: true}, s)
	if len(s.Databases) != 0 || len(s.Unread) != 1 || s.Unread[0].Kind != resource.DatabaseKind || !errors.Is(s.Unread[0].Err, object.ErrDenied) {
		t.Errorf("%+v, %+v", s.Databases, s.Unread)
	}
}

func TestParametersTakeEffectWhenTheyCan(t *testing.T) {
	a, asked := answers(t, map[string]answer{"ModifyDBParameterGroup": {body: "<R><ModifyDBParameterGroupResult/></R>"}, "DescribeDBParameters": {body: `<R><DescribeDBParametersResult><Parameters>` +
		`<Parameter><ParameterName>pgaudit.log</ParameterName><ApplyType>dynamic</ApplyType></Parameter>` +
		`<Parameter><ParameterName>shared_preload_libraries</ParameterName><ApplyType>static</ApplyType></Parameter></Parameters></DescribeDBParametersResult></R>`}})
	from := &resource.ParameterGroup{Account: us, Region: east, Name: "p", Parameters: map[string]string{"log_connections": "1"}}
	to := with(from, func(g *resource.ParameterGroup) {
		g.Parameters = map[string]string{"log_connections": "1", "pgaudit.log": "all", "shared_preload_libraries": "pgaudit"}
	})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.ParameterGroupParameters, To: to, From: from}); err != nil {
		t.Fatal(err)
	}
	put := asked.last("ModifyDBParameterGroup")
	for _, part := range []string{"Parameter.1.ApplyMethod=immediate", "Parameter.1.ParameterName=pgaudit.log", "Parameter.2.ApplyMethod=pending-reboot"} {
		if !strings.Contains(put, part) {
			t.Errorf("asked %s, which has no %s", put, part)
		}
	}
	if strings.Contains(put, "log_connections") {
		t.Errorf("a parameter that is as it should be is written: %s", put)
	}
}

func TestPagesEnd(t *testing.T) {
	token := func(s string) *string { return &s }
	if err := pages("list", func(*string) (int, *string, error) { return 1, token("same"), nil }); err == nil {
		t.Error("pages that repeat a token end without an error")
	}
	n := 0
	if err := pages("list", func(*string) (int, *string, error) { n++; return 1000, token(fmt.Sprint(n)), nil }); err == nil || n > 25 {
		t.Errorf("after %d pages of 1000: %v", n, err)
	}
	var tokens []string
	err := pages("list", func(at *string) (int, *string, error) {
		if at == nil {
			return 1, token("a"), nil
		}
		tokens = append(tokens, *at)
		return 1, token(""), nil
	})
	if err != nil || len(tokens) != 1 || tokens[0] != "a" {
		t.Error(tokens, err)
	}
}

func TestEveryStepHasItsPermissions(t *testing.T) {
	for kind, steps := range map[resource.Kind][]resource.Step{
		resource.LogGroupKind:        {resource.Create, resource.LogGroupKey, resource.LogGroupRetention},
		resource.MetricFilterKind:    {resource.Create, resource.MetricFilterSettings},
		resource.AlarmKind:           {resource.Create, resource.AlarmSettings, resource.AlarmEnable},
		resource.TopicKind:           {resource.Create, resource.TopicKey, resource.TopicPolicy},
		resource.SubscriptionKind:    {resource.Create},
		resource.SlackChannelKind:    {resource.Create, resource.SlackChannelSettings},
		resource.RecorderKind:        {resource.Create, resource.RecorderSettings, resource.RecorderStart},
		resource.DeliveryChannelKind: {resource.Create, resource.DeliveryChannelSettings},
		resource.RuleKind:            {resource.Create, resource.RuleSettings},
		resource.HubKind:             {resource.Create, resource.HubStandards},
		resource.DetectorKind:        {resource.Create, resource.DetectorSettings},
		resource.ParameterGroupKind:  {resource.Create, resource.ParameterGroupParameters},
		resource.OptionGroupKind:     {resource.Create, resource.OptionGroupOptions},
		resource.DatabaseKind:        {resource.DatabaseParameterGroup, resource.DatabaseOptionGroup, resource.DatabaseExports},
	} {
		if len(Reads(kind)) == 0 {
			t.Errorf("reading %s needs no permission", kind)
		}
		for _, step := range steps {
			if len(Writes(kind, step)) == 0 {
				t.Errorf("%s of %s needs no permission", step, kind)
			}
		}
		if got := len(handle(kind).writes); got != len(steps) {
			t.Errorf("%s has permissions of %d steps, want %d", kind, got, len(steps))
		}
	}
}

func TestUnknownStep(t *testing.T) {
	a, asked := answers(t, nil)
	for _, to := range []resource.Resource{&resource.LogGroup{Account: us}, &resource.MetricFilter{Account: us}, &resource.Alarm{Account: us},
		&resource.Topic{Account: us}, &resource.Subscription{Account: us}, &resource.SlackChannel{Account: us}, &resource.Recorder{Account: us},
		&resource.DeliveryChannel{Account: us}, &resource.Rule{Account: us}, &resource.Hub{Account: us}, &resource.Detector{Account: us},
		&resource.ParameterGroup{Account: us}, &resource.OptionGroup{Account: us}, &resource.Database{Account: us}} {
		if err := a.Do(t.Context(), resource.Edit{Step: "delete", To: to}); err == nil || !strings.Contains(err.Error(), `no step "delete"`) || len(asked.list) > 0 {
			t.Errorf("%s: %v, asked %v", to.ID().Kind, err, asked.list)
		}
	}
}

func TestAnotherAccountsResourcesAreNotThoseOfTheCaller(t *testing.T) {
	a, asked := answers(t, nil)
	for _, id := range mine() {
		id.Account = "999999999999"
		state, err := a.Read(t.Context(), id)
		if err != nil || !errors.Is(state.Unread[resource.Create], object.ErrDenied) {
			t.Errorf("%s: %+v, %v", id, state, err)
		}
	}
	if len(asked.list) > 0 {
		t.Errorf("asked %v", asked.list)
	}
}
