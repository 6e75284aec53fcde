package integrity

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what an object in a CloudTrail bucket is, by its name.
type Class byte

// The classes of object.
const (
	LogFile Class = iota + 1
	DigestFile
	BackfillDigest
)

// Key is the name of a log file or digest file, taken apart:
//
//	[PREFIX/]AWSLogs/[ORG/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/ACCOUNT_FOLDER_REGION_...
//
// as described in https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html.
type Key struct {
	Class   Class
	Prefix  string // with its trailing slash, or empty
	Org     string // o-…, for an organization trail
	Account string // 12 digits
	Folder  string // CloudTrail, CloudTrail-Insight, CloudTrail-Digest …
	Region  string // the region that the events come from
	Trail   string // digests only
	Home    string // digests only: the trail's home region
	Time    time.Time
	Unique  string // log files only: the part that makes the name unique
}

var errNotCloudTrail = errors.New("not the name of a CloudTrail log or digest file")

const (
	digestTime = "20060102T150405Z"
	logTime    = "20060102T1504Z"
	suffix     = ".json.gz"
	// maxKey is S3's limit on the length of a key, in bytes.
	maxKey = 1024
)

// ParseKey takes the name of an object apart. The error says what about it is not CloudTrail's; such an object is no
// digest and no log file, whatever it contains. Trail names are taken whole: they may contain underscores.
func ParseKey(name string) (Key, error) {
	var k Key
	if len(name) > maxKey {
		return k, fmt.Errorf("%w: longer than %d bytes", errNotCloudTrail, maxKey)
	}
	at := strings.LastIndex(name, "AWSLogs/")
	if at < 0 || at > 0 && name[at-1] != '/' {
		return k, fmt.Errorf("%w: no AWSLogs folder", errNotCloudTrail)
	}
	k.Prefix = name[:at]
	rest := name[at+len("AWSLogs/"):]
	part, rest, _ := strings.Cut(rest, "/")
	if IsOrg(part) {
		k.Org = part
		part, rest, _ = strings.Cut(rest, "/")
	}
	if !IsAccount(part) {
		return k, fmt.Errorf("%w: %q is not an account", errNotCloudTrail, part)
	}
	k.Account = part
	k.Folder, rest, _ = strings.Cut(rest, "/")
	k.Region, rest, _ = strings.Cut(rest, "/")
	if !strings.HasPrefix(k.Folder, "CloudTrail") || !IsRegion(k.Region) {
		return k, fmt.Errorf("%w: folder %q, region %q", errNotCloudTrail, k.Folder, k.Region)
	}
	if len(rest) < len("2006/01/02/") || rest[4] != '/' || rest[7] != '/' || rest[10] != '/' {
		return k, fmt.Errorf("%w: no YYYY/MM/DD folders", errNotCloudTrail)
	}
	day, file := rest[:10], rest[11:]
	head := k.Account + "_" + k.Folder + "_" + k.Region + "_"
	if !strings.HasPrefix(file, head) || !strings.HasSuffix(file, suffix) || strings.Contains(file, "/") {
		return k, fmt.Errorf("%w: file name %q", errNotCloudTrail, file)
	}
	// The head and the suffix could overlap only in a name shorter than both.
	if len(file) < len(head)+len(suffix) {
		return k, fmt.Errorf("%w: file name %q", errNotCloudTrail, file)
	}
	body := file[len(head) : len(file)-len(suffix)]
	if k.Folder == "CloudTrail-Digest" {
		return k, k.digestName(body, day)
	}
	return k, k.logName(body, day)
}

func (k *Key) digestName(body, day string) error {
	k.Class = DigestFile
	if b, ok := strings.CutSuffix(body, "_backfill"); ok {
		k.Class, body = BackfillDigest, b
	}
	// TRAIL_HOME_TIME, from the right: neither a time nor a region contains an underscore.
	at := strings.LastIndexByte(body, '_')
	if at < 0 {
		return fmt.Errorf("%w: no time", errNotCloudTrail)
	}
	stamp, body := body[at+1:], body[:at]
	at = strings.LastIndexByte(body, '_')
	if at <= 0 || !IsRegion(body[at+1:]) {
		return fmt.Errorf("%w: no trail and home region", errNotCloudTrail)
	}
	k.Trail, k.Home = body[:at], body[at+1:]
	return k.setTime(digestTime, stamp, day)
}

func (k *Key) logName(body, day string) error {
	k.Class = LogFile
	stamp, unique, ok := strings.Cut(body, "_")
	if !ok || unique == "" {
		return fmt.Errorf("%w: no unique part", errNotCloudTrail)
	}
	k.Unique = unique
	return k.setTime(logTime, stamp, day)
}

func (k *Key) setTime(layout, stamp, day string) error {
	if len(stamp) != len(layout) {
		return fmt.Errorf("%w: time %q", errNotCloudTrail, stamp)
	}
	t, err := time.Parse(layout, stamp)
	if err != nil {
		return fmt.Errorf("%w: time %q", errNotCloudTrail, stamp)
	}
	if day[:4] != stamp[:4] || day[5:7] != stamp[4:6] || day[8:] != stamp[6:8] {
		return fmt.Errorf("%w: time %q in the folder of %s", errNotCloudTrail, stamp, day)
	}
	k.Time = t
	return nil
}

// At returns the name that the digest of the same chain ending at t has.
func (k Key) At(t time.Time) string {
	t = t.UTC()
	var b strings.Builder
	b.WriteString(k.Prefix)
	b.WriteString("AWSLogs/")
	if k.Org != "" {
		b.WriteString(k.Org + "/")
	}
	b.WriteString(k.Account + "/CloudTrail-Digest/" + k.Region + "/" + t.Format("2006/01/02/"))
	b.WriteString(k.Account + "_CloudTrail-Digest_" + k.Region + "_" + k.Trail + "_" + k.Home + "_" + t.Format(digestTime))
	if k.Class == BackfillDigest {
		b.WriteString("_backfill")
	}
	b.WriteString(suffix)
	return b.String()
}

// IsAccount reports whether s is an AWS account number: 12 digits.
func IsAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// IsOrg reports whether s is the id of an AWS organization: "o-" and 10 to 32 lower-case letters or digits
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html).
func IsOrg(s string) bool {
	rest, ok := strings.CutPrefix(s, "o-")
	return ok && len(rest) >= 10 && len(rest) <= 32 && lowerOrDigit(rest, false)
}

// IsRegion reports whether s is shaped like a region's name, such as eu-west-1 or us-gov-east-1.
func IsRegion(s string) bool {
	return len(s) >= 5 && len(s) <= 32 && strings.Count(s, "-") >= 2 && lowerOrDigit(s, true) &&
		s[0] >= 'a' && s[len(s)-1] >= '0' && s[len(s)-1] <= '9'
}

func lowerOrDigit(s string, dash bool) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (!dash || c != '-') {
			return false
		}
	}
	return true
}
