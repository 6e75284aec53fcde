package resource

// Recorder is the configuration recorder of AWS Config; a region has at most one that its customer manages. Its ID's Name
// is the recorder's name, mostly default.
type Recorder struct {
	Account, Region, Name string
	RoleARN               string
	AllSupported          bool
	GlobalTypes           bool     // IncludeGlobalResourceTypes
	Types                 []string // where AllSupported is false; sorted
	Excluded              []string // exclusionByResourceTypes; sorted
	Frequency             string   // CONTINUOUS, DAILY; empty: CONTINUOUS
	Recording             bool
	LastStatus            string // Success, Failure, Pending; empty: not known
}

// The steps of a recorder. Create and Settings are the same call. Start works only when the delivery channel is there.
const (
	RecorderSettings Step = "settings"
	RecorderStart    Step = "start"
)

// ID has the recorder's name.
func (r *Recorder) ID() ID { return ID{RecorderKind, r.Account, r.Region, r.Name} }

// DeliveryChannel is where AWS Config delivers; a region has at most one. Its ID's Name is the channel's name.
type DeliveryChannel struct {
	Account, Region, Name string
	Bucket, Prefix        string
	KeyARN                string
	TopicARN              string
	Frequency             string // of snapshots: TwentyFour_Hours, …; empty: none
}

// The steps of a delivery channel. Create and Settings are the same call.
const DeliveryChannelSettings Step = "settings"

// ID has the channel's name.
func (c *DeliveryChannel) ID() ID { return ID{DeliveryChannelKind, c.Account, c.Region, c.Name} }

// Rule is a managed rule of AWS Config. Its ID's Name is the rule's name.
type Rule struct {
	Account, Region, Name string
	Identifier            string   // SourceIdentifier, as in CLOUD_TRAIL_ENABLED
	Owner                 string   // AWS, CUSTOM_LAMBDA, CUSTOM_POLICY
	Types                 []string // of resources it is about; sorted; empty: the rule's own
	Parameters            string   // InputParameters, JSON
	Frequency             string   // MaximumExecutionFrequency; empty: the rule's own
}

// The steps of a rule. Create and Settings are the same call.
const RuleSettings Step = "settings"

// ID has the rule's name.
func (r *Rule) ID() ID { return ID{RuleKind, r.Account, r.Region, r.Name} }

// Hub is Security Hub in a region, with the standards that are on. Its ID's Name is "default".
type Hub struct {
	Account, Region string
	Standards       []string // ARNs of standards, sorted; those that are READY, PENDING or INCOMPLETE
}

// The steps of Security Hub. Create turns it on without any standard.
const HubStandards Step = "standards"

// ID has the name default.
func (h *Hub) ID() ID { return ID{HubKind, h.Account, h.Region, "default"} }

// Detector is GuardDuty in a region, which has at most one detector. Its ID's Name is "default".
type Detector struct {
	Account, Region string
	Detector        string // its id
	Enabled         bool
	Frequency       string // of publishing: FIFTEEN_MINUTES, ONE_HOUR, SIX_HOURS
}

// The steps of a detector. Create makes and enables it.
const DetectorSettings Step = "settings"

// ID has the name default.
func (d *Detector) ID() ID { return ID{DetectorKind, d.Account, d.Region, "default"} }
