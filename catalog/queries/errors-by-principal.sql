-- title: Errors by principal
-- question: Whose calls failed, with which error, how often?
-- criteria: soc2/CC7.2, soc2/CC7.3
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: limit int = 1000  -- rows at most
-- columns: principal, error_code, errors, kinds, sample_event, sample_message, first_seen, last_seen

SELECT principal, error_code, count(*) AS errors, count(DISTINCT coalesce(event_source, '') || ' ' || coalesce(event_name, '')) AS kinds,
  max_by(event_name, CAST(event_time AS varchar) || event_id) AS sample_event, max_by(error_message, CAST(event_time AS varchar) || event_id) AS sample_message,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM events
WHERE error_code IS NOT NULL AND error_code <> 'Client.DryRunOperation' AND (:accounts.empty OR account IN :accounts)
GROUP BY principal, error_code
ORDER BY errors DESC, principal, error_code
LIMIT :limit
