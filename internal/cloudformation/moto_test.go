package cloudformation

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailseal/trailseal/internal/resource"
)

// TestOnMoto makes a stack on a server that others wrote, of those kinds that its CloudFormation knows, and reads with the
// services' own calls what came of it. Of trails, alarms and the policies of buckets and topics moto's CloudFormation knows nothing, and of a
// bucket and a log group it sets only what is looked at here.
func TestOnMoto(t *testing.T) {
	endpoint := os.Getenv("TRAILSEAL_MOTO")
	if endpoint == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	const region = "eu-central-1"
	s := everything("aws", region)
	s.Account = "123456789012" // moto's
	suffix := strings.ReplaceAll(time.Now().UTC().Format("20060102150405.000000"), ".", "")
	known := []resource.Kind{resource.RoleKind, resource.KeyKind, resource.BucketKind, resource.LogGroupKind}
	s.Resources = slices.DeleteFunc(s.Resources, func(r resource.Resource) bool {
		role, isRole := r.(*resource.Role)
		return !slices.Contains(known, r.ID().Kind) || isRole && role.ServiceLinkedTo != ""
	})
	rename(s, suffix)
	files, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	stack := "trailseal-" + suffix
	ask(t, endpoint, region, url.Values{"Action": {"CreateStack"}, "StackName": {stack}, "TemplateBody": {file(t, files, "template.yaml")},
		"Capabilities.member.1": {"CAPABILITY_NAMED_IAM"}})
	var out struct {
		Status  string `xml:"DescribeStacksResult>Stacks>member>StackStatus"`
		Outputs []struct {
			Key   string `xml:"OutputKey"`
			Value string `xml:"OutputValue"`
		} `xml:"DescribeStacksResult>Stacks>member>Outputs>member"`
	}
	if err := xml.Unmarshal(ask(t, endpoint, region, url.Values{"Action": {"DescribeStacks"}, "StackName": {stack}}), &out); err != nil {
		t.Fatal(err)
	}
	if out.Status != "CREATE_COMPLETE" {
		t.Fatalf("the stack is %q", out.Status)
	}
	key := ""
	for _, o := range out.Outputs {
		if strings.HasSuffix(o.Key, "KeyArn") {
			key = o.Value
		}
	}
	if !strings.HasPrefix(key, "arn:aws:kms:"+region+":"+s.Account+":key/") {
		t.Fatalf("the key's ARN is %q in %+v", key, out.Outputs)
	}
	config := aws.Config{Region: region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", "")}
	t.Run("key", func(t *testing.T) { lookAtKey(t, kms.NewFromConfig(config), key) })
	t.Run("bucket", func(t *testing.T) {
		lookAtBucket(t, s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }), key, "acme-logs"+suffix)
	})
	t.Run("log group", func(t *testing.T) { lookAtLogGroup(t, cloudwatchlogs.NewFromConfig(config), "acme/trail"+suffix) })
	t.Run("role", func(t *testing.T) {
		lookAtRole(t, iam.NewFromConfig(config), "acme-trail-logs"+suffix, "arn:aws:logs:"+region+":"+ours+":log-group:acme/trail:log-stream:")
	})
}

// rename gives all resources names of their own, in the account of the stack.
func rename(s Stack, suffix string) {
	for _, r := range s.Resources {
		switch r := r.(type) {
		case *resource.Role:
			r.Account, r.Name = s.Account, r.Name+suffix
		case *resource.Key:
			r.Account, r.Alias = s.Account, r.Alias+suffix
		case *resource.Bucket:
			r.Account, r.Name = s.Account, r.Name+suffix
			if r.Encryption.KeyARN != "" {
				r.Encryption.KeyARN = "arn:aws:kms:" + s.Region + ":" + s.Account + ":alias/acme" + suffix
			}
			if r.Logging.Bucket != "" {
				r.Logging.Bucket += suffix
			}
		case *resource.LogGroup:
			r.Account, r.Name = s.Account, r.Name+suffix
			r.KeyARN = "arn:aws:kms:" + s.Region + ":" + s.Account + ":alias/acme" + suffix
		}
	}
}

func lookAtKey(t *testing.T, client *kms.Client, arn string) {
	rotation, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: &arn})
	if err != nil || !rotation.KeyRotationEnabled {
		t.Errorf("rotation is %+v, %v: want it on", rotation, err)
	}
}

func lookAtBucket(t *testing.T, client *s3.Client, key, name string) {
	encryption, err := client.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	if got := aws.ToString(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID); got != key {
		t.Errorf("the bucket is encrypted with %q, want %q", got, key)
	}
}

func lookAtLogGroup(t *testing.T, client *cloudwatchlogs.Client, name string) {
	got, err := client.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil || len(got.LogGroups) != 1 {
		t.Fatalf("%+v, %v: want one log group", got, err)
	}
	if days := aws.ToInt32(got.LogGroups[0].RetentionInDays); days != 400 {
		t.Errorf("the log group keeps %d days, want 400", days)
	}
}

func lookAtRole(t *testing.T, client *iam.Client, name, want string) {
	got, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &name, PolicyName: aws.String("write")})
	if err != nil {
		t.Fatal(err)
	}
	text, err := url.QueryUnescape(aws.ToString(got.PolicyDocument))
	if err != nil || !strings.Contains(text, want) {
		t.Errorf("the role's policy is %s, %v: want one with %s", text, err, want)
	}
}

// ask makes a call to CloudFormation. Its signature is one that moto does not look at, but for the service and the region.
func ask(t *testing.T, endpoint, region string, form url.Values) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/"+region+"/cloudformation/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", form.Get("Action"), resp.Status, err, body)
	}
	return body
}
