package account

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// fault makes an error in our words of an error of the SDK: of package resource (ErrNotYet, ErrUnsupported, ErrTaken,
// ErrRefused) where its words fit, else of package object (ErrDenied, ErrCredentials, …), else without a word. what says
// what was being done. Nothing of the request is in it.
func fault(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	told := cloud.Classify(ctx, what, err)
	if ctx.Err() != nil {
		return told
	}
	if word := wordFor(err, told); word != nil {
		return &worded{told, word}
	}
	return told
}

// worded is an error with a word of package resource. It has no other word, whatever its cause says.
type worded struct {
	cause error
	word  error
}

func (w *worded) Error() string { return w.cause.Error() + ": " + w.word.Error() }
func (w *worded) Unwrap() error { return w.word }

// wordOf are the codes that have a word of their own, of all services that setup writes to.
var wordOf = map[string]error{
	// What was written a moment ago is not seen yet, or something else is being written.
	"InsufficientS3BucketPolicyException":                    resource.ErrNotYet, // CloudTrail
	"InsufficientEncryptionPolicyException":                  resource.ErrNotYet,
	"InsufficientSnsTopicPolicyException":                    resource.ErrNotYet,
	"InvalidCloudWatchLogsRoleArnException":                  resource.ErrNotYet,
	"InvalidCloudWatchLogsLogGroupArnException":              resource.ErrNotYet,
	"CloudWatchLogsDeliveryUnavailableException":             resource.ErrNotYet,
	"CloudTrailAccessNotEnabledException":                    resource.ErrNotYet,
	"S3BucketDoesNotExistException":                          resource.ErrNotYet,
	"KmsKeyNotFoundException":                                resource.ErrNotYet,
	"ConflictException":                                      resource.ErrNotYet,
	"OperationAborted":                                       resource.ErrNotYet, // S3
	"InvalidTargetBucketForLogging":                          resource.ErrNotYet,
	"OperationAbortedException":                              resource.ErrNotYet, // CloudWatch Logs
	"ConcurrentModification":                                 resource.ErrNotYet, // IAM
	"ConcurrentModificationException":                        resource.ErrNotYet, // AWS Organizations
	"EntityTemporarilyUnmodifiable":                          resource.ErrNotYet,
	"FinalizingOrganizationException":                        resource.ErrNotYet,
	"InsufficientDeliveryPolicyException":                    resource.ErrNotYet, // AWS Config
	"InvalidRoleException":                                   resource.ErrNotYet,
	"ConcurrentAccess":                                       resource.ErrNotYet, // SNS
	"ConcurrentAccessException":                              resource.ErrNotYet,
	"InvalidDBParameterGroupState":                           resource.ErrNotYet, // RDS
	"InvalidOptionGroupStateFault":                           resource.ErrNotYet,
	"InvalidDBInstanceState":                                 resource.ErrNotYet,
	"InvalidDBClusterStateFault":                             resource.ErrNotYet,
	"BucketAlreadyExists":                                    resource.ErrTaken,
	"InvalidAction":                                          resource.ErrUnsupported, // query
	"NotImplemented":                                         resource.ErrUnsupported, // S3
	"UnknownOperation":                                       resource.ErrUnsupported,
	"UnknownOperationException":                              resource.ErrUnsupported,
	"UnsupportedOperation":                                   resource.ErrUnsupported,
	"UnsupportedOperationException":                          resource.ErrUnsupported,
	"KMSInvalidStateException":                               resource.ErrRefused, // KMS: the key is disabled, or waits for its deletion
	"DisabledException":                                      resource.ErrRefused,
	"KmsKeyDisabledException":                                resource.ErrRefused,
	"KmsException":                                           resource.ErrRefused,
	"MaximumNumberOfTrailsExceededException":                 resource.ErrRefused,
	"TrailAlreadyExistsException":                            resource.ErrRefused,
	"OrganizationNotInAllFeaturesModeException":              resource.ErrRefused,
	"OrganizationsNotInUseException":                         resource.ErrRefused,
	"NotOrganizationMasterAccountException":                  resource.ErrRefused,
	"NotOrganizationManagementAccountException":              resource.ErrRefused,
	"ConstraintViolationException":                           resource.ErrRefused,
	"LimitExceeded":                                          resource.ErrRefused,
	"LimitExceededException":                                 resource.ErrRefused,
	"TooManyBuckets":                                         resource.ErrRefused,
	"IllegalLocationConstraintException":                     resource.ErrRefused,
	"KMSOptInRequired":                                       object.ErrDenied,
	"SubscriptionRequiredException":                          object.ErrDenied,
	"OperationNotPermittedException":                         object.ErrDenied,
	"AuthorizationError":                                     object.ErrDenied,
	"AuthorizationErrorException":                            object.ErrDenied,
	"InsufficientPermissionsException":                       object.ErrDenied,
	"NoManagementAccountSLRExistsException":                  resource.ErrNotYet,
	"InsufficientDependencyServiceAccessPermission":          object.ErrDenied,
	"InsufficientDependencyServiceAccessPermissionException": object.ErrDenied,
	"NoAvailableDeliveryChannelException":                    resource.ErrNotYet, // AWS Config
	"NoAvailableConfigurationRecorderException":              resource.ErrNotYet,
	"NoSuchBucketException":                                  resource.ErrNotYet,
	"ResourceInUseException":                                 resource.ErrNotYet, // AWS Config: a rule that is being evaluated
	"MaxNumberOfConfigurationRecordersExceededException":     resource.ErrTaken,
	"MaxNumberOfDeliveryChannelsExceededException":           resource.ErrTaken,
	"MaxNumberOfConfigRulesExceededException":                resource.ErrRefused,
	"InvalidAccessException":                                 object.ErrDenied,    // Security Hub
	"BadRequestException":                                    resource.ErrRefused, // GuardDuty
	"FilterPolicyLimitExceeded":                              resource.ErrRefused, // SNS
	"SubscriptionLimitExceeded":                              resource.ErrRefused,
	"TopicLimitExceeded":                                     resource.ErrRefused,
	"KMSAccessDenied":                                        resource.ErrNotYet, // SNS: the key's policy is not seen yet
	"KMSDisabled":                                            resource.ErrRefused,
	"DBParameterGroupQuotaExceeded":                          resource.ErrRefused, // RDS
	"OptionGroupQuotaExceededFault":                          resource.ErrRefused,
}

