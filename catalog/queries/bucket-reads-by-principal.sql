-- title: Reads from a bucket, by principal
-- question: Who read from this bucket, how much, and who was refused?
-- criteria: soc2/CC6.1, soc2/C1.1
-- window: period
-- param: bucket text  -- name of the bucket
-- columns: principal, reads, lists, refused, objects, bytes, addresses, first_seen, last_seen

-- Only where data events of the bucket are recorded.
SELECT principal, count(*) FILTER (WHERE kind = 'read' AND error_code IS NULL) AS reads, count(*) FILTER (WHERE kind = 'list' AND error_code IS NULL) AS lists,
  count(*) FILTER (WHERE error_code IS NOT NULL) AS refused, count(DISTINCT object_key) AS objects, coalesce(sum(bytes), 0) AS bytes,
  count(DISTINCT source_ip_address) AS addresses, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  SELECT coalesce(principal, user_identity_account_id, 'anonymous') AS principal, error_code, source_ip_address, event_time, json_extract_scalar(request_parameters, '$.key') AS object_key,
    TRY_CAST(TRY_CAST(json_extract_scalar(additional_event_data, '$.bytesTransferredOut') AS double) AS bigint) AS bytes,
    CASE
      WHEN event_name IN ('GetObject', 'HeadObject', 'GetObjectTorrent', 'SelectObjectContent', 'GetObjectAttributes') THEN 'read'
      WHEN event_name IN ('ListObjects', 'ListObjectsV2', 'ListObjectVersions', 'ListBucketVersions') THEN 'list'
    END AS kind
  FROM events
  WHERE event_source = 's3.amazonaws.com' AND json_extract_scalar(request_parameters, '$.bucketName') = :bucket
) AS calls
WHERE kind IS NOT NULL
GROUP BY principal
ORDER BY reads DESC, principal
