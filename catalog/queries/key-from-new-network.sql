-- title: Access keys used from a new network
-- question: Which long-lived access keys were used from a network that they were never used from before?
-- criteria: soc2/CC6.1, soc2/CC6.6, soc2/CC7.2
-- window: all
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: access_key_id, principal, network, first_seen, uses, addresses, earlier_networks, first_event_id

-- A network is a /24 of IPv4 or a /64 of IPv6. The first network of a key is where it is at home, not a new one. Calls
-- that a service made (its name stands for the address) are left out.
WITH calls AS (
  SELECT user_identity_access_key_id AS access_key_id, principal, account, event_time, event_id, source_ip_address,
    CASE
      WHEN regexp_like(source_ip_address, '^[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}$') THEN regexp_extract(source_ip_address, '^[0-9]+[.][0-9]+[.][0-9]+[.]') || '0/24'
      WHEN regexp_like(source_ip_address, '^[0-9A-Fa-f:]+$') THEN lower(regexp_extract(
        CASE WHEN strpos(source_ip_address, '::') > 0 THEN split_part(source_ip_address, '::', 1) || ':0:0:0:0:' ELSE source_ip_address END,
        '^([0-9A-Fa-f]{1,4}:){4}')) || ':/64'
    END AS network
  FROM events
  WHERE user_identity_access_key_id LIKE 'AKIA%' AND event_time < :to
), networks AS (
  SELECT access_key_id, network, min(event_time) AS first_seen, count(*) AS uses, count(DISTINCT source_ip_address) AS addresses,
    min_by(principal, CAST(event_time AS varchar) || event_id) AS principal,
    min_by(account, CAST(event_time AS varchar) || event_id) AS account,
    min_by(event_id, CAST(event_time AS varchar) || event_id) AS first_event_id
  FROM calls
  WHERE network IS NOT NULL
  GROUP BY access_key_id, network
), ordered AS (
  SELECT access_key_id, principal, account, network, first_seen, uses, addresses, first_event_id,
    row_number() OVER (PARTITION BY access_key_id ORDER BY first_seen, first_event_id) - 1 AS earlier_networks
  FROM networks
)
SELECT access_key_id, principal, network, first_seen, uses, addresses, earlier_networks, first_event_id
FROM ordered
WHERE earlier_networks > 0 AND first_seen >= :from AND (:accounts.empty OR account IN :accounts)
ORDER BY first_seen, access_key_id, network
