package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/trailseal/trailseal/internal/object"
)

// fault is an error of AWS in our words. The SDK's own error is not kept in it: its text and fields may hold URLs and
// request headers.
type fault struct {
	what   string // what was being done
	detail string
	code   string  // AWS's error code, if it gave one
	words  []error // of package object, context or io
}

func (f *fault) Error() string {
	text := f.what
	if len(f.words) > 0 {
		text += ": " + f.words[0].Error()
	}
	if f.detail != "" {
		text += ": " + f.detail
	}
	return text
}

func (f *fault) Unwrap() []error { return f.words }

// wordOf maps the error codes of S3, STS, KMS (through S3 or SQS), SQS and CloudTrail. What is not here is worth another try.
var wordOf = map[string]error{
	"NoSuchKey":                           object.ErrNotFound,
	"KeyTooLongError":                     object.ErrNotFound, // no object has such a key
	"TrailNotFoundException":              object.ErrNotFound,
	"InvalidTrailNameException":           object.ErrNotFound,
	"CloudTrailARNInvalidException":       object.ErrNotFound,
	"NoSuchBucket":                        object.ErrNoSource,
	"InvalidBucketName":                   object.ErrNoSource,
	"AccessDenied":                        object.ErrDenied,
	"AccessDeniedException":               object.ErrDenied,
	"AllAccessDisabled":                   object.ErrDenied,
	"AccountProblem":                      object.ErrDenied,
	"Forbidden":                           object.ErrDenied, // the code that stands for 403 where there is no body
	"UnauthorizedAccess":                  object.ErrDenied,
	"UnauthorizedOperation":               object.ErrDenied,
	"NotSignedUp":                         object.ErrDenied,
	"OptInRequired":                       object.ErrDenied,
	"KMS.DisabledException":               object.ErrDenied,
	"KMS.NotFoundException":               object.ErrDenied,
	"KMS.KMSInvalidStateException":        object.ErrDenied,
	"KMS.InvalidStateException":           object.ErrDenied,
	"InvalidObjectState":                  object.ErrArchived,
	"AuthFailure":                         object.ErrCredentials,
	"CredentialsNotSupported":             object.ErrCredentials,
	"ExpiredToken":                        object.ErrCredentials,
	"ExpiredTokenException":               object.ErrCredentials,
	"IncompleteSignature":                 object.ErrCredentials,
	"IncompleteSignatureException":        object.ErrCredentials,
	"InvalidAccessKeyId":                  object.ErrCredentials,
	"InvalidClientTokenId":                object.ErrCredentials,
	"InvalidSecurity":                     object.ErrCredentials,
	"InvalidSignatureException":           object.ErrCredentials,
	"InvalidToken":                        object.ErrCredentials,
	"MissingAuthenticationToken":          object.ErrCredentials,
	"MissingAuthenticationTokenException": object.ErrCredentials,
	"MissingSecurityHeader":               object.ErrCredentials,
	"RequestExpired":                      object.ErrCredentials,
	"RequestTimeTooSkewed":                object.ErrCredentials, // the clock of this machine is wrong
	"SignatureDoesNotMatch":               object.ErrCredentials,
	"TokenRefreshRequired":                object.ErrCredentials,
	"UnrecognizedClientException":         object.ErrCredentials,

	// SQS, whose codes come in the protocol of old, and without it.
	"AWS.SimpleQueueService.NonExistentQueue": object.ErrNotFound,
	"QueueDoesNotExist":                       object.ErrNotFound,
	"InvalidAddress":                          object.ErrNotFound,
	"KMS.AccessDeniedException":               object.ErrDenied,
	"KmsAccessDenied":                         object.ErrDenied,
	"KmsDisabled":                             object.ErrDenied,
	"KmsInvalidState":                         object.ErrDenied,
	"KmsNotFound":                             object.ErrDenied,
}

// classify makes a fault of an error of the SDK. what says what was being done.
func classify(ctx context.Context, what string, err error) error {
	f := &fault{what: what}
	if ctx.Err() != nil {
		f.words = []error{ctx.Err()}
		return f
	}
	var status int
	var request string
	if response := (*awshttp.ResponseError)(nil); errors.As(err, &response) {
		status, request = response.HTTPStatusCode(), response.ServiceRequestID()
	}
	var api smithy.APIError
	isAPI := errors.As(err, &api)
	var word error
	if isAPI {
		f.code = api.ErrorCode()
		word = wordOf[f.code]
	}
	if word == nil && status == http.StatusForbidden {
		word = object.ErrDenied
	}
	// The SDK has no error type for "there are no credentials"; a role that could not be assumed shows here too.
	if strings.Contains(err.Error(), "get identity: ") && !(isAPI && word == nil) {
		word = object.ErrCredentials
	}
	switch {
	case word != nil:
		f.words = []error{word}
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.words = []error{io.ErrUnexpectedEOF}
	}
	f.detail = detail(err, api, isAPI && word == object.ErrCredentials)
	if !isAPI && word == object.ErrCredentials {
		f.detail = short(f.detail)
	}
	if status != 0 {
		f.detail += fmt.Sprintf(" (HTTP %d, request %q)", status, request)
	}
	return f
}

// short is the beginning of a message, in one line: the SDK tells of every place it looked for credentials.
func short(text string) string {
	const most = 160
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// detail is the message. AWS's own text is left out where it speaks of credentials: it may quote the request.
func detail(err error, api smithy.APIError, codeOnly bool) string {
	var at *url.Error
	switch {
	case api != nil && codeOnly:
		return api.ErrorCode()
	case api != nil:
		return strings.TrimSuffix(api.ErrorCode()+": "+redact(api.ErrorMessage()), ": ")
	case errors.As(err, &at):
		return redact(at.Err.Error())
	}
	return redact(err.Error())
}

var secrets = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}`), "$1…"},
	{regexp.MustCompile(`(?i)((?:X-Amz-)?(?:Signature|Credential|Security-?Token|AWSAccessKeyId|SecretAccessKey|SessionToken))(["']?\s*[=:]\s*["']?)[^\s&,"'<>]+`), "$1$2…"},
	{regexp.MustCompile(`://[^/@\s]+@`), "://…@"},
}

// redact blots out whatever looks like a credential or a signature.
func redact(text string) string {
	for _, s := range secrets {
		text = s.pattern.ReplaceAllString(text, s.with)
	}
	return text
}

// code is AWS's code in an error of this package, "" if it has none.
func code(err error) string {
	if f := (*fault)(nil); errors.As(err, &f) {
		return f.code
	}
	return ""
}

// Classify makes an error in our words of an error of the SDK: see package object for those, to which errors.Is answers.
// what says what was being done. Nothing of the request is in it.
func Classify(ctx context.Context, what string, err error) error { return classify(ctx, what, err) }

// Code is AWS's code in an error that Classify made, "" if it has none.
func Code(err error) string { return code(err) }
