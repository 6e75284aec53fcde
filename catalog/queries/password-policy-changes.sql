-- title: Changes of passwords and their policy
-- question: How did the accounts' password policy change, and whose console password was set, by whom?
-- criteria: soc2/CC6.1, soc2/CC6.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_own bool = false  -- also the passwords that users changed for themselves
-- columns: event_time, account, event_name, user_name, minimum_length, max_age, reuse_prevention, principal, actor, error_code, source_ip_address, event_id

SELECT event_time, account, event_name, json_extract_scalar(request_parameters, '$.userName') AS user_name,
  json_extract_scalar(request_parameters, '$.minimumPasswordLength') AS minimum_length,
  json_extract_scalar(request_parameters, '$.maxPasswordAge') AS max_age,
  json_extract_scalar(request_parameters, '$.passwordReusePrevention') AS reuse_prevention,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE (event_source = 'iam.amazonaws.com' AND (event_name IN ('UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy', 'CreateLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile')
      OR event_name = 'ChangePassword' AND :include_own)
    OR event_source = 'signin.amazonaws.com' AND event_name IN ('PasswordUpdated', 'PasswordRecoveryRequested', 'PasswordRecoveryCompleted'))
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
