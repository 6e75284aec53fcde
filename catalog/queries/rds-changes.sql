-- title: Changes of databases
-- question: Which databases, snapshots and their settings were made, changed or deleted, and by whom?
-- criteria: soc2/CC8.1, soc2/A1.2, soc2/CC6.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_services bool = false  -- also what AWS services did by themselves, such as automatic snapshots
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, event_name, database, publicly_accessible, deletion_protection, principal, actor, error_code, source_ip_address, request_parameters, event_id

SELECT event_time, account, region, event_name,
  coalesce(json_extract_scalar(request_parameters, '$.dBInstanceIdentifier'), json_extract_scalar(request_parameters, '$.dBClusterIdentifier'), json_extract_scalar(request_parameters, '$.dBSnapshotIdentifier'),
    json_extract_scalar(request_parameters, '$.dBClusterSnapshotIdentifier'), json_extract_scalar(request_parameters, '$.dBParameterGroupName'), json_extract_scalar(request_parameters, '$.optionGroupName')) AS database,
  json_extract_scalar(request_parameters, '$.publiclyAccessible') AS publicly_accessible, json_extract_scalar(request_parameters, '$.deletionProtection') AS deletion_protection,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id
FROM events
WHERE event_source = 'rds.amazonaws.com' AND coalesce(read_only, FALSE) = FALSE
  AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
  AND (:include_services OR coalesce(user_identity_type, '') <> 'AWSService' AND coalesce(event_type, '') <> 'AwsServiceEvent'
    AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
