-- title: Events by day
-- question: How many events are there for each day and account?
-- criteria: soc2/CC7.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: day, account, events, changes, errors, principals, unverified

-- A day without events has no row.
SELECT date AS day, account, count(*) AS events, count(*) FILTER (WHERE coalesce(read_only, FALSE) = FALSE) AS changes, count(error_code) AS errors,
  count(DISTINCT principal) AS principals, count(*) FILTER (WHERE coalesce(log_state, 'unknown') <> 'verified') AS unverified
FROM events
WHERE (:accounts.empty OR account IN :accounts)
GROUP BY date, account
ORDER BY day, account
