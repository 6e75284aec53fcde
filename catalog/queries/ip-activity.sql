-- title: Activity of an address
-- question: Who came from this address or network, when, and what did they do?
-- criteria: soc2/CC7.2, soc2/CC7.3
-- window: period
-- param: ip text  -- an IP address, or a block such as 192.0.2.0/24
-- param: limit int = 1000  -- rows at most
-- columns: source_ip_address, principal, access_key_id, account, first_seen, last_seen, events, changes, errors, user_agents, kinds

SELECT source_ip_address, principal, user_identity_access_key_id AS access_key_id, account, min(event_time) AS first_seen, max(event_time) AS last_seen, count(*) AS events,
  count(*) FILTER (WHERE coalesce(read_only, FALSE) = FALSE) AS changes, count(error_code) AS errors, count(DISTINCT user_agent) AS user_agents,
  array_join(array_agg(DISTINCT event_name ORDER BY event_name), ', ') AS kinds
FROM events
WHERE ip_in_cidr(source_ip_address, :ip)
GROUP BY source_ip_address, principal, user_identity_access_key_id, account
ORDER BY first_seen, source_ip_address, principal, access_key_id, account
LIMIT :limit
