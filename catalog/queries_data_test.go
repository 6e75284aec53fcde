package catalog_test

// dataCases are those of the questions about data and networks.
func dataCases() map[string][]queryCase {
	object := func(name, params string) row {
		return row{"event_source": "s3.amazonaws.com", "event_name": name, "event_category": "Data", "management_event": false, "read_only": true, "request_parameters": params}
	}
	bucketPolicy := func(statement string) row {
		return row{"event_source": "s3.amazonaws.com", "event_name": "PutBucketPolicy", "request_parameters": `{"bucketName":"b","bucketPolicy":{"Version":"2012-10-17","Statement":[` + statement + `]}}`}
	}
	sg := func(params string) row {
		return row{"event_source": "ec2.amazonaws.com", "event_name": "AuthorizeSecurityGroupIngress", "request_parameters": params}
	}
	return map[string][]queryCase{
		"log-bucket-readers": {{name: "reads, lists and changes of access", params: map[string]string{"bucket": "logs"}, rows: []row{
			event("1", object("GetObject", `{"bucketName":"logs","key":"AWSLogs/1.json.gz"}`)),
			event("2", object("ListObjects", `{"bucketName":"logs"}`)),
			event("3", call("s3", "PutBucketPolicy"), request(`{"bucketName":"logs"}`)),
			event("4", object("CopyObject", `{"bucketName":"other","key":"k","x-amz-copy-source":"logs/AWSLogs/1.json.gz"}`)),
			event("5", object("GetObject", `{"bucketName":"logs","key":"k"}`), failed("AccessDenied")),
			event("no: another bucket", object("GetObject", `{"bucketName":"logs2","key":"k"}`)),
			event("no: a name that begins alike", object("CopyObject", `{"bucketName":"other","key":"k","x-amz-copy-source":"logs2/k"}`)),
			event("no: delivery", object("PutObject", `{"bucketName":"logs","key":"k"}`), service("cloudtrail.amazonaws.com"), row{"read_only": false}),
			event("no: setting read", call("s3", "GetBucketAcl"), request(`{"bucketName":"logs"}`)),
		}, column: "event_id+what+outcome", want: []string{"1+read+succeeded", "2+list+succeeded", "3+access changed+succeeded", "4+read+succeeded", "5+read+failed"}}},
		"bucket-reads-by-principal": {{name: "counted", params: map[string]string{"bucket": "b"}, rows: []row{
			event("1", object("GetObject", `{"bucketName":"b","key":"k1"}`), row{"additional_event_data": `{"bytesTransferredOut":100.0}`}),
			event("2", object("GetObject", `{"bucketName":"b","key":"k2"}`), row{"additional_event_data": `{"bytesTransferredOut":50}`}),
			event("3", object("GetObject", `{"bucketName":"b","key":"k2"}`), failed("AccessDenied")),
			event("4", object("ListObjects", `{"bucketName":"b"}`)),
			event("5", role("web"), object("HeadObject", `{"bucketName":"b","key":"k1"}`)),
			event("no: another bucket", role("other"), object("GetObject", `{"bucketName":"c","key":"k1"}`)),
			event("no: write", role("writer"), object("PutObject", `{"bucketName":"b","key":"k1"}`)),
		}, column: "principal+reads+lists+refused+objects+bytes", want: []string{"arn:aws:iam::111111111111:role/app+2+1+1+2+150", "arn:aws:iam::111111111111:role/web+1+0+0+1+0"}}},
		"security-groups-open-to-world": {{name: "in each shape", rows: []row{
			event("1", sg(`{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`)),
			event("2", sg(`{"groupId":"sg-2","cidrIp":"208.236.235.254/0","fromPort":22,"toPort":22,"ipProtocol":"tcp","ipPermissions":{}}`)),
			event("3", sg(`{"groupId":"sg-3","ipPermissions":{"items":[{"ipProtocol":"-1","ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}}`)),
			event("4", call("ec2", "ModifySecurityGroupRules"), request(`{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-4","SecurityGroupRule":{"SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","FromPort":3389,"ToPort":3389,"IpProtocol":"tcp"},"tag":1}}}`)),
			event("5", sg(`{"groupId":"sg-5","ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"0.0.0.0/1"},{"cidrIp":"128.0.0.0/1"}]}}]}}`)),
			event("no: narrow", sg(`{"groupId":"sg-6","ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"10.0.0.0/16","description":"not 0.0.0.0/0"}]}}]}}`)),
			event("no: refused", sg(`{"groupId":"sg-7","cidrIp":"0.0.0.0/0"}`), failed("Client.UnauthorizedOperation")),
			event("no: what goes out", call("ec2", "AuthorizeSecurityGroupEgress"), request(`{"groupId":"sg-8","cidrIp":"0.0.0.0/0"}`)),
			event("no: closed", call("ec2", "RevokeSecurityGroupIngress"), request(`{"groupId":"sg-9","cidrIp":"0.0.0.0/0"}`)),
		}, column: "event_id+security_group+from_port", want: []string{"1+sg-1+22", "2+sg-2+22", "3+sg-3+NULL", "4+sg-4+3389", "5+sg-5+NULL"}}},
		"public-s3-buckets": {{name: "each way", rows: []row{
			event("1", bucketPolicy(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`)),
			event("2", bucketPolicy(`{"Sid":"x","Principal":{"AWS":"*"},"Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"v"}},"Effect":"Allow"}`)),
			event("3", call("s3", "PutBucketAcl"), request(`{"bucketName":"b","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]}}}`)),
			event("4", call("s3", "PutBucketAcl"), request(`{"bucketName":"b","x-amz-acl":["public-read"]}`)),
			event("5", call("s3", "DeleteBucketPublicAccessBlock"), request(`{"bucketName":"b"}`)),
			event("6", call("s3", "PutBucketPublicAccessBlock"), request(`{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":false}}`)),
			event("7", call("s3", "PutBucketWebsite"), request(`{"bucketName":"b"}`)),
			event("no: deny for everybody", bucketPolicy(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"}}`)),
			event("no: private", call("s3", "PutBucketAcl"), request(`{"bucketName":"b","x-amz-acl":["private"]}`)),
			event("no: block put", call("s3", "PutBucketPublicAccessBlock"), request(`{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true}}`)),
			event("no: failed", call("s3", "DeleteBucketPublicAccessBlock"), failed("AccessDenied")),
		}, column: "event_id+how", want: []string{"1+policy for everybody", "2+policy for everybody, perhaps under a condition", "3+ACL for everybody", "4+ACL for everybody",
			"5+public access block taken away", "6+public access block weakened", "7+website"}}},
		"snapshot-and-ami-sharing": {{name: "shared", rows: []row{
			event("1", call("ec2", "ModifySnapshotAttribute"), request(`{"snapshotId":"snap-1","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"999999999999"}]}}}`)),
			event("2", call("ec2", "ModifyImageAttribute"), request(`{"imageId":"ami-1","launchPermission":{"add":{"items":[{"group":"all"}]}}}`)),
			event("3", call("rds", "ModifyDBSnapshotAttribute"), request(`{"dBSnapshotIdentifier":"db-1","attributeName":"restore","valuesToAdd":["all"]}`)),
			event("4", call("ec2", "DisableSnapshotBlockPublicAccess")),
			event("no: taken back", call("ec2", "ModifySnapshotAttribute"), request(`{"snapshotId":"snap-1","createVolumePermission":{"remove":{"items":[{"userId":"999999999999"}]}}}`)),
			event("no: taken back of RDS", call("rds", "ModifyDBSnapshotAttribute"), request(`{"dBSnapshotIdentifier":"db-1","valuesToRemove":["all"]}`)),
			event("no: description", call("ec2", "ModifyImageAttribute"), request(`{"imageId":"ami-1","description":{"value":"x"}}`)),
		}, column: "event_id+resource+shared_with", want: []string{"1+snap-1+999999999999", "2+ami-1+everybody", "3+db-1+everybody", "4+NULL+everybody, from now on possible"}}},
		"secrets-and-parameters-read": {{name: "in clear", rows: []row{
			event("1", call("secretsmanager", "GetSecretValue"), request(`{"secretId":"db"}`), row{"read_only": true}),
			event("2", call("secretsmanager", "GetSecretValue"), request(`{"secretId":"db"}`), failed("AccessDenied")),
			event("3", call("ssm", "GetParameters"), request(`{"names":["/a","/b"],"withDecryption":true}`)),
			event("no: encrypted", call("ssm", "GetParameter"), request(`{"name":"/c","withDecryption":false}`)),
			event("no: described", call("secretsmanager", "DescribeSecret"), request(`{"secretId":"other"}`)),
		}, column: "secret+reads+refused", want: []string{"db+1+1", `["/a","/b"]+1+0`}}},
		"kms-key-changes": {
			{name: "keys", rows: []row{
				event("1", call("kms", "ScheduleKeyDeletion"), request(`{"keyId":"k","pendingWindowInDays":7}`)),
				event("2", call("kms", "PutKeyPolicy"), request(`{"keyId":"k"}`)),
				event("3", call("kms", "DisableKeyRotation"), request(`{"keyId":"k"}`), failed("AccessDenied")),
				event("no: use", call("kms", "Decrypt"), row{"read_only": true}),
				event("no: grant", call("kms", "CreateGrant"), request(`{"keyId":"k"}`)),
				event("no: another service", call("cloudhsm", "DisableKey")),
			}, column: "event_id+effect+days_to_deletion", want: []string{"1+data may become unreadable+7", "2+access changed+NULL", "3+rotation stopped+NULL"}},
			{name: "grants too", rows: []row{event("1", call("kms", "CreateGrant"))}, params: map[string]string{"include_grants": "true"}, want: []string{"1"}},
		},
		"network-changes": {{name: "kinds", rows: []row{
			event("1", call("ec2", "CreateVpc"), request(`{"cidrBlock":"10.0.0.0/16"}`)),
			event("2", call("ec2", "CreateRoute"), request(`{"routeTableId":"rtb-1"}`)),
			event("3", call("ec2", "AttachInternetGateway"), request(`{"vpcId":"vpc-1"}`)),
			event("4", call("ec2", "ReplaceNetworkAclEntry"), request(`{"networkAclId":"acl-1"}`)),
			event("5", call("ec2", "DeleteFlowLogs")),
			event("6", call("ec2", "ModifyVpcEndpoint")),
			event("7", call("ec2", "AcceptVpcPeeringConnection")),
			event("8", call("ec2", "RevokeSecurityGroupEgress")),
			event("no: said to be a change", call("ec2", "DescribeVpcs")),
			event("no: API Gateway", call("apigateway", "CreateRoute")),
			event("no: read", call("ec2", "DescribeVpcs"), row{"read_only": true}),
			event("no: failed", call("ec2", "CreateVpc"), failed("Client.UnauthorizedOperation")),
			event("no: instance", call("ec2", "ModifyInstanceAttribute")),
		}, column: "event_id+kind", want: []string{"1+network", "2+route", "3+gateway", "4+network ACL", "5+flow logs", "6+endpoint", "7+connection", "8+security group"}}},
	}
}
