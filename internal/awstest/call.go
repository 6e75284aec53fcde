package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Call is one request to AWS, as the API reference calls it.
type Call struct {
	Service   string // IAM's prefix of the service, as in s3, cloudtrail, cloudwatch
	Operation string // as in PutBucketPolicy
	Region    string // that it was signed for
	Account   string // whose credentials signed it
	Target    string // a bucket's name, or the first of the request's members that names what it is about; may be empty
	// Actions are the IAM actions that it needs: the operation's own first, then those that its parameters add, as in
	// iam:PassRole.
	Actions []string
}

// String is service:operation.
func (c Call) String() string { return c.Service + ":" + c.Operation }

var signedFor = regexp.MustCompile(`Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// prefixes are IAM's prefixes of services where the name that is signed is another one.
var prefixes = map[string]string{"monitoring": "cloudwatch"}

// identify says what a request asks. body is what it carries.
func identify(r *http.Request, body []byte) (c Call, key string) {
	if m := signedFor.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		key, c.Region, c.Service = m[1], m[2], m[3]
		if p := prefixes[c.Service]; p != "" {
			c.Service = p
		}
	}
	members := map[string]any{}
	form, _ := url.ParseQuery(string(body))
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		c.Operation = target[strings.LastIndex(target, ".")+1:]
		_ = json.Unmarshal(body, &members) // what is no JSON has no members
	case c.Service == "s3":
		c.Operation, c.Target = s3Operation(r)
	case form.Get("Action") != "":
		c.Operation = form.Get("Action")
		for name := range form {
			members[name] = form.Get(name)
		}
	default:
		c.Operation = restOperation(c.Service, r)
		_ = json.Unmarshal(body, &members)
	}
	if c.Target == "" {
		c.Target = named(members)
	}
	c.Actions = append([]string{action(c)}, c.also(r, members)...)
	return c, key
}

// named is the member of a request that says what it is about.
func named(members map[string]any) string {
	for _, name := range []string{"Name", "TrailName", "KeyId", "AliasName", "RoleName", "logGroupName", "TopicArn", "AlarmName",
		"ConfigurationName", "ServicePrincipal", "DBParameterGroupName", "OptionGroupName", "DBInstanceIdentifier", "filterName"} {
		if text, ok := members[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// also are the actions that a request's parameters add to its own.
func (c Call) also(r *http.Request, members map[string]any) []string {
	var more []string
	for _, name := range []string{"CloudWatchLogsRoleArn", "IamRoleArn"} {
		if role, ok := members[name].(string); ok && role != "" {
			more = append(more, "iam:PassRole")
		}
	}
	if recorder, ok := members["ConfigurationRecorder"].(map[string]any); ok && recorder["roleARN"] != nil {
		more = append(more, "iam:PassRole")
	}
	if c.Service == "cloudtrail" && members["IsOrganizationTrail"] == true {
		more = append(more, "iam:CreateServiceLinkedRole", "iam:GetRole", "organizations:EnableAWSServiceAccess",
			"organizations:DescribeOrganization", "organizations:ListAWSServiceAccessForOrganization", "organizations:ListAccounts")
	}
	if c.Operation == "CreateBucket" && r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		more = append(more, "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning")
	}
	if c.Operation == "CreateBucket" && r.Header.Get("X-Amz-Object-Ownership") != "" {
		more = append(more, "s3:PutBucketOwnershipControls")
	}
	return more
}

// action is the IAM action of an operation. S3's have other names than its operations.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func action(c Call) string {
	if c.Service == "s3" {
		if name := s3Actions[c.Operation]; name != "" {
			return "s3:" + name
		}
	}
	return c.String()
}

var s3Actions = map[string]string{
	"HeadBucket":                      "ListBucket",
	"ListObjects":                     "ListBucket",
	"ListObjectsV2":                   "ListBucket",
	"ListObjectVersions":              "ListBucketVersions",
	"ListBuckets":                     "ListAllMyBuckets",
	"HeadObject":                      "GetObject",
	"GetBucketEncryption":             "GetEncryptionConfiguration",
	"PutBucketEncryption":             "PutEncryptionConfiguration",
	"GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
	"PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
	"GetPublicAccessBlock":            "GetBucketPublicAccessBlock",
	"PutPublicAccessBlock":            "PutBucketPublicAccessBlock",
	"GetObjectLockConfiguration":      "GetBucketObjectLockConfiguration",
	"PutObjectLockConfiguration":      "PutBucketObjectLockConfiguration",
}

// s3Parts are the operations of a bucket by sub-resource, without Get, Put or Delete before them.
var s3Parts = []struct{ query, name string }{
	{"policy", "BucketPolicy"}, {"policyStatus", "BucketPolicyStatus"}, {"versioning", "BucketVersioning"},
	{"encryption", "BucketEncryption"}, {"lifecycle", "BucketLifecycleConfiguration"}, {"publicAccessBlock", "PublicAccessBlock"},
	{"ownershipControls", "BucketOwnershipControls"}, {"logging", "BucketLogging"}, {"object-lock", "ObjectLockConfiguration"},
	{"location", "BucketLocation"}, {"acl", "BucketAcl"}, {"tagging", "BucketTagging"}, {"requestPayment", "BucketRequestPayment"},
	{"notification", "BucketNotificationConfiguration"}, {"replication", "BucketReplication"},
}

// s3Operation is the operation of a request to S3 with the bucket in its path, and the bucket.
func s3Operation(r *http.Request) (operation, bucket string) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	verb := map[string]string{"GET": "Get", "PUT": "Put", "HEAD": "Head", "DELETE": "Delete", "POST": "Post"}[r.Method]
	query := r.URL.Query()
	switch {
	case bucket == "":
		return "ListBuckets", ""
	case key != "":
		return verb + "Object", bucket
	case query.Has("versions"):
		return "ListObjectVersions", bucket
	}
	for _, part := range s3Parts {
		if query.Has(part.query) {
			return verb + part.name, bucket
		}
	}
	switch {
	case r.Method == http.MethodPut:
		return "CreateBucket", bucket
	case r.Method == http.MethodGet && query.Get("list-type") == "2":
		return "ListObjectsV2", bucket
	case r.Method == http.MethodGet:
		return "ListObjects", bucket
	}
	return verb + "Bucket", bucket
}

// restCalls are operations of services whose requests name them by method and path alone; * is one segment. The first that
// fits is taken.
var restCalls = map[string][]struct{ method, path, operation string }{
	"securityhub": {
		{"POST", "/accounts", "EnableSecurityHub"}, {"GET", "/accounts", "DescribeHub"}, {"PATCH", "/accounts", "UpdateSecurityHubConfiguration"},
		{"POST", "/standards/register", "BatchEnableStandards"}, {"POST", "/standards/get", "GetEnabledStandards"},
		{"GET", "/standards", "DescribeStandards"}, {"POST", "/findings", "GetFindings"},
	},
	"guardduty": {
		{"POST", "/detector", "CreateDetector"}, {"GET", "/detector", "ListDetectors"},
		{"GET", "/detector/*", "GetDetector"}, {"POST", "/detector/*", "UpdateDetector"},
	},
}

// restOperation is the operation of a REST request. AWS Chatbot's paths are its operations' names.
func restOperation(service string, r *http.Request) string {
	path := strings.TrimSuffix(r.URL.Path, "/")
	for _, c := range restCalls[service] {
		if c.method == r.Method && fits(c.path, path) {
			return c.operation
		}
	}
	if service == "chatbot" {
		var name strings.Builder
		for word := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "-") {
			if word != "" {
				name.WriteString(strings.ToUpper(word[:1]) + word[1:])
			}
		}
		return name.String()
	}
	if _, after, ok := strings.Cut(path, "/operation/"); ok { // Smithy RPC
		return after
	}
	return r.Method + " " + path
}

func fits(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != q[i] {
			return false
		}
	}
	return true
}
