-- title: Deletions
-- question: What was deleted or terminated, by whom?
-- criteria: soc2/CC6.5, soc2/CC7.2, soc2/A1.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_data bool = false  -- also deleted objects and items
-- param: include_services bool = false  -- also what AWS services deleted by themselves
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, principal, actor, event_source, event_name, resource, source_ip_address, request_parameters, event_id

SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name,
  json_extract_scalar(resources, '$[0].ARN') AS resource, source_ip_address, request_parameters, event_id
FROM events
WHERE coalesce(read_only, FALSE) = FALSE AND error_code IS NULL
  AND regexp_like(event_name, '^(Delete|BatchDelete|Terminate|Deregister|Destroy|Purge|Release|ScheduleKeyDeletion)')
  AND (:include_data OR coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE))
  AND (:include_services OR coalesce(user_identity_type, '') <> 'AWSService' AND coalesce(event_type, '') <> 'AwsServiceEvent'
    AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
