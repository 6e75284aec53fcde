-- title: Use of the root user
-- question: When was an account's root user used, for what, from where, and with MFA?
-- criteria: soc2/CC6.1, soc2/CC6.3
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: event_time, account, region, event_source, event_name, means, outcome, mfa, access_key_id, source_ip_address, user_agent, event_id

-- Services that act for root (invokedBy) and service events are no use of root. A session of AssumeRoot, by which a
-- management account does a root task in a member account, is one.
SELECT event_time, account, region, event_source, event_name,
  CASE
    WHEN session_assumed_root = 'true' THEN 'assumed root'
    WHEN event_type = 'AwsConsoleSignIn' THEN 'sign-in'
    WHEN session_credential_from_console = 'true' OR event_type = 'AwsConsoleAction' THEN 'console'
    WHEN user_identity_access_key_id LIKE 'AKIA%' THEN 'access key'
    ELSE 'session'
  END AS means,
  CASE
    WHEN event_name = 'ConsoleLogin' THEN coalesce(lower(json_extract_scalar(response_elements, '$.ConsoleLogin')), 'unknown')
    WHEN error_code IS NULL AND error_message IS NULL THEN 'success'
    ELSE 'failure'
  END AS outcome,
  coalesce(lower(json_extract_scalar(additional_event_data, '$.MFAUsed')), CASE session_mfa_authenticated WHEN 'true' THEN 'yes' WHEN 'false' THEN 'no' END, 'unknown') AS mfa,
  user_identity_access_key_id AS access_key_id, source_ip_address, user_agent, event_id
FROM events
WHERE (user_identity_type = 'Root' OR session_assumed_root = 'true')
  AND user_identity_invoked_by IS NULL AND coalesce(event_type, '') <> 'AwsServiceEvent'
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
