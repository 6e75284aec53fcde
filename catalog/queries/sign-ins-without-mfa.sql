-- title: Sign-ins to the console without MFA
-- question: Who signed in to the console with a password alone?
-- criteria: soc2/CC6.1, soc2/CC6.6
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_federated bool = false  -- also roles, whose MFA is the identity provider's to ask for
-- columns: event_time, account, identity_type, actor, mfa, source_ip_address, user_agent, event_id

-- A sign-in that does not say whether MFA was used counts as one without. For a role AWS always says No, whatever the
-- identity provider asked for: only that provider's log can tell.
SELECT event_time, account, user_identity_type AS identity_type, coalesce(user_identity_arn, user_identity_user_name, principal) AS actor,
  coalesce(json_extract_scalar(additional_event_data, '$.MFAUsed'), 'unknown') AS mfa, source_ip_address, user_agent, event_id
FROM events
WHERE event_source = 'signin.amazonaws.com' AND event_name = 'ConsoleLogin'
  AND json_extract_scalar(response_elements, '$.ConsoleLogin') = 'Success'
  AND lower(coalesce(json_extract_scalar(additional_event_data, '$.MFAUsed'), 'unknown')) <> 'yes'
  AND (user_identity_type IN ('IAMUser', 'Root') OR user_identity_type IS NULL OR :include_federated)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
