-- title: Changes of permissions
-- question: Which policies of identities and of resources were written, attached or taken away, and by whom?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC8.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = false  -- also attempts without effect
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, kind, event_source, event_name, target, policy, principal, actor, error_code, source_ip_address, request_parameters, event_id

-- Names of calls such as CreatePolicy exist in several services, so each is looked at with its service. Policies of the
-- organization are in organization-changes, who may assume a role in trust-policy-changes.
SELECT event_time, account, region, kind, event_source, event_name, target, policy, principal, actor, error_code, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, event_source, event_name, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id,
    coalesce(json_extract_scalar(request_parameters, '$.userName'), json_extract_scalar(request_parameters, '$.roleName'), json_extract_scalar(request_parameters, '$.groupName'),
      json_extract_scalar(request_parameters, '$.permissionSetArn'), json_extract_scalar(request_parameters, '$.bucketName'), json_extract_scalar(request_parameters, '$.keyId'),
      json_extract_scalar(request_parameters, '$.functionName'), json_extract_scalar(request_parameters, '$.secretId'), json_extract_scalar(request_parameters, '$.queueUrl'),
      json_extract_scalar(request_parameters, '$.topicArn'), json_extract_scalar(request_parameters, '$.repositoryName'), json_extract_scalar(request_parameters, '$.resourceArn')) AS target,
    coalesce(json_extract_scalar(request_parameters, '$.policyArn'), json_extract_scalar(request_parameters, '$.policyName'), json_extract_scalar(request_parameters, '$.managedPolicyArn'),
      json_extract_scalar(response_elements, '$.policy.arn')) AS policy,
    CASE
      WHEN event_source = 'iam.amazonaws.com' AND (event_name IN ('CreatePolicy', 'DeletePolicy', 'CreatePolicyVersion', 'DeletePolicyVersion', 'SetDefaultPolicyVersion')
        OR regexp_like(event_name, '^(Attach|Detach|Put|Delete)(User|Group|Role)(Policy|PermissionsBoundary)$')) THEN 'identity'
      WHEN event_source = 'sso.amazonaws.com' AND regexp_like(event_name, '(Policy|PolicyReference|PermissionsBoundary)(To|From)PermissionSet$') THEN 'permission set'
      WHEN event_source = 's3.amazonaws.com' AND event_name IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutAccessPointPolicy', 'DeleteAccessPointPolicy', 'PutBucketAcl') THEN 'resource'
      WHEN event_source = 'kms.amazonaws.com' AND event_name = 'PutKeyPolicy' THEN 'resource'
      WHEN event_source = 'lambda.amazonaws.com' AND regexp_like(event_name, '^(Add|Remove)(LayerVersion)?Permission') THEN 'resource'
      WHEN event_source = 'sqs.amazonaws.com' AND (event_name IN ('AddPermission', 'RemovePermission') OR event_name = 'SetQueueAttributes' AND strpos(request_parameters, '"Policy"') > 0) THEN 'resource'
      WHEN event_source = 'sns.amazonaws.com' AND (event_name IN ('AddPermission', 'RemovePermission') OR event_name = 'SetTopicAttributes' AND json_extract_scalar(request_parameters, '$.attributeName') = 'Policy') THEN 'resource'
      WHEN event_source IN ('secretsmanager.amazonaws.com', 'logs.amazonaws.com', 'dynamodb.amazonaws.com', 'glue.amazonaws.com', 'cloudtrail.amazonaws.com', 'kinesis.amazonaws.com', 'backup.amazonaws.com')
        AND event_name IN ('PutResourcePolicy', 'DeleteResourcePolicy', 'PutBackupVaultAccessPolicy', 'DeleteBackupVaultAccessPolicy') THEN 'resource'
      WHEN event_source = 'ecr.amazonaws.com' AND event_name IN ('SetRepositoryPolicy', 'DeleteRepositoryPolicy', 'PutRegistryPolicy', 'DeleteRegistryPolicy') THEN 'resource'
    END AS kind
  FROM events
  WHERE coalesce(read_only, FALSE) = FALSE AND (:accounts.empty OR account IN :accounts)
) AS changes
WHERE kind IS NOT NULL AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
LIMIT :limit
