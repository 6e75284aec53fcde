-- title: Security groups opened to the world
-- question: Which security groups were opened to every address, for which ports, by whom?
-- criteria: soc2/CC6.1, soc2/CC6.6, soc2/CC7.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: event_time, account, region, event_name, security_group, from_port, to_port, protocol, principal, actor, source_ip_address, request_parameters, event_id

-- Any block of /0, and of /1: two of those make the world. The console edits rules by ModifySecurityGroupRules, which does
-- not say whether a rule is for what comes in. Ports are those of the first rule of the call.
SELECT event_time, account, region, event_name,
  coalesce(json_extract_scalar(request_parameters, '$.groupId'), json_extract_scalar(request_parameters, '$.ModifySecurityGroupRulesRequest.GroupId'),
    json_extract_scalar(request_parameters, '$.groupName'), json_extract_scalar(request_parameters, '$.dBSecurityGroupName'), json_extract_scalar(request_parameters, '$.clusterSecurityGroupName')) AS security_group,
  coalesce(json_extract_scalar(request_parameters, '$.fromPort'), json_extract_scalar(request_parameters, '$.ipPermissions.items[0].fromPort'),
    json_extract_scalar(request_parameters, '$.ModifySecurityGroupRulesRequest.SecurityGroupRule.SecurityGroupRule.FromPort')) AS from_port,
  coalesce(json_extract_scalar(request_parameters, '$.toPort'), json_extract_scalar(request_parameters, '$.ipPermissions.items[0].toPort'),
    json_extract_scalar(request_parameters, '$.ModifySecurityGroupRulesRequest.SecurityGroupRule.SecurityGroupRule.ToPort')) AS to_port,
  coalesce(json_extract_scalar(request_parameters, '$.ipProtocol'), json_extract_scalar(request_parameters, '$.ipPermissions.items[0].ipProtocol'),
    json_extract_scalar(request_parameters, '$.ModifySecurityGroupRulesRequest.SecurityGroupRule.SecurityGroupRule.IpProtocol')) AS protocol,
  principal, coalesce(user_identity_arn, principal) AS actor, source_ip_address, request_parameters, event_id
FROM events
WHERE error_code IS NULL
  AND event_name IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules', 'AuthorizeDBSecurityGroupIngress', 'AuthorizeClusterSecurityGroupIngress')
  AND regexp_like(request_parameters, '(?i)"cidrip(v4|v6)?"\s*:\s*"[0-9a-f.:]+/[01]"')
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
