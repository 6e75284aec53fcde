-- title: Changes of IAM users and groups
-- question: Which IAM users, groups, memberships, keys and passwords were made, changed or deleted, and by whom?
-- criteria: soc2/CC6.2, soc2/CC6.3
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = false  -- also attempts without effect
-- columns: event_time, account, event_name, user_name, group_name, access_key_id, principal, actor, error_code, source_ip_address, event_id

SELECT event_time, account, event_name, coalesce(json_extract_scalar(request_parameters, '$.userName'), CASE WHEN event_name IN ('CreateAccessKey', 'ChangePassword') THEN user_identity_user_name END) AS user_name,
  json_extract_scalar(request_parameters, '$.groupName') AS group_name,
  coalesce(json_extract_scalar(request_parameters, '$.accessKeyId'), json_extract_scalar(response_elements, '$.accessKey.accessKeyId')) AS access_key_id,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('CreateUser', 'UpdateUser', 'DeleteUser', 'TagUser', 'UntagUser', 'CreateGroup', 'UpdateGroup', 'DeleteGroup', 'AddUserToGroup', 'RemoveUserFromGroup',
    'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile', 'ChangePassword',
    'UploadSSHPublicKey', 'UpdateSSHPublicKey', 'DeleteSSHPublicKey', 'UploadSigningCertificate', 'UpdateSigningCertificate', 'DeleteSigningCertificate',
    'CreateServiceSpecificCredential', 'UpdateServiceSpecificCredential', 'ResetServiceSpecificCredential', 'DeleteServiceSpecificCredential')
  AND (:include_failed OR error_code IS NULL)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
