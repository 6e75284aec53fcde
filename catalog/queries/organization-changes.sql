-- title: Changes of the organization
-- question: Which accounts, units, policies and trusted services of the organization were changed, and by whom?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC8.1
-- window: period
-- param: include_failed bool = true  -- also attempts without effect
-- columns: event_time, account, event_source, event_name, target, policy, principal, actor, error_code, source_ip_address, request_parameters, event_id

SELECT event_time, account, event_source, event_name,
  coalesce(json_extract_scalar(request_parameters, '$.accountId'), json_extract_scalar(request_parameters, '$.targetId'), json_extract_scalar(request_parameters, '$.servicePrincipal'),
    json_extract_scalar(request_parameters, '$.organizationalUnitId'), json_extract_scalar(request_parameters, '$.accountName'), json_extract_scalar(request_parameters, '$.name'),
    json_extract_scalar(request_parameters, '$.handshakeId'), json_extract_scalar(request_parameters, '$.target.id')) AS target,
  coalesce(json_extract_scalar(request_parameters, '$.policyId'), json_extract_scalar(request_parameters, '$.policyType')) AS policy,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id
FROM events
WHERE event_source IN ('organizations.amazonaws.com', 'account.amazonaws.com', 'controltower.amazonaws.com') AND coalesce(read_only, FALSE) = FALSE
  AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
