-- title: Regions used for the first time
-- question: In which accounts was a region used in the period that had never been used there before?
-- criteria: soc2/CC6.1, soc2/CC7.2
-- window: all
-- param: include_reads bool = false  -- reads count as use, too; scanners read in every region
-- param: include_new bool = false  -- also accounts without any event before the period
-- columns: account, region, first_seen, events, first_principal, first_event, first_event_id

WITH regions AS (
  SELECT account, region, min(event_time) AS first_seen, count(*) AS events,
    min_by(principal, CAST(event_time AS varchar) || event_id) AS first_principal,
    min_by(event_name, CAST(event_time AS varchar) || event_id) AS first_event,
    min_by(event_id, CAST(event_time AS varchar) || event_id) AS first_event_id
  FROM events
  WHERE event_time < :to AND (:include_reads OR coalesce(read_only, FALSE) = FALSE) AND error_code IS NULL
    AND coalesce(user_identity_type, '') <> 'AWSService' AND coalesce(event_type, '') <> 'AwsServiceEvent'
    AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
  GROUP BY account, region
), born AS (
  SELECT account, min(first_seen) AS born FROM regions GROUP BY account
)
SELECT regions.account, regions.region, regions.first_seen, regions.events, regions.first_principal, regions.first_event, regions.first_event_id
FROM regions JOIN born ON born.account = regions.account
WHERE regions.first_seen >= :from AND (:include_new OR born.born < :from)
ORDER BY regions.first_seen, regions.account, regions.region
