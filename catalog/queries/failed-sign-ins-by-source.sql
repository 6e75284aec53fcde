-- title: Failed sign-ins by address
-- question: From which addresses did sign-ins fail, for whom, how often, and did one succeed from there?
-- criteria: soc2/CC6.1, soc2/CC7.2
-- window: period
-- param: minimum int = 1  -- failures of an address, to be listed
-- columns: source_ip_address, failures, successes, names, accounts, first_failure, last_failure

-- Console sign-ins and their MFA prompts tell in the response; IAM Identity Center in the event's details. The name of a
-- user that does not exist is kept from the log by AWS (HIDDEN_DUE_TO_SECURITY_REASONS).
SELECT source_ip_address, count(*) FILTER (WHERE outcome = 'failure') AS failures, count(*) FILTER (WHERE outcome = 'success') AS successes,
  array_join(array_agg(DISTINCT who ORDER BY who) FILTER (WHERE outcome = 'failure'), ', ') AS names,
  array_join(array_agg(DISTINCT account ORDER BY account) FILTER (WHERE outcome = 'failure'), ', ') AS accounts,
  min(event_time) FILTER (WHERE outcome = 'failure') AS first_failure, max(event_time) FILTER (WHERE outcome = 'failure') AS last_failure
FROM (
  SELECT source_ip_address, account, event_time, coalesce(user_identity_user_name, user_identity_arn, on_behalf_of_user_id, principal, 'unknown') AS who,
    CASE lower(coalesce(json_extract_scalar(response_elements, '$.ConsoleLogin'), json_extract_scalar(response_elements, '$.CheckMfa'),
        json_extract_scalar(service_event_details, '$.CredentialVerification'), json_extract_scalar(service_event_details, '$.UserAuthentication'), ''))
      WHEN 'success' THEN 'success'
      WHEN 'failure' THEN 'failure'
      WHEN 'failed' THEN 'failure'
      ELSE CASE WHEN error_message = 'Failed authentication' OR error_code IS NOT NULL THEN 'failure' ELSE 'unknown' END
    END AS outcome
  FROM events
  WHERE event_source = 'signin.amazonaws.com' AND event_name IN ('ConsoleLogin', 'CheckMfa', 'CredentialVerification', 'UserAuthentication')
) AS attempts
GROUP BY source_ip_address
HAVING count(*) FILTER (WHERE outcome = 'failure') >= :minimum
ORDER BY failures DESC, source_ip_address
