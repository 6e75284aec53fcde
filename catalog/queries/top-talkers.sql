-- title: Principals with the most events
-- question: Who makes the most calls, of which kinds, from how many addresses?
-- criteria: soc2/CC7.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_services bool = false  -- also AWS services
-- param: limit int = 50  -- rows at most
-- columns: principal, events, changes, errors, services, kinds, addresses, accounts, first_seen, last_seen

SELECT principal, count(*) AS events, count(*) FILTER (WHERE coalesce(read_only, FALSE) = FALSE) AS changes, count(error_code) AS errors,
  count(DISTINCT event_source) AS services, count(DISTINCT event_name) AS kinds, count(DISTINCT source_ip_address) AS addresses, count(DISTINCT account) AS accounts,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM events
WHERE (:include_services OR coalesce(user_identity_type, '') <> 'AWSService' AND coalesce(event_type, '') <> 'AwsServiceEvent')
  AND (:accounts.empty OR account IN :accounts)
GROUP BY principal
ORDER BY events DESC, principal
LIMIT :limit
