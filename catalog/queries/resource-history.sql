-- title: History of a resource
-- question: Who made, changed or touched this resource, and when?
-- criteria: soc2/CC7.2, soc2/CC7.3, soc2/CC8.1
-- window: period
-- param: text text  -- the resource's name, id or ARN, as it stands in a request, a response or the event's resources
-- param: include_reads bool = false  -- also reads
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, principal, actor, event_source, event_name, outcome, source_ip_address, request_parameters, response_elements, event_id

SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name,
  CASE WHEN error_code IS NULL THEN 'succeeded' WHEN error_code = 'Client.DryRunOperation' THEN 'dry run' ELSE 'failed' END AS outcome,
  source_ip_address, request_parameters, response_elements, event_id
FROM events
WHERE (strpos(request_parameters, :text) > 0 OR strpos(response_elements, :text) > 0 OR strpos(resources, :text) > 0 OR strpos(service_event_details, :text) > 0)
  AND (:include_reads OR coalesce(read_only, FALSE) = FALSE)
ORDER BY event_time, event_id
LIMIT :limit
