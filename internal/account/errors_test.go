package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// said is an error of AWS, as the SDK tells it.
func said(status int, kind, code, message string) error {
	header := http.Header{"Content-Type": {kind}}
	return &awshttp.ResponseError{RequestID: "r", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: header}},
		Err:      &smithy.GenericAPIError{Code: code, Message: message}}}
}

var words = []error{resource.ErrNotYet, resource.ErrTaken, resource.ErrRefused, resource.ErrUnsupported,
	object.ErrDenied, object.ErrCredentials, object.ErrNotFound, object.ErrNoSource}

func TestFaultsHaveTheWordThatFits(t *testing.T) {
	const json, html = "application/x-amz-json-1.1", "text/html; charset=utf-8"
	for _, c := range []struct {
		name string
		err  error
		want error // nil: no word
	}{
		{"a bucket policy is not seen yet", said(400, json, "InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy"), resource.ErrNotYet},
		{"a key policy is not seen yet", said(403, json, "InsufficientEncryptionPolicyException", "Insufficient permissions to access S3 bucket or KMS key"), resource.ErrNotYet},
		{"a role is not seen yet", said(400, json, "InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role."), resource.ErrNotYet},
		{"IAM does not know a new principal", said(400, "text/xml", "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::1:role/r"`), resource.ErrNotYet},
		{"KMS does not", said(400, json, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."), resource.ErrNotYet},
		{"S3 does not", said(400, "application/xml", "MalformedPolicy", "Invalid principal in policy"), resource.ErrNotYet},
		{"versioning is not seen yet", said(409, "application/xml", "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"), resource.ErrNotYet},
		{"MFA delete excludes a lifecycle", said(409, "application/xml", "InvalidBucketState", "Mfa Authentication is not supported on a bucket with lifecycle configuration"), resource.ErrRefused},
		{"a policy is malformed", said(400, "application/xml", "MalformedPolicy", "Action does not apply to any resource(s) in statement"), resource.ErrRefused},
		{"a bucket's name is taken", said(409, "application/xml", "BucketAlreadyExists", "The requested bucket name is not available."), resource.ErrTaken},
		{"a parameter is wrong", said(400, json, "InvalidParameterCombinationException", "Multi-Region trail must include global service events."), resource.ErrRefused},
		{"the management account is another", said(400, json, "NotOrganizationMasterAccountException", "no"), resource.ErrRefused},
		{"the call is not known", said(400, json, "UnknownOperationException", ""), resource.ErrUnsupported},
		{"a page for people", said(500, html, "", ""), resource.ErrUnsupported},
		{"a page for people, of what is not there", said(404, html, "", ""), resource.ErrUnsupported},
		{"a page for people, while busy", said(503, html, "", ""), nil},
		{"the service has no name there", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, resource.ErrUnsupported},
		{"a name server that does not answer", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "timeout", IsTimeout: true}}, nil},
		{"the caller may not", said(403, json, "AccessDeniedException", "User is not authorized"), object.ErrDenied},
		{"the credentials are no good", said(400, json, "InvalidClientTokenId", "The security token included in the request is invalid"), object.ErrCredentials},
		{"the credentials are old", said(400, json, "ExpiredTokenException", "expired"), object.ErrCredentials},
		{"AWS is broken", said(500, json, "InternalFailure", ""), nil},
		{"too many calls", said(400, json, "ThrottlingException", "Rate exceeded"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := fault(t.Context(), "do it", c.err)
			for _, word := range words {
				if errors.Is(got, word) != (word == c.want) {
					t.Errorf("%v: is %q: %t", got, word, errors.Is(got, word))
				}
			}
			if !strings.HasPrefix(got.Error(), "do it: ") {
				t.Errorf("%v does not say what was done", got)
			}
		})
	}
}

func TestFaultOfNothingIsNone(t *testing.T) {
	if err := fault(t.Context(), "do it", nil); err != nil {
		t.Error(err)
	}
	if err := unseen(t.Context(), "do it", nil); err != nil {
		t.Error(err)
	}
}

func TestFaultOfAnEndedContextIsThat(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := fault(ctx, "do it", said(400, "", "InsufficientS3BucketPolicyException", ""))
	if !errors.Is(err, context.Canceled) || errors.Is(err, resource.ErrNotYet) {
		t.Error(err)
	}
}

func TestFaultsHoldNoCredential(t *testing.T) {
	err := fault(t.Context(), "do it", said(400, "", "InvalidParameter", "https://u:p4ss@host/?X-Amz-Signature=abcdef&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/x"))
	for _, secret := range []string{"p4ss", "abcdef", "IOSFODNN7"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
}

func TestUnseenIsForWhatWasMadeAMomentAgo(t *testing.T) {
	for _, code := range []string{"NoSuchBucket", "NoSuchEntity", "NotFoundException", "TrailNotFoundException", "ResourceNotFoundException"} {
		err := unseen(t.Context(), "do it", said(404, "application/xml", code, ""))
		if !errors.Is(err, resource.ErrNotYet) || errors.Is(err, object.ErrNotFound) || errors.Is(err, object.ErrNoSource) {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := unseen(t.Context(), "do it", said(403, "", "AccessDenied", "")); errors.Is(err, resource.ErrNotYet) || !errors.Is(err, object.ErrDenied) {
		t.Error(err)
	}
}

// TestCallsThatMotoDoesNotKnow: in each of the protocols.
func TestCallsThatMotoDoesNotKnow(t *testing.T) {
	a, _, _ := onMoto(t)
	cfg := a.session.Config()
	ctx := t.Context()
	_, jsonErr := cloudtrail.NewFromConfig(cfg).LookupEvents(ctx, &cloudtrail.LookupEventsInput{})
	_, queryErr := iam.NewFromConfig(cfg).SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: new(string), ActionNames: []string{"s3:GetObject"}})
	_, restErr := chatbot.NewFromConfig(cfg).ListMicrosoftTeamsConfiguredTeams(ctx, &chatbot.ListMicrosoftTeamsConfiguredTeamsInput{})
	for name, err := range map[string]error{"JSON": jsonErr, "query": queryErr, "REST": restErr} {
		if told := fault(ctx, "ask", err); !errors.Is(told, resource.ErrUnsupported) {
			t.Errorf("%s: %v", name, told)
		}
	}
}

// TestLostAnswersAreMadeUpFor: where AWS did what it was told and its answer was lost, the same call again is all that it takes.
func TestLostAnswersAreMadeUpFor(t *testing.T) {
	a, w, trail := onTrail(t)
	account := trail.Account
	bucket := &resource.Bucket{Account: account, Region: "eu-west-1", Name: bucketName(account, "lost"), Ownership: "BucketOwnerEnforced"}
	for _, c := range []struct {
		operation string
		to        resource.Resource
	}{
		{"CreateBucket", bucket}, {"CreateTrail", trail}, {"CreateKey", keyOf(account)}, {"CreateAlias", keyOf(account)},
		{"CreateRole", &resource.Role{Account: account, Name: "r", Trust: trust("config.amazonaws.com")}},
		{"CreateServiceLinkedRole", &resource.Role{Account: account, Name: "AWSServiceRoleForConfig", ServiceLinkedTo: "config.amazonaws.com"}},
	} {
		t.Run(c.operation, func(t *testing.T) {
			lost := false
			w.proxy.Fail(func(call awstest.Call) *awstest.Fault {
				if call.Operation != c.operation || lost {
					return nil
				}
				lost = true
				return &awstest.Fault{Status: 500, Code: "InternalFailure", After: true}
			})
			edit := resource.Edit{Step: resource.Create, To: c.to}
			if c.operation == "CreateAlias" { // its key is there by now
				edit.To = with(keyOf(account), func(k *resource.Key) { k.Alias, k.Description = "alias/second", "second" })
			}
			if err := a.Do(t.Context(), edit); err == nil || !lost {
				t.Fatalf("the answer was not lost: %v", err)
			}
			if err := a.Do(t.Context(), edit); err != nil {
				t.Fatal(err)
			}
			if r := a.mustRead(t, edit.To.ID()); r == nil {
				t.Error("it is not there")
			}
		})
	}
}

func ExampleAccount_errors() {
	err := fault(context.Background(), `create trail "acme"`, said(400, "", "InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected"))
	fmt.Println(err)
	// Output: create trail "acme": InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected (HTTP 400, request "r"): AWS does not see what it needs yet
}
