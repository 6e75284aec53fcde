package ddl

import (
	"errors"
	"fmt"
	"strings"
)

// field is a member of a record of CloudTrail. Names are spelled as CloudTrail does; Athena knows them in lower case.
type field struct {
	name    string
	kind    kind
	members []field
}

type kind byte

const (
	text    kind = iota // a string; a number, true or false, or (where AWS says so) an object in its JSON
	object              // a structure of members
	objects             // a list of such
	words               // a map of strings
)

// record is what Athena is told of a record: what AWS documents in
// https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html, and further members that are strings, or
// structures of strings. AWS's reader turns no other object into a string, so eventContext is not here; insightDetails,
// timeWindow and summary stand in other files.
func record() []field {
	return []field{
		{name: "eventVersion"},
		{name: "userIdentity", kind: object, members: []field{
			{name: "type"}, {name: "principalId"}, {name: "arn"}, {name: "accountId"}, {name: "invokedBy"}, {name: "accessKeyId"},
			{name: "userName"}, {name: "identityProvider"}, {name: "credentialId"},
			{name: "onBehalfOf", kind: object, members: []field{{name: "userId"}, {name: "identityStoreArn"}}},
			{name: "inScopeOf", kind: object, members: []field{
				{name: "sourceArn"}, {name: "sourceAccount"}, {name: "issuerType"}, {name: "credentialsIssuedTo"}}},
			{name: "invokedByDelegate", kind: object, members: []field{{name: "accountId"}}},
			{name: "sessionContext", kind: object, members: []field{
				{name: "attributes", kind: object, members: []field{{name: "mfaAuthenticated"}, {name: "creationDate"}}},
				{name: "sessionIssuer", kind: object, members: []field{
					{name: "type"}, {name: "principalId"}, {name: "arn"}, {name: "accountId"}, {name: "userName"}}},
				{name: "ec2RoleDelivery"}, {name: "sourceIdentity"}, {name: "assumedRoot"},
				{name: "webIdFederationData", kind: object, members: []field{{name: "federatedProvider"}, {name: "attributes", kind: words}}},
			}},
		}},
		{name: "eventTime"}, {name: "eventSource"}, {name: "eventName"}, {name: "awsRegion"}, {name: "sourceIPAddress"}, {name: "userAgent"},
		{name: "errorCode"}, {name: "errorMessage"}, {name: "requestParameters"}, {name: "responseElements"}, {name: "additionalEventData"},
		{name: "requestID"}, {name: "eventID"}, {name: "readOnly"},
		{name: "resources", kind: objects, members: []field{{name: "ARN"}, {name: "accountId"}, {name: "type"}}},
		{name: "eventType"}, {name: "apiVersion"}, {name: "managementEvent"}, {name: "recipientAccountId"}, {name: "serviceEventDetails"},
		{name: "sharedEventID"}, {name: "vpcEndpointId"}, {name: "vpcEndpointAccountId"}, {name: "eventCategory"},
		{name: "addendum", kind: object, members: []field{
			{name: "reason"}, {name: "updatedFields"}, {name: "originalRequestID"}, {name: "originalEventID"}}},
		{name: "sessionCredentialFromConsole"}, {name: "edgeDeviceDetails"},
		{name: "tlsDetails", kind: object, members: []field{{name: "tlsVersion"}, {name: "cipherSuite"}, {name: "clientProvidedHostHeader"}, {name: "keyExchange"}}},
	}
}

// hive is the type of a field in Hive's words.
func (f field) hive() string {
	var members []string
	for _, m := range f.members {
		members = append(members, strings.ToLower(m.name)+":"+m.hive())
	}
	structure := "STRUCT<" + strings.Join(members, ",") + ">"
	switch f.kind {
	case object:
		return structure
	case objects:
		return "ARRAY<" + structure + ">"
	case words:
		return "MAP<STRING,STRING>"
	}
	return "STRING"
}

// RawTable is the table of AWS's own log files, for Athena: …/AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/.
// Its partitions are account, region and date as the keys of the files have them: date, YYYY/MM/DD, is the day on which
// a file was delivered, which may be after that of its events. It shows whatever lies there, proven or not, and an
// event as often as it was delivered.
func RawTable(o Options) (string, error) {
	o, err := o.complete("cloudtrail")
	from, fromErr := o.since("2006/01/02")
	if err := errors.Join(err, fromErr); err != nil {
		return "", fmt.Errorf("describe log files to Athena: %w", err)
	}
	var columns []string
	for _, f := range record() {
		columns = append(columns, "  `"+strings.ToLower(f.name)+"` "+f.hive())
	}
	folders := []string{"AWSLogs"}
	if o.Organization != "" {
		folders = append(folders, o.Organization)
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "CREATE EXTERNAL TABLE `%s`.`%s` (\n%s\n)\n", o.Database, o.Table, strings.Join(columns, ",\n"))
	b.WriteString(partitionedBy())
	fmt.Fprintf(b, `ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '%s'
`, o.location(folders...))
	o.project(b, "yyyy/MM/dd", from, o.location(append(folders, "${account}", "CloudTrail", "${region}", "${date}")...))
	return bounded(b.String())
}
