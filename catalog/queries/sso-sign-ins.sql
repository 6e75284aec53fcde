-- title: Sign-ins through IAM Identity Center
-- question: Who signed in through IAM Identity Center, to which account and role, from where, and did it succeed?
-- criteria: soc2/CC6.1, soc2/CC6.2
-- window: period
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, event_source, event_name, user_name, user_id, outcome, credential, role_account, role_name, source_ip_address, user_agent, event_id

SELECT event_time, account, event_source, event_name, coalesce(user_identity_user_name, json_extract_scalar(additional_event_data, '$.UserName')) AS user_name,
  coalesce(on_behalf_of_user_id, user_identity_principal_id) AS user_id,
  coalesce(lower(json_extract_scalar(service_event_details, '$.CredentialVerification')), lower(json_extract_scalar(service_event_details, '$.UserAuthentication')),
    lower(json_extract_scalar(service_event_details, '$.CredentialChallenge')),
    CASE WHEN error_code IS NULL THEN 'success' ELSE 'failure' END) AS outcome,
  json_extract_scalar(additional_event_data, '$.CredentialType') AS credential,
  coalesce(json_extract_scalar(service_event_details, '$.account_id'), json_extract_scalar(request_parameters, '$.accountId')) AS role_account,
  coalesce(json_extract_scalar(service_event_details, '$.role_name'), json_extract_scalar(request_parameters, '$.roleName')) AS role_name,
  source_ip_address, user_agent, event_id
FROM events
WHERE event_source = 'sso.amazonaws.com' AND event_name IN ('Authenticate', 'Federate', 'GetRoleCredentials', 'CreateToken', 'CreateTokenWithIAM')
  OR event_source = 'signin.amazonaws.com' AND event_name IN ('UserAuthentication', 'CredentialChallenge', 'CredentialVerification')
ORDER BY event_time, event_id
LIMIT :limit
