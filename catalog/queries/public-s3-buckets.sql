-- title: Buckets opened to the public
-- question: Which buckets and objects were opened to anyone, or lost what keeps them from it, and by whom?
-- criteria: soc2/CC6.1, soc2/CC6.6, soc2/C1.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: event_time, account, region, how, event_name, bucket, principal, actor, source_ip_address, request_parameters, event_id

-- The pattern for policies looks for Allow and a principal of * in one statement: a Deny for everybody, as for transport
-- without TLS, opens nothing.
SELECT event_time, account, region, how, event_name, bucket, principal, actor, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, event_name, json_extract_scalar(request_parameters, '$.bucketName') AS bucket, principal, coalesce(user_identity_arn, principal) AS actor,
    source_ip_address, request_parameters, event_id,
    CASE
      WHEN event_name IN ('DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock') THEN 'public access block taken away'
      WHEN event_name IN ('PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock') THEN CASE
        WHEN regexp_like(request_parameters, '"(BlockPublicAcls|BlockPublicPolicy|IgnorePublicAcls|RestrictPublicBuckets)"\s*:\s*"?false') THEN 'public access block weakened' END
      WHEN event_name IN ('PutBucketAcl', 'PutObjectAcl', 'CreateBucket') THEN CASE
        WHEN regexp_like(request_parameters, 'acs[.]amazonaws[.]com/groups/global/(AllUsers|AuthenticatedUsers)') OR regexp_like(request_parameters, '"(public-read|public-read-write|authenticated-read)"') THEN 'ACL for everybody' END
      WHEN event_name IN ('PutBucketPolicy', 'PutAccessPointPolicy') THEN CASE
        WHEN regexp_like(policy, '"Effect"\s*:\s*"Allow"([^{}]|[{]([^{}]|[{][^{}]*[}])*[}])*"Principal"\s*:\s*("\*"|[{]\s*"AWS"\s*:\s*(\[\s*)?"\*")')
          OR regexp_like(policy, '"Principal"\s*:\s*("\*"|[{]\s*"AWS"\s*:\s*(\[\s*)?"\*"\s*\]?\s*[}])([^{}]|[{]([^{}]|[{][^{}]*[}])*[}])*"Effect"\s*:\s*"Allow"')
          THEN CASE WHEN strpos(policy, '"Condition"') > 0 THEN 'policy for everybody, perhaps under a condition' ELSE 'policy for everybody' END END
      WHEN event_name = 'PutBucketWebsite' THEN 'website'
    END AS how
  FROM (
    SELECT event_time, account, region, event_name, principal, user_identity_arn, source_ip_address, request_parameters, event_id,
      coalesce(json_format(json_extract(request_parameters, '$.bucketPolicy')), json_extract_scalar(request_parameters, '$.policy'), request_parameters) AS policy
    FROM events
    WHERE event_source = 's3.amazonaws.com' AND error_code IS NULL AND (:accounts.empty OR account IN :accounts)
      AND event_name IN ('DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock', 'PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock', 'PutBucketAcl', 'PutObjectAcl',
        'CreateBucket', 'PutBucketPolicy', 'PutAccessPointPolicy', 'PutBucketWebsite')
  ) AS calls
) AS changes
WHERE how IS NOT NULL
ORDER BY event_time, event_id
