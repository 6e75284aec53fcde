-- title: Instances launched
-- question: Which EC2 instances were launched, from which image, with which role, and by whom?
-- criteria: soc2/CC6.8, soc2/CC7.1, soc2/CC8.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_services bool = false  -- also what services such as Auto Scaling launched
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, first_instance, instances, instance_type, image, profile, principal, actor, invoked_by, source_ip_address, event_id

SELECT event_time, account, region, json_extract_scalar(response_elements, '$.instancesSet.items[0].instanceId') AS first_instance,
  coalesce(json_array_length(json_extract(response_elements, '$.instancesSet.items')), 0) AS instances,
  coalesce(json_extract_scalar(response_elements, '$.instancesSet.items[0].instanceType'), json_extract_scalar(request_parameters, '$.instanceType')) AS instance_type,
  coalesce(json_extract_scalar(response_elements, '$.instancesSet.items[0].imageId'), json_extract_scalar(request_parameters, '$.instancesSet.items[0].imageId')) AS image,
  coalesce(json_extract_scalar(response_elements, '$.instancesSet.items[0].iamInstanceProfile.arn'), json_extract_scalar(request_parameters, '$.iamInstanceProfile.arn'),
    json_extract_scalar(request_parameters, '$.iamInstanceProfile.name')) AS profile,
  principal, coalesce(user_identity_arn, principal) AS actor, user_identity_invoked_by AS invoked_by, source_ip_address, event_id
FROM events
WHERE event_source = 'ec2.amazonaws.com' AND event_name = 'RunInstances' AND error_code IS NULL
  AND (:include_services OR coalesce(user_identity_type, '') <> 'AWSService' AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
