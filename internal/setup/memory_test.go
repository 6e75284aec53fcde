package setup

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/trailseal/trailseal/internal/resource"
)

// memory is an account that is kept in memory: what a step sets, it sets, and nothing else.
type memory struct {
	mu        sync.Mutex
	account   string
	region    string
	where     resource.Organization
	resources map[resource.ID]resource.Resource
	unread    map[resource.ID]map[resource.Step]error
	unlisted  []resource.Unlisted
	// before is asked before each call that writes; an error of it is the call's, and nothing is written.
	before func(resource.Edit) error
	calls  []string
}

func newMemory(rs ...resource.Resource) *memory {
	m := &memory{account: "111122223333", region: "eu-central-1", resources: map[resource.ID]resource.Resource{}}
	for _, r := range rs {
		m.resources[r.ID()] = r
	}
	return m
}

func (m *memory) Survey(_ context.Context, where resource.Where) (*resource.Survey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &resource.Survey{Account: m.account, ARN: "arn:aws:iam::" + m.account + ":user/ann", Partition: "aws", Region: where.Region, Organization: m.where, Unread: m.unlisted}
	for _, id := range slices.SortedFunc(maps.Keys(m.resources), func(a, b resource.ID) int { return strings.Compare(a.String(), b.String()) }) {
		switch r := copied(m.resources[id]).(type) {
		case *resource.Trail:
			s.Trails = append(s.Trails, r)
		case *resource.MetricFilter:
			s.Filters = append(s.Filters, r)
		case *resource.Alarm:
			s.Alarms = append(s.Alarms, r)
		case *resource.Recorder:
			s.Recorders = append(s.Recorders, r)
		case *resource.DeliveryChannel:
			s.Channels = append(s.Channels, r)
		case *resource.Detector:
			s.Detectors = append(s.Detectors, r)
		case *resource.Hub:
			s.Hubs = append(s.Hubs, r)
		case *resource.Subscription:
			s.Subscriptions = append(s.Subscriptions, r)
		case *resource.Database:
			s.Databases = append(s.Databases, r)
		case *resource.ServiceAccess:
			s.Organization.Trusted = append(s.Organization.Trusted, r.Service)
		}
	}
	return s, nil
}

func (m *memory) Read(_ context.Context, id resource.ID) (resource.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := resource.State{Unread: m.unread[id]}
	if r := m.find(id); r != nil && state.Unread[resource.Create] == nil {
		state.Resource = copied(r)
	}
	return state, nil
}

// find looks a resource up; a key also by its ARN.
func (m *memory) find(id resource.ID) resource.Resource {
	if r := m.resources[id]; r != nil {
		return r
	}
	for _, r := range m.resources {
		if k, ok := r.(*resource.Key); ok && id.Kind == resource.KeyKind && k.ARN == id.Name {
			return r
		}
	}
	return nil
}

// sets are the members that a step sets, by name. Of a kind without Create here, Create sets everything.
var sets = map[resource.Kind]map[resource.Step][]string{
	resource.RoleKind: {resource.Create: {"Path", "Description", "Trust", "MaxSession", "ServiceLinkedTo"}, resource.RoleTrust: {"Trust"}, resource.RoleInline: {"Inline"}, resource.RoleManaged: {"Managed"}},
	resource.KeyKind:  {resource.Create: {"Policy", "Description"}, resource.KeyAlias: {}, resource.KeyRotation: {"Rotation"}, resource.KeyPolicy: {"Policy"}, resource.KeyEnable: {"Enabled"}},
	resource.BucketKind: {resource.Create: {"Lock.Enabled"}, resource.BucketPublicAccess: {"Public"}, resource.BucketOwnership: {"Ownership"}, resource.BucketEncryption: {"Encryption"},
		resource.BucketVersioning: {"Versioning"}, resource.BucketLock: {"Lock"}, resource.BucketLifecycle: {"Lifecycle"}, resource.BucketLogging: {"Logging"}, resource.BucketPolicy: {"Policy"}},
	resource.LogGroupKind: {resource.Create: {"KeyARN", "Class"}, resource.LogGroupKey: {"KeyARN"}, resource.LogGroupRetention: {"RetentionDays"}},
	resource.TopicKind:    {resource.Create: {"KeyARN"}, resource.TopicKey: {"KeyARN"}, resource.TopicPolicy: {"Policy"}},
	resource.TrailKind: {resource.Create: trailSettings, resource.TrailSettings: trailSettings, resource.TrailSelectors: {"Selectors", "BasicSelectors"},
		resource.TrailInsights: {"Insights"}, resource.TrailLogging: {"Logging"}},
	resource.AlarmKind:          {resource.AlarmEnable: {"ActionsEnabled"}},
	resource.RecorderKind:       {resource.Create: recorderSettings, resource.RecorderSettings: recorderSettings, resource.RecorderStart: {"Recording"}},
	resource.HubKind:            {resource.Create: {}, resource.HubStandards: {"Standards"}},
	resource.ParameterGroupKind: {resource.Create: {"Cluster", "Family"}, resource.ParameterGroupParameters: {"Parameters"}},
	resource.OptionGroupKind:    {resource.Create: {"Engine", "Version"}, resource.OptionGroupOptions: {"Options"}},
	resource.DatabaseKind:       {resource.DatabaseParameterGroup: {"ParameterGroup"}, resource.DatabaseOptionGroup: {"OptionGroup"}, resource.DatabaseExports: {"Exports"}},
}

