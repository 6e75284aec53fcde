-- title: Ways to more privileges
-- question: Which calls gave, or could give, somebody more privileges than before, and who made them?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC7.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = true  -- also attempts without effect
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, way, principal, actor, event_source, event_name, outcome, target, source_ip_address, request_parameters, event_id

-- The known ways: policies, group membership, keys and passwords for others, trust policies, boundaries taken away, code
-- and machines that run with another role (PassRole has no event of its own: the call that passes the role tells).
SELECT event_time, account, region, way, principal, actor, event_source, event_name,
  CASE WHEN error_code IS NULL THEN 'succeeded' WHEN error_code = 'Client.DryRunOperation' THEN 'dry run' ELSE 'failed' END AS outcome,
  target, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name, error_code,
    source_ip_address, request_parameters, event_id,
    coalesce(json_extract_scalar(request_parameters, '$.userName'), json_extract_scalar(request_parameters, '$.roleName'),
      json_extract_scalar(request_parameters, '$.groupName'), json_extract_scalar(request_parameters, '$.policyArn'),
      json_extract_scalar(request_parameters, '$.iamInstanceProfile.arn'), json_extract_scalar(request_parameters, '$.iamInstanceProfile.name'),
      json_extract_scalar(request_parameters, '$.role'), json_extract_scalar(request_parameters, '$.roleArn'), json_extract_scalar(request_parameters, '$.roleARN'),
      json_extract_scalar(request_parameters, '$.taskRoleArn'), json_extract_scalar(request_parameters, '$.serviceRole'),
      json_extract_scalar(request_parameters, '$.functionName'), json_extract_scalar(request_parameters, '$.permissionSetArn')) AS target,
    CASE
      WHEN event_source = 'iam.amazonaws.com' THEN CASE
        WHEN event_name IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy') THEN 'attach a policy'
        WHEN event_name IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy') THEN 'write an inline policy'
        WHEN event_name = 'CreatePolicyVersion' AND (error_code IS NOT NULL OR json_extract_scalar(request_parameters, '$.setAsDefault') = 'true') THEN 'rewrite a policy'
        WHEN event_name = 'SetDefaultPolicyVersion' THEN 'switch a policy''s version'
        WHEN event_name = 'AddUserToGroup' THEN 'join a group'
        WHEN event_name = 'UpdateAssumeRolePolicy' THEN 'change who may assume a role'
        WHEN event_name IN ('DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary', 'PutUserPermissionsBoundary', 'PutRolePermissionsBoundary') THEN 'change a boundary'
        WHEN event_name IN ('CreateLoginProfile', 'UpdateLoginProfile') THEN 'set a password'
        WHEN event_name = 'CreateAccessKey' AND coalesce(json_extract_scalar(request_parameters, '$.userName'), user_identity_user_name, '') <> coalesce(user_identity_user_name, '') THEN 'make a key for another'
        WHEN event_name = 'AddRoleToInstanceProfile' THEN 'pass a role'
      END
      WHEN event_source = 'sso.amazonaws.com' AND event_name IN ('CreateAccountAssignment', 'AttachManagedPolicyToPermissionSet', 'AttachCustomerManagedPolicyReferenceToPermissionSet',
        'PutInlinePolicyToPermissionSet', 'DeletePermissionsBoundaryFromPermissionSet', 'PutPermissionsBoundaryToPermissionSet') THEN 'change a permission set or its assignment'
      WHEN event_source = 'identitystore.amazonaws.com' AND event_name = 'CreateGroupMembership' OR event_source = 'sso-directory.amazonaws.com' AND event_name = 'AddMemberToGroup' THEN 'join a group'
      WHEN event_source = 'ec2.amazonaws.com' AND (event_name = 'RunInstances' AND json_extract(request_parameters, '$.iamInstanceProfile') IS NOT NULL
        OR event_name IN ('AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation')) THEN 'pass a role'
      WHEN event_source = 'lambda.amazonaws.com' AND (event_name LIKE 'CreateFunction2%' OR event_name LIKE 'UpdateFunctionConfiguration2%' AND json_extract_scalar(request_parameters, '$.role') IS NOT NULL) THEN 'pass a role'
      WHEN event_source = 'lambda.amazonaws.com' AND event_name LIKE 'UpdateFunctionCode2%' THEN 'run code with another role'
      WHEN event_source = 'cloudformation.amazonaws.com' AND event_name IN ('CreateStack', 'UpdateStack', 'CreateChangeSet') AND json_extract_scalar(request_parameters, '$.roleARN') IS NOT NULL THEN 'pass a role'
      WHEN event_source = 'ecs.amazonaws.com' AND event_name = 'RegisterTaskDefinition' AND json_extract_scalar(request_parameters, '$.taskRoleArn') IS NOT NULL THEN 'pass a role'
      WHEN event_source = 'codebuild.amazonaws.com' AND event_name IN ('CreateProject', 'UpdateProject') AND json_extract_scalar(request_parameters, '$.serviceRole') IS NOT NULL THEN 'pass a role'
      WHEN event_source = 'glue.amazonaws.com' AND event_name IN ('CreateDevEndpoint', 'UpdateDevEndpoint', 'CreateJob', 'UpdateJob', 'CreateSession') THEN 'pass a role'
      WHEN event_source = 'sagemaker.amazonaws.com' AND event_name IN ('CreateNotebookInstance', 'CreateTrainingJob', 'CreateProcessingJob', 'CreatePresignedNotebookInstanceUrl') THEN 'pass a role'
      WHEN event_source = 'states.amazonaws.com' AND event_name IN ('CreateStateMachine', 'UpdateStateMachine') THEN 'pass a role'
      WHEN event_source = 'ssm.amazonaws.com' AND event_name IN ('SendCommand', 'StartSession') THEN 'run code with another role'
    END AS way
  FROM events
  WHERE coalesce(user_identity_type, '') <> 'AWSService' AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
    AND (:accounts.empty OR account IN :accounts)
    AND event_source IN ('iam.amazonaws.com', 'sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com', 'ec2.amazonaws.com', 'lambda.amazonaws.com',
      'cloudformation.amazonaws.com', 'ecs.amazonaws.com', 'codebuild.amazonaws.com', 'glue.amazonaws.com', 'sagemaker.amazonaws.com', 'states.amazonaws.com', 'ssm.amazonaws.com')
) AS steps
WHERE way IS NOT NULL AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
LIMIT :limit
