-- title: Changes of Lambda functions
-- question: Which functions were made, changed or deleted, or may be called by somebody else, and by whom?
-- criteria: soc2/CC8.1, soc2/CC6.8
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, action, function_name, role, principal, actor, error_code, source_ip_address, event_id

-- Lambda writes the version of its API into the names of events, as in UpdateFunctionCode20150331v2.
SELECT event_time, account, region, regexp_replace(event_name, '2[0-9]{7}(v[0-9]+)?$') AS action,
  coalesce(json_extract_scalar(request_parameters, '$.functionName'), json_extract_scalar(request_parameters, '$.layerName'), json_extract_scalar(request_parameters, '$.resource')) AS function_name,
  json_extract_scalar(request_parameters, '$.role') AS role, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE event_source = 'lambda.amazonaws.com' AND coalesce(read_only, FALSE) = FALSE
  AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
