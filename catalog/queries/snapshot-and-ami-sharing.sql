-- title: Snapshots and images given away
-- question: Which snapshots and machine images were shared with other accounts or everybody, and by whom?
-- criteria: soc2/CC6.1, soc2/CC6.7, soc2/C1.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: event_time, account, region, event_name, resource, shared_with, principal, actor, error_code, source_ip_address, request_parameters, event_id

-- Taking a share back uses the same calls, with "remove" or valuesToRemove. shared_with is the first account of a call.
SELECT event_time, account, region, event_name,
  coalesce(json_extract_scalar(request_parameters, '$.snapshotId'), json_extract_scalar(request_parameters, '$.imageId'), json_extract_scalar(request_parameters, '$.dBSnapshotIdentifier'),
    json_extract_scalar(request_parameters, '$.dBClusterSnapshotIdentifier'), json_extract_scalar(request_parameters, '$.snapshotIdentifier')) AS resource,
  CASE
    WHEN event_name IN ('DisableSnapshotBlockPublicAccess', 'DisableImageBlockPublicAccess') THEN 'everybody, from now on possible'
    WHEN regexp_like(request_parameters, '"(group|groups)"\s*:\s*"all"|"valuesToAdd"\s*:\s*\[[^\]]*"all"') THEN 'everybody'
    ELSE coalesce(json_extract_scalar(request_parameters, '$.createVolumePermission.add.items[0].userId'), json_extract_scalar(request_parameters, '$.launchPermission.add.items[0].userId'),
      json_extract_scalar(request_parameters, '$.valuesToAdd[0]'), json_extract_scalar(request_parameters, '$.accountWithRestoreAccess'), 'unknown')
  END AS shared_with,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id
FROM events
WHERE (event_source = 'ec2.amazonaws.com' AND (event_name IN ('ModifySnapshotAttribute', 'ModifyImageAttribute') AND strpos(request_parameters, '"add"') > 0
      OR event_name IN ('DisableSnapshotBlockPublicAccess', 'DisableImageBlockPublicAccess'))
    OR event_source = 'rds.amazonaws.com' AND event_name IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute') AND json_extract_scalar(request_parameters, '$.valuesToAdd[0]') IS NOT NULL
    OR event_source = 'redshift.amazonaws.com' AND event_name = 'AuthorizeSnapshotAccess')
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
