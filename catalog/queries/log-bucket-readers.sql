-- title: Readers of the log bucket
-- question: Who read or listed the logs in this bucket, and who changed who can?
-- criteria: soc2/CC6.1, soc2/CC7.2, soc2/C1.1
-- window: period
-- param: bucket text  -- name of the bucket that holds the logs
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, what, principal, actor, event_name, object_key, outcome, source_ip_address, user_agent, event_id

-- Reads stand in the log only where data events of the bucket are recorded: no row may mean that nobody looked.
SELECT event_time, account, what, principal, actor, event_name, object_key, outcome, source_ip_address, user_agent, event_id
FROM (
  SELECT event_time, account, principal, coalesce(user_identity_arn, principal) AS actor, event_name, json_extract_scalar(request_parameters, '$.key') AS object_key,
    CASE WHEN error_code IS NULL THEN 'succeeded' ELSE 'failed' END AS outcome, source_ip_address, user_agent, event_id,
    CASE
      WHEN event_name IN ('GetObject', 'HeadObject', 'GetObjectTorrent', 'SelectObjectContent', 'RestoreObject', 'GetObjectAttributes') THEN 'read'
      WHEN event_name = 'CopyObject' AND (starts_with(json_extract_scalar(request_parameters, '$["x-amz-copy-source"]'), :bucket || '/')
        OR starts_with(json_extract_scalar(request_parameters, '$["x-amz-copy-source"]'), '/' || :bucket || '/')) THEN 'read'
      WHEN event_name IN ('ListObjects', 'ListObjectsV2', 'ListBucket', 'ListObjectVersions', 'ListBucketVersions', 'HeadBucket') THEN 'list'
      WHEN event_name IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutObjectAcl', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutBucketOwnershipControls',
        'DeleteBucketOwnershipControls', 'PutBucketReplication', 'CreateAccessPoint', 'PutAccessPointPolicy', 'PutBucketEncryption', 'DeleteBucketEncryption') THEN 'access changed'
    END AS what,
    CASE WHEN event_name = 'CopyObject' THEN :bucket ELSE coalesce(json_extract_scalar(request_parameters, '$.bucketName'), json_extract_scalar(request_parameters, '$.bucket')) END AS bucket
  FROM events
  WHERE event_source = 's3.amazonaws.com'
) AS calls
WHERE bucket = :bucket AND what IS NOT NULL
ORDER BY event_time, event_id
LIMIT :limit
