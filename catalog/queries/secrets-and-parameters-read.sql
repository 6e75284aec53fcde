-- title: Secrets read
-- question: Who read which secrets and encrypted parameters, how often, and who was refused?
-- criteria: soc2/CC6.1, soc2/C1.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: limit int = 1000  -- rows at most
-- columns: account, principal, event_source, secret, reads, refused, addresses, first_seen, last_seen

-- Parameters count only where they were asked for in clear (withDecryption).
SELECT account, principal, event_source, secret, count(*) FILTER (WHERE error_code IS NULL) AS reads, count(*) FILTER (WHERE error_code IS NOT NULL) AS refused,
  count(DISTINCT source_ip_address) AS addresses, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  SELECT account, principal, event_source, error_code, source_ip_address, event_time,
    coalesce(json_extract_scalar(request_parameters, '$.secretId'), json_extract_scalar(request_parameters, '$.name'), json_extract_scalar(request_parameters, '$.path'),
      json_format(json_extract(request_parameters, '$.names')), json_format(json_extract(request_parameters, '$.secretIdList')),
      json_format(json_extract(request_parameters, '$.filters')), 'unknown') AS secret
  FROM events
  WHERE (event_source = 'secretsmanager.amazonaws.com' AND event_name IN ('GetSecretValue', 'BatchGetSecretValue')
      OR event_source = 'ssm.amazonaws.com' AND event_name IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
        AND (json_extract_scalar(request_parameters, '$.withDecryption') = 'true' OR error_code IS NOT NULL))
    AND (:accounts.empty OR account IN :accounts)
) AS calls
GROUP BY account, principal, event_source, secret
ORDER BY reads DESC, account, principal, event_source, secret
LIMIT :limit