var (
	trailSettings    = []string{"Bucket", "Prefix", "KeyARN", "TopicARN", "LogGroupARN", "LogRoleARN", "MultiRegion", "GlobalEvents", "Validation", "Organization"}
	recorderSettings = []string{"RoleARN", "AllSupported", "GlobalTypes", "Types", "Excluded", "Frequency"}
)

func (m *memory) Do(ctx context.Context, e resource.Edit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id := e.To.ID()
	m.calls = append(m.calls, fmt.Sprintf("%s %s: %s", id.Kind, id.Name, e.Step))
	if m.before != nil {
		if err := m.before(e); err != nil {
			return err
		}
	}
	now := m.find(id)
	if e.Step == resource.Create {
		if now != nil {
			return nil
		}
		now = reflect.New(reflect.TypeOf(e.To).Elem()).Interface().(resource.Resource)
		set(now, e.To, identity)
	} else if now == nil {
		return fmt.Errorf("%s: %s: it is not there", id, e.Step)
	}
	if e.Step == resource.RecorderStart && m.resources[resource.ID{Kind: resource.DeliveryChannelKind, Account: id.Account, Region: id.Region, Name: "default"}] == nil {
		return fmt.Errorf("NoAvailableDeliveryChannelException: %w", resource.ErrNotYet)
	}
	names, ok := sets[id.Kind][e.Step]
	if !ok {
		names = members(e.To) // a call that replaces
	}
	set(now, e.To, names)
	m.settle(now)
	m.resources[now.ID()] = now
	return nil
}

// settle does what AWS does by itself.
func (m *memory) settle(r resource.Resource) {
	switch r := r.(type) {
	case *resource.Key:
		if r.ARN == "" {
			r.ARN, r.Enabled = "arn:aws:kms:"+r.Region+":"+r.Account+":key/0f1e2d3c-0000-4000-8000-00000000000"+fmt.Sprint(len(m.resources)%10), true
		}
	case *resource.Subscription:
		if r.Protocol == "https" {
			r.Confirmed = true
		}
	}
}

var identity = []string{"Account", "Region", "Name", "Alias", "Topic", "Protocol", "Label", "Endpoint", "LogGroup", "Service", "Cluster"}

func members(r resource.Resource) []string {
	var names []string
	t := reflect.TypeOf(r).Elem()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Name)
	}
	return names
}

// set copies members by name; a name may have a part, as in Lock.Enabled. Names that a type does not have are passed over.
func set(to, from resource.Resource, names []string) {
	for _, name := range names {
		t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
		for part := range strings.SplitSeq(name, ".") {
			if t, f = t.FieldByName(part), f.FieldByName(part); !t.IsValid() {
				break
			}
		}
		if t.IsValid() {
			t.Set(f)
		}
	}
}

func copied(r resource.Resource) resource.Resource {
	c := reflect.New(reflect.TypeOf(r).Elem())
	c.Elem().Set(reflect.ValueOf(r).Elem())
	return c.Interface().(resource.Resource)
}
