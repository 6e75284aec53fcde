package resource

// Trail is a CloudTrail trail. Its ID's Name is the trail's name, its Region the home region, its Account the owner: of an
// organization's trail, the management account.
type Trail struct {
	Account, Region, Name string
	Bucket, Prefix        string
	KeyARN                string // as CloudTrail states it; empty: SSE-S3
	TopicARN              string // of deliveries; empty: none
	LogGroupARN           string // as CloudTrail states it: it ends in :*
	LogRoleARN            string
	MultiRegion           bool
	GlobalEvents          bool // IncludeGlobalServiceEvents
	Validation            bool // EnableLogFileValidation
	Organization          bool
	Selectors             []Selector
	BasicSelectors        bool     // what was read were basic event selectors, told here as advanced ones
	Insights              []string // ApiCallRateInsight, ApiErrorRateInsight; sorted
	Logging               bool
}

// The steps of a trail. Create makes it with all that Settings sets.
const (
	TrailSettings  Step = "settings" // UpdateTrail
	TrailSelectors Step = "event selectors"
	TrailInsights  Step = "insight selectors"
	TrailLogging   Step = "logging"
)

// ID has the trail's name.
func (t *Trail) ID() ID { return ID{TrailKind, t.Account, t.Region, t.Name} }

// Selector is an advanced event selector.
type Selector struct {
	Name   string
	Fields []FieldSelector
}

// FieldSelector is a condition on one field of an event. An operator without values is not used.
type FieldSelector struct {
	Field                                                               string
	Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith []string
}

// LogGroup is a CloudWatch Logs log group. Its ID's Name is the group's name.
type LogGroup struct {
	Account, Region, Name string
	KeyARN                string // empty: the key of CloudWatch Logs
	RetentionDays         int    // 0: never expires
	Class                 string // STANDARD; INFREQUENT_ACCESS has no metric filters
}

// The steps of a log group. Create makes it with its key.
const (
	LogGroupKey       Step = "key"
	LogGroupRetention Step = "retention"
)

// ID has the group's name.
func (g *LogGroup) ID() ID { return ID{LogGroupKind, g.Account, g.Region, g.Name} }