// wordFor is the word of an error, nil if cloud has said all that there is to say.
func wordFor(err, told error) error {
	if unknownCall(err) {
		return resource.ErrUnsupported
	}
	api := code(err)
	if newPrincipal(err) || newVersioning(err) {
		return resource.ErrNotYet
	}
	if word := wordOf[api]; word != nil {
		return word
	}
	if slices.ContainsFunc([]error{object.ErrDenied, object.ErrCredentials, object.ErrNotFound, object.ErrNoSource},
		func(word error) bool { return errors.Is(told, word) }) {
		return nil
	}
	for _, start := range []string{"Invalid", "Malformed", "Validation"} {
		if strings.HasPrefix(api, start) {
			return resource.ErrRefused
		}
	}
	return nil
}

// newPrincipal reports whether a policy names a principal that the service does not see. IAM takes some seconds to tell
// other services of a new role.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency
func newPrincipal(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	text := strings.ToLower(api.ErrorMessage())
	switch api.ErrorCode() {
	case "MalformedPolicy", "MalformedPolicyDocument", "MalformedPolicyDocumentException":
		return strings.Contains(text, "invalid principal")
	case "InvalidParameter", "InvalidParameterException", "PrincipalNotFound": // SNS
		return strings.Contains(text, "principal")
	}
	return false
}

// newVersioning reports whether S3 does not see yet that versioning is on, which Object Lock needs. With the same code it says
// that MFA delete and a lifecycle exclude each other.
func newVersioning(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "InvalidBucketState" && strings.Contains(api.ErrorMessage(), "Versioning must be")
}

// unknownCall reports whether the endpoint does not know the call: it answers with a page for people, or has no name in the
// region. Whether there is a network at all was seen when the caller's identity was asked.
func unknownCall(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return true
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return false
	}
	switch response.HTTPStatusCode() {
	case http.StatusNotImplemented:
		return true
	case http.StatusNotFound, http.StatusInternalServerError:
		return strings.HasPrefix(response.Response.Header.Get("Content-Type"), "text/html")
	}
	return false
}

// code is AWS's code in an error of the SDK, "" if it has none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// is reports whether an error of the SDK has one of the codes.
func is(err error, codes ...string) bool {
	return err != nil && slices.Contains(codes, code(err))
}

// unseen is fault, for a call about something that was made a moment ago: not finding it is then ErrNotYet.
func unseen(ctx context.Context, what string, err error) error {
	told := fault(ctx, what, err)
	if is(err, "NoSuchBucket", "NoSuchEntity", "NotFoundException", "TrailNotFoundException", "ResourceNotFoundException", "NotFound") {
		return &worded{told, resource.ErrNotYet}
	}
	return told
}
