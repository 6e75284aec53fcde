package event

// Type is the type of a column.
type Type byte

// The types of column. Every column may be NULL.
const (
	String    Type = iota + 1
	JSON           // a string that holds the JSON value byte for byte as it was received
	Bool           // true or false
	Timestamp      // microseconds since 1970, UTC
	Int            // 32 bits
)

// Column is one column of the lake's events. Its position in Columns, from 1, is its Parquet field id, so the order is
// for ever: new columns go to the end.
type Column struct {
	Name string // AWS's name in snake_case
	Path string // of the record's member, as in userIdentity.sessionContext.sourceIdentity; empty for what Trailseal adds
	Type Type
	// Dictionary: few values, often repeated.
	Dictionary bool
	// Bounds: a reader profits from the least and the greatest value.
	Bounds bool
	Doc    string
}

// The numbers of columns, for code that needs one: the position in Columns.
const (
	EventTime = iota
	EventVersion
	EventSource
	EventName
	AWSRegion
	SourceIPAddress
	UserAgent
	ErrorCode
	ErrorMessage
	RequestID
	EventID
	EventType
	APIVersion
	ReadOnly
	ManagementEvent
	RecipientAccountID
	SharedEventID
	VPCEndpointID
	VPCEndpointAccountID
	EventCategory
	SessionCredentialFromConsole
	UserIdentityType
	UserIdentityPrincipalID
	UserIdentityARN
	UserIdentityAccountID
	UserIdentityAccessKeyID
	UserIdentityUserName
	UserIdentityInvokedBy
	UserIdentityIdentityProvider
	UserIdentityCredentialID
	OnBehalfOfUserID
	OnBehalfOfIdentityStoreARN
	InScopeOfSourceARN
	InScopeOfSourceAccount
	InScopeOfIssuerType
	InScopeOfCredentialsIssuedTo
	InvokedByDelegateAccountID
	SessionIssuerType
	SessionIssuerPrincipalID
	SessionIssuerARN
	SessionIssuerAccountID
	SessionIssuerUserName
	SessionCreationDate
	SessionMFAAuthenticated
	SessionFederatedProvider
	SessionWebIDAttributes
	SessionEC2RoleDelivery
	SessionSourceIdentity
	SessionAssumedRoot
	TLSVersion
	TLSCipherSuite
	TLSClientProvidedHostHeader
	TLSKeyExchange
	RequestParameters
	ResponseElements
	AdditionalEventData
	ServiceEventDetails
	Resources
	Addendum
	InsightDetails
	EdgeDeviceDetails
	EventContext
	TimeWindow
	Summary
	Principal
	Raw
	RawReason
	Account
	Region
	Date
	LogFile
	LogSHA256
	LogRecord
	LogState
	DigestFile
	OtherOrigins
	columnCount
)

