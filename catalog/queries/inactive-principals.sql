-- title: Principals that stopped being used
-- question: Which roles and users did nothing in the last days of the period, so that their access may no longer be needed?
-- criteria: soc2/CC6.2, soc2/CC6.3
-- window: all
-- param: days int = 90  -- without any event, before the period's end
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: principal, identity_type, account, first_seen, last_seen, days_inactive, events, last_event

-- Of the principals that the lake has seen: one that was never used has no event, and stands in no log.
SELECT principal, identity_type, account, first_seen, last_seen, date_diff('day', last_seen, :to) AS days_inactive, events, last_event
FROM (
  SELECT principal, max_by(coalesce(user_identity_type, 'unknown'), CAST(event_time AS varchar) || event_id) AS identity_type, max_by(account, CAST(event_time AS varchar) || event_id) AS account,
    min(event_time) AS first_seen, max(event_time) AS last_seen, count(*) AS events, max_by(event_name, CAST(event_time AS varchar) || event_id) AS last_event
  FROM events
  WHERE event_time < :to AND principal IS NOT NULL
    AND coalesce(user_identity_type, '') NOT IN ('AWSService', 'AWSAccount') AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
    AND (:accounts.empty OR account IN :accounts)
  GROUP BY principal
) AS principals
WHERE last_seen < date_add('day', -:days, :to)
ORDER BY last_seen, principal
