-- title: Events whose log file is not proven
-- question: Which events come from log files that no valid digest proves, and how many?
-- criteria: soc2/CC7.2, soc2/PI1.5
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: limit int = 1000  -- rows at most
-- columns: log_state, log_file, account, region, events, changes, first_event, last_event, log_sha256

SELECT coalesce(log_state, 'unknown') AS log_state, log_file, account, region, count(*) AS events, count(*) FILTER (WHERE coalesce(read_only, FALSE) = FALSE) AS changes,
  min(event_time) AS first_event, max(event_time) AS last_event, log_sha256
FROM events
WHERE coalesce(log_state, 'unknown') <> 'verified' AND (:accounts.empty OR account IN :accounts)
GROUP BY coalesce(log_state, 'unknown'), log_file, account, region, log_sha256
ORDER BY log_state, log_file, account, region, log_sha256
LIMIT :limit
