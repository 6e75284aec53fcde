package resource

import "github.com/trailseal/trailseal/internal/policy"

// Key is a customer managed KMS key with an alias. Its ID's Name is the alias, as in alias/trailseal.
type Key struct {
	Account, Region string
	Alias           string // with alias/ before it
	ARN             string // arn:…:key/…; empty while it is not made
	Enabled         bool   // KeyState Enabled
	Rotation        bool
	Policy          policy.Document
	Description     string
	// Foreign says that the key is AWS's own (KeyManager AWS): its policy cannot be changed.
	Foreign bool
}

// The steps of a key. Create makes it with its policy.
const (
	KeyAlias    Step = "alias"
	KeyRotation Step = "rotation"
	KeyPolicy   Step = "policy"
	KeyEnable   Step = "enable"
)

// ID has the alias as its name, or the ARN where there is no alias.
func (k *Key) ID() ID {
	name := k.Alias
	if name == "" {
		name = k.ARN
	}
	return ID{KeyKind, k.Account, k.Region, name}
}

// Bucket is an S3 bucket. Its ID's Name is the bucket's name.
type Bucket struct {
	Account, Region, Name string
	Public                PublicAccess
	Ownership             string // BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter; empty: not set
	Encryption            Encryption
	Versioning            string // Enabled, Suspended; empty: never set
	MFADelete             bool
	Lock                  Lock
	Lifecycle             []LifecycleRule
	LifecycleMinimum      string // TransitionDefaultMinimumObjectSize, which is written with Lifecycle; empty: S3's default
	Logging               AccessLogging
	Policy                policy.Document
}

// The steps of a bucket. Create makes it, with Object Lock where the target has it.
const (
	BucketPublicAccess Step = "public access block"
	BucketOwnership    Step = "ownership"
	BucketEncryption   Step = "encryption"
	BucketVersioning   Step = "versioning"
	BucketLock         Step = "object lock"
	BucketLifecycle    Step = "lifecycle"
	BucketLogging      Step = "access logging"
	BucketPolicy       Step = "policy"
	// BucketMFADelete is never written: root alone can, with its long-term keys.
	BucketMFADelete Step = "mfa delete"
)

// ID has the bucket's name.
func (b *Bucket) ID() ID { return ID{BucketKind, b.Account, b.Region, b.Name} }

// PublicAccess is a bucket's public access block.
type PublicAccess struct {
	BlockACLs, IgnoreACLs, BlockPolicy, Restrict bool
}

// Encryption is what new objects are encrypted with.
type Encryption struct {
	Algorithm string // AES256, aws:kms, aws:kms:dsse; empty: not set, which S3 takes for AES256 since 2023
	KeyARN    string // as S3 states it: an ARN, an id or an alias
	BucketKey bool
}

// Lock is a bucket's Object Lock with its default retention: Days or Years, not both.
type Lock struct {
	Enabled bool
	Mode    string // GOVERNANCE, COMPLIANCE; empty: no default retention
	Days    int
	Years   int
}

// LifecycleRule is a rule of a bucket's lifecycle. Zero days are none.
type LifecycleRule struct {
	ID                 string
	Enabled            bool
	Prefix             string // the objects it is about; empty: all
	Filter             string // any other filter, as AWS writes it in JSON: the rule is then somebody else's and kept as it is
	Transitions        []Transition
	ExpireDays         int    // of current versions
	ExpireDate         string // RFC 3339, in place of ExpireDays
	ExpireMarkers      bool   // delete markers of which nothing else is left
	NoncurrentMoves    []Transition
	NoncurrentDays     int // after which noncurrent versions are deleted
	NoncurrentVersions int // newer ones that are kept however old
	AbortDays          int // of uploads that were not completed
}

// Transition moves objects to another storage class.
type Transition struct {
	Days     int
	Date     string // RFC 3339, in place of Days
	Versions int    // of noncurrent versions: newer ones that are left where they are
	Class    string // GLACIER_IR, DEEP_ARCHIVE, …
}

// AccessLogging is where a bucket's server access logs go; no Bucket is nowhere.
type AccessLogging struct {
	Bucket, Prefix string
}
