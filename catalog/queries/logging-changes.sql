-- title: Changes of the logging itself
-- question: Who changed, stopped or weakened what is logged, where logs are kept, and who is alarmed?
-- criteria: soc2/CC7.2, soc2/CC7.1, soc2/CC6.1, soc2/CC8.1
-- window: period
-- param: bucket text = ''  -- name of the bucket that holds the logs; changes of its settings are listed too
-- param: include_failed bool = true  -- also attempts without effect
-- columns: event_time, account, region, what, weakens, event_source, event_name, target, principal, actor, error_code, source_ip_address, request_parameters, event_id

-- The calls that stop or narrow a trail count whatever the record says of itself.
SELECT event_time, account, region, what,
  regexp_like(event_name, '^(Stop|Delete|Disable|Deregister|Remove|Unsubscribe)') OR event_name IN ('PutEventSelectors', 'PutInsightSelectors', 'UpdateTrail', 'PutRetentionPolicy', 'PutBucketLifecycle',
    'PutBucketPolicy', 'PutBucketVersioning', 'PutBucketAcl', 'PutObjectRetention') AS weakens,
  event_source, event_name, target, principal, actor, error_code, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, event_source, event_name, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id,
    coalesce(json_extract_scalar(request_parameters, '$.name'), json_extract_scalar(request_parameters, '$.trailName'), json_extract_scalar(request_parameters, '$.bucketName'),
      json_extract_scalar(request_parameters, '$.logGroupName'), json_extract_scalar(request_parameters, '$.alarmName'), json_extract_scalar(request_parameters, '$.configurationRecorderName'),
      json_extract_scalar(request_parameters, '$.eventDataStore')) AS target,
    CASE
      WHEN event_source = 'cloudtrail.amazonaws.com' THEN 'trail'
      WHEN event_source = 's3.amazonaws.com' AND NOT :bucket.empty AND json_extract_scalar(request_parameters, '$.bucketName') = :bucket
        AND regexp_like(event_name, '^(Put|Delete)Bucket|^PutObjectLockConfiguration$') THEN 'bucket of the logs'
      WHEN event_source = 'logs.amazonaws.com' AND event_name IN ('DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteRetentionPolicy', 'DeleteMetricFilter', 'PutMetricFilter',
        'DeleteSubscriptionFilter', 'PutSubscriptionFilter', 'DisassociateKmsKey', 'AssociateKmsKey', 'PutDataProtectionPolicy', 'DeleteDataProtectionPolicy') THEN 'log group'
      WHEN event_source = 'monitoring.amazonaws.com' AND event_name IN ('PutMetricAlarm', 'PutCompositeAlarm', 'DeleteAlarms', 'DisableAlarmActions', 'EnableAlarmActions', 'SetAlarmState') THEN 'alarm'
      WHEN event_source = 'config.amazonaws.com' AND event_name IN ('StopConfigurationRecorder', 'StartConfigurationRecorder', 'PutConfigurationRecorder', 'DeleteConfigurationRecorder',
        'PutDeliveryChannel', 'DeleteDeliveryChannel', 'DeleteRetentionConfiguration', 'PutRetentionConfiguration') THEN 'configuration recorder'
      WHEN event_source = 'ec2.amazonaws.com' AND event_name IN ('CreateFlowLogs', 'DeleteFlowLogs') THEN 'flow logs'
      WHEN event_source = 'events.amazonaws.com' AND event_name IN ('DisableRule', 'DeleteRule', 'RemoveTargets') THEN 'event rule'
      WHEN event_source = 'sns.amazonaws.com' AND event_name IN ('DeleteTopic', 'Unsubscribe') THEN 'alarm'
      WHEN event_source = 'wafv2.amazonaws.com' AND event_name IN ('PutLoggingConfiguration', 'DeleteLoggingConfiguration') THEN 'firewall log'
      WHEN event_source IN ('route53resolver.amazonaws.com', 'route53.amazonaws.com') AND regexp_like(event_name, 'QueryLog') THEN 'DNS log'
    END AS what
  FROM events
  WHERE (coalesce(read_only, FALSE) = FALSE
      OR event_name IN ('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors', 'PutInsightSelectors'))
    AND coalesce(event_category, 'Management') = 'Management'
) AS changes
WHERE what IS NOT NULL AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
