-- title: Changes of who may assume a role
-- question: Which roles and identity providers were made or changed so that somebody else may act as them?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC9.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = false  -- also attempts without effect
-- columns: event_time, account, event_name, target, trusts, trusted_accounts, principal, actor, error_code, source_ip_address, document, event_id

-- trusts is the widest that the text of the policy allows; its conditions can narrow it. trusted_accounts is the first
-- account that the text names.
SELECT event_time, account, event_name, target,
  CASE
    WHEN document IS NULL THEN 'an identity provider'
    WHEN regexp_like(document, '"Principal"\s*:\s*("\*"|[{]\s*"AWS"\s*:\s*(\[\s*)?"\*")') THEN 'anyone'
    WHEN strpos(document, 'AssumeRoleWithWebIdentity') > 0 OR strpos(document, 'AssumeRoleWithSAML') > 0 THEN 'an identity provider'
    WHEN regexp_like(document, '"AWS"\s*:') THEN 'accounts'
    ELSE 'services'
  END AS trusts,
  regexp_extract(document, '"(arn:[a-z-]+:(iam|sts)::)?([0-9]{12})[":]', 3) AS trusted_accounts,
  principal, actor, error_code, source_ip_address, document, event_id
FROM (
  SELECT event_time, account, event_name, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id,
    coalesce(json_extract_scalar(request_parameters, '$.roleName'), json_extract_scalar(request_parameters, '$.sAMLProviderArn'), json_extract_scalar(request_parameters, '$.openIDConnectProviderArn'),
      json_extract_scalar(request_parameters, '$.url'), json_extract_scalar(request_parameters, '$.name')) AS target,
    coalesce(json_extract_scalar(request_parameters, '$.policyDocument'), json_extract_scalar(request_parameters, '$.assumeRolePolicyDocument')) AS document
  FROM events
  WHERE (event_source = 'iam.amazonaws.com' AND event_name IN ('CreateRole', 'UpdateAssumeRolePolicy', 'CreateSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider',
        'CreateOpenIDConnectProvider', 'UpdateOpenIDConnectProviderThumbprint', 'AddClientIDToOpenIDConnectProvider', 'RemoveClientIDFromOpenIDConnectProvider', 'DeleteOpenIDConnectProvider')
      OR event_source = 'rolesanywhere.amazonaws.com' AND event_name IN ('CreateTrustAnchor', 'UpdateTrustAnchor', 'EnableTrustAnchor', 'CreateProfile', 'UpdateProfile', 'EnableProfile'))
    AND (:include_failed OR error_code IS NULL)
    AND (:accounts.empty OR account IN :accounts)
) AS changes
ORDER BY event_time, event_id
