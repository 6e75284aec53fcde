-- title: Changes of IAM Identity Center
-- question: Which users, groups, permission sets and assignments of IAM Identity Center were changed, and by whom?
-- criteria: soc2/CC6.2, soc2/CC6.3
-- window: period
-- param: include_failed bool = false  -- also attempts without effect
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, event_source, event_name, target_account, permission_set, principal_id, group_id, principal, actor, error_code, source_ip_address, request_parameters, event_id

SELECT event_time, account, event_source, event_name, json_extract_scalar(request_parameters, '$.targetId') AS target_account,
  coalesce(json_extract_scalar(request_parameters, '$.permissionSetArn'), json_extract_scalar(request_parameters, '$.name')) AS permission_set,
  coalesce(json_extract_scalar(request_parameters, '$.principalId'), json_extract_scalar(request_parameters, '$.memberId.userId'), json_extract_scalar(request_parameters, '$.userId'),
    json_extract_scalar(request_parameters, '$.member.memberId')) AS principal_id,
  json_extract_scalar(request_parameters, '$.groupId') AS group_id,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id
FROM events
WHERE event_source IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com', 'identitystore-scim.amazonaws.com') AND coalesce(read_only, FALSE) = FALSE
  AND event_name NOT IN ('Authenticate', 'Federate', 'CreateToken', 'CreateTokenWithIAM', 'RegisterClient', 'StartDeviceAuthorization', 'Logout', 'GetRoleCredentials', 'VerifyEmail')
  AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
LIMIT :limit