// Columns are all columns of the lake's events, in order. Since 1.0 of eventVersion up to 1.11; sources:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html and
// …/cloudtrail-event-reference-user-identity.html.
var Columns = [columnCount]Column{
	EventTime:                    {Name: "event_time", Path: "eventTime", Type: Timestamp, Bounds: true, Doc: "when the request was completed, UTC"},
	EventVersion:                 {Name: "event_version", Path: "eventVersion", Type: String, Dictionary: true, Doc: "version of the record's format, MAJOR.MINOR"},
	EventSource:                  {Name: "event_source", Path: "eventSource", Type: String, Dictionary: true, Bounds: true, Doc: "the service, as in s3.amazonaws.com"},
	EventName:                    {Name: "event_name", Path: "eventName", Type: String, Dictionary: true, Bounds: true, Doc: "the action"},
	AWSRegion:                    {Name: "aws_region", Path: "awsRegion", Type: String, Dictionary: true, Doc: "the region that the request was made to"},
	SourceIPAddress:              {Name: "source_ip_address", Path: "sourceIPAddress", Type: String, Dictionary: true, Bounds: true, Doc: "an address, a service's host name, or \"AWS Internal\""},
	UserAgent:                    {Name: "user_agent", Path: "userAgent", Type: String, Dictionary: true, Doc: "the caller's agent, cut by AWS at 1 KB"},
	ErrorCode:                    {Name: "error_code", Path: "errorCode", Type: String, Dictionary: true, Bounds: true, Doc: "of a request that failed"},
	ErrorMessage:                 {Name: "error_message", Path: "errorMessage", Type: String, Dictionary: true, Doc: "of a request that failed"},
	RequestID:                    {Name: "request_id", Path: "requestID", Type: String, Doc: "given by the service"},
	EventID:                      {Name: "event_id", Path: "eventID", Type: String, Doc: "given by CloudTrail, unique (eventId in aggregated events)"},
	EventType:                    {Name: "event_type", Path: "eventType", Type: String, Dictionary: true, Doc: "AwsApiCall, AwsServiceEvent, AwsConsoleAction, AwsConsoleSignIn, AwsVpceEvents, AwsCloudTrailInsight"},
	APIVersion:                   {Name: "api_version", Path: "apiVersion", Type: String, Dictionary: true, Doc: "of the service's API"},
	ReadOnly:                     {Name: "read_only", Path: "readOnly", Type: Bool, Doc: "NULL where the record does not say: take it for a change"},
	ManagementEvent:              {Name: "management_event", Path: "managementEvent", Type: Bool, Doc: "whether it is a management event"},
	RecipientAccountID:           {Name: "recipient_account_id", Path: "recipientAccountId", Type: String, Dictionary: true, Doc: "the account that received the event"},
	SharedEventID:                {Name: "shared_event_id", Path: "sharedEventID", Type: String, Doc: "the same in the records of one action in several accounts"},
	VPCEndpointID:                {Name: "vpc_endpoint_id", Path: "vpcEndpointId", Type: String, Dictionary: true, Doc: "the VPC endpoint of the request"},
	VPCEndpointAccountID:         {Name: "vpc_endpoint_account_id", Path: "vpcEndpointAccountId", Type: String, Dictionary: true, Doc: "whose endpoint it is"},
	EventCategory:                {Name: "event_category", Path: "eventCategory", Type: String, Dictionary: true, Doc: "Management, Data, NetworkActivity, Insight or Aggregated"},
	SessionCredentialFromConsole: {Name: "session_credential_from_console", Path: "sessionCredentialFromConsole", Type: String, Dictionary: true, Doc: "\"true\" where the credentials come from a console session"},

	UserIdentityType:             {Name: "user_identity_type", Path: "userIdentity.type", Type: String, Dictionary: true, Bounds: true, Doc: "Root, IAMUser, AssumedRole, Role, FederatedUser, Directory, AWSAccount, AWSService, IdentityCenterUser, SAMLUser, WebIdentityUser, Unknown"},
	UserIdentityPrincipalID:      {Name: "user_identity_principal_id", Path: "userIdentity.principalId", Type: String, Dictionary: true, Doc: "unique id of who made the request"},
	UserIdentityARN:              {Name: "user_identity_arn", Path: "userIdentity.arn", Type: String, Dictionary: true, Bounds: true, Doc: "ARN of who made the request, with the session's name"},
	UserIdentityAccountID:        {Name: "user_identity_account_id", Path: "userIdentity.accountId", Type: String, Dictionary: true, Doc: "whose account it is"},
	UserIdentityAccessKeyID:      {Name: "user_identity_access_key_id", Path: "userIdentity.accessKeyId", Type: String, Dictionary: true, Bounds: true, Doc: "that signed the request; may be empty"},
	UserIdentityUserName:         {Name: "user_identity_user_name", Path: "userIdentity.userName", Type: String, Dictionary: true, Doc: "friendly name"},
	UserIdentityInvokedBy:        {Name: "user_identity_invoked_by", Path: "userIdentity.invokedBy", Type: String, Dictionary: true, Doc: "the service that made the request for somebody"},
	UserIdentityIdentityProvider: {Name: "user_identity_identity_provider", Path: "userIdentity.identityProvider", Type: String, Dictionary: true, Doc: "of a SAMLUser or WebIdentityUser"},
	UserIdentityCredentialID:     {Name: "user_identity_credential_id", Path: "userIdentity.credentialId", Type: String, Dictionary: true, Doc: "of a bearer token"},

	OnBehalfOfUserID:             {Name: "on_behalf_of_user_id", Path: "userIdentity.onBehalfOf.userId", Type: String, Dictionary: true, Doc: "IAM Identity Center user"},
	OnBehalfOfIdentityStoreARN:   {Name: "on_behalf_of_identity_store_arn", Path: "userIdentity.onBehalfOf.identityStoreArn", Type: String, Dictionary: true, Doc: "where that user is"},
	InScopeOfSourceARN:           {Name: "in_scope_of_source_arn", Path: "userIdentity.inScopeOf.sourceArn", Type: String, Dictionary: true, Doc: "resource that a service acted for"},
	InScopeOfSourceAccount:       {Name: "in_scope_of_source_account", Path: "userIdentity.inScopeOf.sourceAccount", Type: String, Dictionary: true, Doc: "account that a service acted for"},
	InScopeOfIssuerType:          {Name: "in_scope_of_issuer_type", Path: "userIdentity.inScopeOf.issuerType", Type: String, Dictionary: true, Doc: "what the credentials were issued to, as in AWS::Lambda::Function"},
	InScopeOfCredentialsIssuedTo: {Name: "in_scope_of_credentials_issued_to", Path: "userIdentity.inScopeOf.credentialsIssuedTo", Type: String, Dictionary: true, Doc: "resource that the credentials were issued to"},
	InvokedByDelegateAccountID:   {Name: "invoked_by_delegate_account_id", Path: "userIdentity.invokedByDelegate.accountId", Type: String, Dictionary: true, Doc: "of a product that acts by delegation"},

	SessionIssuerType:        {Name: "session_issuer_type", Path: "userIdentity.sessionContext.sessionIssuer.type", Type: String, Dictionary: true, Doc: "Root, IAMUser or Role"},
	SessionIssuerPrincipalID: {Name: "session_issuer_principal_id", Path: "userIdentity.sessionContext.sessionIssuer.principalId", Type: String, Dictionary: true, Doc: "unique id of the role or user"},
	SessionIssuerARN:         {Name: "session_issuer_arn", Path: "userIdentity.sessionContext.sessionIssuer.arn", Type: String, Dictionary: true, Bounds: true, Doc: "the role or user that the session's credentials come from"},
	SessionIssuerAccountID:   {Name: "session_issuer_account_id", Path: "userIdentity.sessionContext.sessionIssuer.accountId", Type: String, Dictionary: true, Doc: "account of the role or user"},
	SessionIssuerUserName:    {Name: "session_issuer_user_name", Path: "userIdentity.sessionContext.sessionIssuer.userName", Type: String, Dictionary: true, Doc: "name of the role or user"},
	SessionCreationDate:      {Name: "session_creation_date", Path: "userIdentity.sessionContext.attributes.creationDate", Type: String, Dictionary: true, Doc: "when the session's credentials were issued, as received"},
	SessionMFAAuthenticated:  {Name: "session_mfa_authenticated", Path: "userIdentity.sessionContext.attributes.mfaAuthenticated", Type: String, Dictionary: true, Doc: "\"true\" or \"false\""},
	SessionFederatedProvider: {Name: "session_federated_provider", Path: "userIdentity.sessionContext.webIdFederationData.federatedProvider", Type: String, Dictionary: true, Doc: "of web identity federation"},
	SessionWebIDAttributes:   {Name: "session_web_id_attributes", Path: "userIdentity.sessionContext.webIdFederationData.attributes", Type: JSON, Dictionary: true, Doc: "of web identity federation"},
	SessionEC2RoleDelivery:   {Name: "session_ec2_role_delivery", Path: "userIdentity.sessionContext.ec2RoleDelivery", Type: String, Dictionary: true, Doc: "\"1.0\" or \"2.0\": version of the instance metadata service"},
	SessionSourceIdentity:    {Name: "session_source_identity", Path: "userIdentity.sessionContext.sourceIdentity", Type: String, Dictionary: true, Doc: "who is behind the session, kept through role chains"},
	SessionAssumedRoot:       {Name: "session_assumed_root", Path: "userIdentity.sessionContext.assumedRoot", Type: String, Dictionary: true, Doc: "\"true\" for a session of AssumeRoot"},

	TLSVersion:                  {Name: "tls_version", Path: "tlsDetails.tlsVersion", Type: String, Dictionary: true, Doc: "of the request"},
	TLSCipherSuite:              {Name: "tls_cipher_suite", Path: "tlsDetails.cipherSuite", Type: String, Dictionary: true, Doc: "of the request"},
	TLSClientProvidedHostHeader: {Name: "tls_client_provided_host_header", Path: "tlsDetails.clientProvidedHostHeader", Type: String, Dictionary: true, Doc: "host that the client named"},

	TLSKeyExchange: {Name: "tls_key_exchange", Path: "tlsDetails.keyExchange", Type: String, Dictionary: true, Doc: "of the request, where the service tells it"},

	RequestParameters:   {Name: "request_parameters", Path: "requestParameters", Type: JSON, Doc: "as received; AWS leaves them out above 100 KB"},
	ResponseElements:    {Name: "response_elements", Path: "responseElements", Type: JSON, Doc: "as received; of changes only"},
	AdditionalEventData: {Name: "additional_event_data", Path: "additionalEventData", Type: JSON, Doc: "as received"},
	ServiceEventDetails: {Name: "service_event_details", Path: "serviceEventDetails", Type: JSON, Dictionary: true, Doc: "as received"},
	Resources:           {Name: "resources", Path: "resources", Type: JSON, Dictionary: true, Doc: "as received: a list of {ARN, accountId, type}"},
	Addendum:            {Name: "addendum", Path: "addendum", Type: JSON, Doc: "as received: why the event is late or was updated"},
	InsightDetails:      {Name: "insight_details", Path: "insightDetails", Type: JSON, Doc: "as received, of Insights events"},
	EdgeDeviceDetails:   {Name: "edge_device_details", Path: "edgeDeviceDetails", Type: JSON, Doc: "as received"},
	EventContext:        {Name: "event_context", Path: "eventContext", Type: JSON, Doc: "as received, of enriched events"},
	TimeWindow:          {Name: "time_window", Path: "timeWindow", Type: JSON, Doc: "as received, of aggregated events"},
	Summary:             {Name: "summary", Path: "summary", Type: JSON, Doc: "as received, of aggregated events"},

	Principal: {Name: "principal", Type: String, Dictionary: true, Bounds: true, Doc: "who acted, without the session's name: the first that is there of session_issuer_arn, user_identity_arn, user_identity_invoked_by, user_identity_principal_id, user_identity_user_name"},
	Raw:       {Name: "raw", Type: String, Doc: "the whole record as received, where the columns do not hold all of it"},
	RawReason: {Name: "raw_reason", Type: String, Dictionary: true, Doc: "why raw is kept: words with commas between, in order of the alphabet"},

	Account: {Name: "account", Type: String, Dictionary: true, Bounds: true, Doc: "partition: recipient_account_id, or else the account of the log file's key; unknown"},
	Region:  {Name: "region", Type: String, Dictionary: true, Bounds: true, Doc: "partition: aws_region, or else the region of the log file's key; unknown"},
	Date:    {Name: "date", Type: String, Dictionary: true, Bounds: true, Doc: "partition: day of event_time, or else of the log file's delivery, YYYY-MM-DD; 1970-01-01 where neither is known"},

	LogFile:      {Name: "log_file", Type: String, Dictionary: true, Doc: "provenance: key of the log file, or path of the file"},
	LogSHA256:    {Name: "log_sha256", Type: String, Dictionary: true, Doc: "provenance: SHA-256 of the uncompressed log file, in hex"},
	LogRecord:    {Name: "log_record", Type: Int, Doc: "provenance: number of the record in its file, from 0"},
	LogState:     {Name: "log_state", Type: String, Dictionary: true, Doc: "verified, pending, unlisted or failed: what the ledger knew of the log file"},
	DigestFile:   {Name: "digest_file", Type: String, Dictionary: true, Doc: "provenance: key of the digest that lists the log file with this SHA-256"},
	OtherOrigins: {Name: "other_origins", Type: JSON, Doc: "further log files that delivered the same event: a list of {log_file, log_sha256, log_record, log_state, digest_file}"},
}
