package ddl

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	mostSQL    = 262144    // bytes of a statement that Athena takes
	mostPrefix = 512       // bytes
	unknown    = "unknown" // the lake's word for an account or region that no record or key tells
)

// Options say where events lie, and what the statements call them. Accounts and regions are put in order.
type Options struct {
	Database string
	Table    string // events, or cloudtrail of AWS's own files, if empty
	View     string // over Table; events if empty
	Catalog  string // of Trino; hive if empty

	Bucket string
	// Prefix is the lake's folder, above events/, or that of the trail, above AWSLogs/; "" is the bucket itself.
	Prefix string
	// Organization is the ID of the organization whose trail writes below AWSLogs/ID/; empty for the trail of an account.
	// It matters to AWS's own files only.
	Organization string

	// Accounts that can be asked for. Without any, the table takes every account, and every query must name those it
	// asks for, as in account = '111122223333' or account IN (…). More than some 20 make queries slow to plan: each is
	// multiplied by regions and days.
	Accounts []string
	// Regions that can be asked for; without any, Regions(). What else the lake or the trail has is not seen.
	Regions []string
	// From is the first day that can be asked for, in a table for Athena; the last is today. The lake keeps events whose
	// day nobody knows as of 1970-01-01.
	From time.Time
}

// Regions are the regions of AWS's commercial partition as of 2026, those that must be enabled first included; those of
// China, GovCloud and others must be named. Source: https://docs.aws.amazon.com/general/latest/gr/rande.html.
func Regions() []string {
	return []string{
		"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
		"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
		"eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}

var (
	// https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html: lower case, up to 255 bytes, no
	// special characters but the underscore.
	namePattern = regexp.MustCompile(`\A[a-z0-9_]{1,255}\z`)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. An alias of an access point is in
	// order; what is reserved to AWS is not looked at.
	bucketPattern  = regexp.MustCompile(`\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z`)
	accountPattern = regexp.MustCompile(`\A[0-9]{12}\z`)
	regionPattern  = regexp.MustCompile(`\A[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\z`)
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	organizationPattern = regexp.MustCompile(`\Ao-[a-z0-9]{10,32}\z`)
	prefixPattern       = regexp.MustCompile(`\A[A-Za-z0-9!_.=/-]*\z`)
)

// complete fills what is empty, with table for the name of the table, and refuses what AWS would not take. The error
// names every fault.
func (o Options) complete(table string) (Options, error) {
	if o.Table == "" {
		o.Table = table
	}
	if o.View == "" {
		o.View = "events"
	}
	if o.Catalog == "" {
		o.Catalog = "hive"
	}
	var faults []error
	refuse := func(what, value, rule string) {
		faults = append(faults, fmt.Errorf("%s %.80q: %s", what, value, rule))
	}
	for _, n := range []struct{ what, name string }{
		{"database", o.Database}, {"table", o.Table}, {"view", o.View}, {"catalog", o.Catalog},
	} {
		if !namePattern.MatchString(n.name) {
			refuse(n.what, n.name, "1 to 255 of a-z, 0-9 and _")
		}
	}
	_, notAddress := netip.ParseAddr(o.Bucket)
	if !bucketPattern.MatchString(o.Bucket) || strings.Contains(o.Bucket, "..") || notAddress == nil {
		refuse("bucket", o.Bucket, "3 to 63 of a-z, 0-9, - and single dots, and no IP address")
	}
	o.Prefix = strings.TrimSuffix(o.Prefix, "/")
	if rule := prefixRule(o.Prefix); rule != "" {
		refuse("prefix", o.Prefix, rule)
	}
	if o.Organization != "" && !organizationPattern.MatchString(o.Organization) {
		refuse("organization", o.Organization, "o- and 10 to 32 of a-z and 0-9")
	}
	for _, a := range o.Accounts {
		if !accountPattern.MatchString(a) {
			refuse("account", a, "12 digits")
		}
	}
	for _, r := range o.Regions {
		if !regionPattern.MatchString(r) {
			refuse("region", r, "a name like eu-central-1")
		}
	}
	if len(o.Regions) == 0 {
		o.Regions = Regions()
	}
	o.Accounts, o.Regions = ordered(o.Accounts), ordered(o.Regions)
	return o, errors.Join(faults...)
}

// since is the first day in a layout of package time.
func (o Options) since(layout string) (string, error) {
	from := o.From.UTC()
	if from.Year() < 1970 || from.Year() > 9999 {
		return "", fmt.Errorf("first day %q: a day from 1970-01-01 on", from.Format(time.DateOnly))
	}
	return from.Format(layout), nil
}

func ordered(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// prefixRule is what is wrong with a prefix: Athena reads nothing from a folder whose name begins with a dot or an
// underscore, and joins what two slashes part. "" when nothing is wrong.
func prefixRule(prefix string) string {
	if prefix == "" {
		return ""
	}
	if len(prefix) > mostPrefix || !prefixPattern.MatchString(prefix) {
		return fmt.Sprintf("up to %d of letters, digits, !, _, ., =, - and /", mostPrefix)
	}
	for segment := range strings.SplitSeq(prefix, "/") {
		if segment == "" {
			return "no slash first, and no two in a row"
		}
		if segment[0] == '_' || segment[0] == '.' {
			return "no folder that begins with _ or ., which Athena takes for hidden"
		}
	}
	return ""
}

// location is a folder of the bucket.
func (o Options) location(folders ...string) string {
	if o.Prefix != "" {
		folders = append([]string{o.Prefix}, folders...)
	}
	return "s3://" + o.Bucket + "/" + strings.Join(folders, "/") + "/"
}

// bounded refuses a statement that Athena would not take.
func bounded(statement string) (string, error) {
	if len(statement) > mostSQL {
		return "", fmt.Errorf("the statement is %d bytes long, Athena takes %d: name fewer accounts", len(statement), mostSQL)
	}
	return statement, nil
}
