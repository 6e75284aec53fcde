-- title: Calls that a principal never made before
-- question: Which principals made a kind of call in the period that they had never made before it?
-- criteria: soc2/CC7.2, soc2/CC6.3
-- window: all
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_new bool = false  -- also principals without any event before the period
-- param: limit int = 1000  -- rows at most
-- columns: principal, event_source, event_name, first_seen, calls, failed, first_event_id

-- Before the period, the lake must reach back far enough: what it does not hold was never seen.
WITH kinds AS (
  SELECT principal, event_source, event_name, min(event_time) AS first_seen, count(*) AS calls, count(*) FILTER (WHERE error_code IS NOT NULL) AS failed,
    min_by(event_id, CAST(event_time AS varchar) || event_id) AS first_event_id
  FROM events
  WHERE event_time < :to AND principal IS NOT NULL AND event_name IS NOT NULL
    AND coalesce(user_identity_type, '') <> 'AWSService' AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
    AND (:accounts.empty OR account IN :accounts)
  GROUP BY principal, event_source, event_name
), born AS (
  SELECT principal, min(first_seen) AS born FROM kinds GROUP BY principal
)
SELECT kinds.principal, kinds.event_source, kinds.event_name, kinds.first_seen, kinds.calls, kinds.failed, kinds.first_event_id
FROM kinds JOIN born ON born.principal = kinds.principal
WHERE kinds.first_seen >= :from AND (:include_new OR born.born < :from)
ORDER BY kinds.first_seen, kinds.principal, kinds.event_source, kinds.event_name
LIMIT :limit
