-- title: Refused calls by principal
-- question: Who was refused access, to what, how often, and from where?
-- criteria: soc2/CC6.1, soc2/CC7.2, soc2/CC7.3
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_services bool = false  -- also what AWS services were refused
-- param: limit int = 1000  -- rows at most
-- columns: principal, event_source, event_name, error_code, refused, addresses, sample_address, sample_message, first_seen, last_seen

-- Every service has its own word for it: AccessDenied, AccessDeniedException, Client.UnauthorizedOperation,
-- VpceAccessDenied, KMS.AccessDeniedException, UnauthorizedException, NotAuthorized, AuthorizationError, Forbidden …
SELECT principal, event_source, event_name, error_code, count(*) AS refused, count(DISTINCT source_ip_address) AS addresses,
  max_by(source_ip_address, CAST(event_time AS varchar) || event_id) AS sample_address, max_by(error_message, CAST(event_time AS varchar) || event_id) AS sample_message,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM events
WHERE regexp_like(error_code, '(?i)(access_?denied|unauthorized|not_?authorized|authorization_?error|forbidden)')
  AND (:include_services OR coalesce(user_identity_type, '') <> 'AWSService' AND user_identity_invoked_by IS NULL
    AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0)
  AND (:accounts.empty OR account IN :accounts)
GROUP BY principal, event_source, event_name, error_code
ORDER BY refused DESC, principal, event_source, event_name, error_code
LIMIT :limit
