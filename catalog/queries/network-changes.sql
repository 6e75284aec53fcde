-- title: Changes of networks
-- question: Which networks, routes, gateways, network ACLs, endpoints and flow logs were changed, and by whom?
-- criteria: soc2/CC6.6, soc2/CC7.1, soc2/CC8.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = false  -- also attempts without effect
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, kind, event_name, target, principal, actor, error_code, source_ip_address, request_parameters, event_id

-- Of EC2 only: API Gateway and App Mesh have calls of the same names.
SELECT event_time, account, region, kind, event_name, target, principal, actor, error_code, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, event_name, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id,
    coalesce(json_extract_scalar(request_parameters, '$.vpcId'), json_extract_scalar(request_parameters, '$.routeTableId'), json_extract_scalar(request_parameters, '$.networkAclId'),
      json_extract_scalar(request_parameters, '$.internetGatewayId'), json_extract_scalar(request_parameters, '$.subnetId'), json_extract_scalar(request_parameters, '$.vpcPeeringConnectionId'),
      json_extract_scalar(request_parameters, '$.natGatewayId'), json_extract_scalar(request_parameters, '$.groupId'), json_extract_scalar(request_parameters, '$.groupName')) AS target,
    CASE
      WHEN strpos(event_name, 'NetworkAcl') > 0 THEN 'network ACL'
      WHEN strpos(event_name, 'SecurityGroup') > 0 THEN 'security group'
      WHEN strpos(event_name, 'FlowLogs') > 0 THEN 'flow logs'
      WHEN strpos(event_name, 'VpcEndpoint') > 0 THEN 'endpoint'
      WHEN strpos(event_name, 'VpcPeering') > 0 OR strpos(event_name, 'TransitGateway') > 0 OR strpos(event_name, 'Vpn') > 0 THEN 'connection'
      WHEN regexp_like(event_name, 'Route(Table|TableAssociation)?$|RoutePropagation$') THEN 'route'
      WHEN strpos(event_name, 'Gateway') > 0 THEN 'gateway'
      WHEN regexp_like(event_name, '(Vpc|Subnet|DhcpOptions)') THEN 'network'
    END AS kind
  FROM events
  WHERE event_source = 'ec2.amazonaws.com' AND coalesce(read_only, FALSE) = FALSE
    AND regexp_like(event_name, '^(Create|Delete|Modify|Replace|Attach|Detach|Associate|Disassociate|Authorize|Revoke|Accept|Reject|Enable|Disable|Update)')
    AND (:accounts.empty OR account IN :accounts)
) AS changes
WHERE kind IS NOT NULL AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
LIMIT :limit
