-- title: Service roles and delegated administrators
-- question: Which services got a role of their own or trust in the organization, and which accounts may administer for all?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC9.2
-- window: period
-- param: include_failed bool = false  -- also attempts without effect
-- columns: event_time, account, region, event_source, event_name, service, delegate_account, principal, actor, error_code, source_ip_address, event_id

SELECT event_time, account, region, event_source, event_name,
  coalesce(json_extract_scalar(request_parameters, '$.aWSServiceName'), json_extract_scalar(request_parameters, '$.servicePrincipal'), json_extract_scalar(request_parameters, '$.roleName'),
    event_source) AS service,
  coalesce(json_extract_scalar(request_parameters, '$.adminAccountId'), json_extract_scalar(request_parameters, '$.memberAccountId'), json_extract_scalar(request_parameters, '$.delegatedAdminAccountId'),
    json_extract_scalar(request_parameters, '$.delegatedAdminAccount'), json_extract_scalar(request_parameters, '$.accountId')) AS delegate_account,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE (event_source = 'iam.amazonaws.com' AND event_name IN ('CreateServiceLinkedRole', 'DeleteServiceLinkedRole', 'EnableOrganizationsRootCredentialsManagement', 'EnableOrganizationsRootSessions',
      'DisableOrganizationsRootCredentialsManagement', 'DisableOrganizationsRootSessions')
    OR event_source = 'organizations.amazonaws.com' AND event_name IN ('RegisterDelegatedAdministrator', 'DeregisterDelegatedAdministrator', 'EnableAWSServiceAccess', 'DisableAWSServiceAccess', 'PutResourcePolicy', 'DeleteResourcePolicy')
    OR event_name IN ('EnableOrganizationAdminAccount', 'DisableOrganizationAdminAccount', 'RegisterOrganizationDelegatedAdmin', 'DeregisterOrganizationDelegatedAdmin',
      'EnableDelegatedAdminAccount', 'DisableDelegatedAdminAccount', 'AssociateAdminAccount', 'DisassociateAdminAccount'))
  AND coalesce(read_only, FALSE) = FALSE
  AND (:include_failed OR error_code IS NULL)
ORDER BY event_time, event_id
