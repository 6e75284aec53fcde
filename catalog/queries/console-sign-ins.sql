-- title: Sign-ins to the console
-- question: Who signed in to the AWS console or switched roles there, from where, with MFA, and did it succeed?
-- criteria: soc2/CC6.1, soc2/CC6.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, event_name, identity_type, principal, actor, outcome, mfa, error_message, source_ip_address, user_agent, event_id

-- A failed ConsoleLogin has no errorCode: the response tells. For roles MFA is the identity provider's, not AWS's.
SELECT event_time, account, event_name, user_identity_type AS identity_type, principal,
  coalesce(user_identity_arn, user_identity_user_name, principal) AS actor,
  coalesce(lower(json_extract_scalar(response_elements, '$.ConsoleLogin')), lower(json_extract_scalar(response_elements, '$.SwitchRole')), 'unknown') AS outcome,
  CASE
    WHEN user_identity_type IN ('AssumedRole', 'SAMLUser', 'FederatedUser', 'WebIdentityUser') THEN 'at the identity provider'
    ELSE coalesce(lower(json_extract_scalar(additional_event_data, '$.MFAUsed')), 'unknown')
  END AS mfa,
  error_message, source_ip_address, user_agent, event_id
FROM events
WHERE event_source = 'signin.amazonaws.com' AND event_name IN ('ConsoleLogin', 'SwitchRole')
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
