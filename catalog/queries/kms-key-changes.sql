-- title: Changes of KMS keys
-- question: Which keys were made, disabled, scheduled for deletion or opened to others, and by whom?
-- criteria: soc2/CC6.1, soc2/CC6.7, soc2/C1.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_grants bool = false  -- also grants, which services make often
-- columns: event_time, account, region, event_name, effect, key_id, days_to_deletion, principal, actor, error_code, source_ip_address, event_id

SELECT event_time, account, region, event_name,
  CASE
    WHEN event_name IN ('DisableKey', 'ScheduleKeyDeletion', 'DeleteKey', 'DeleteImportedKeyMaterial', 'DeleteCustomKeyStore', 'DisconnectCustomKeyStore') THEN 'data may become unreadable'
    WHEN event_name IN ('PutKeyPolicy', 'CreateGrant') THEN 'access changed'
    WHEN event_name = 'DisableKeyRotation' THEN 'rotation stopped'
    ELSE 'other'
  END AS effect,
  coalesce(json_extract_scalar(request_parameters, '$.keyId'), json_extract_scalar(request_parameters, '$.targetKeyId'), json_extract_scalar(response_elements, '$.keyMetadata.keyId'),
    json_extract_scalar(resources, '$[0].ARN')) AS key_id,
  json_extract_scalar(request_parameters, '$.pendingWindowInDays') AS days_to_deletion,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE event_source = 'kms.amazonaws.com'
  AND (event_name IN ('CreateKey', 'DisableKey', 'EnableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'DeleteKey', 'PutKeyPolicy', 'DisableKeyRotation', 'EnableKeyRotation',
      'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial', 'UpdatePrimaryRegion', 'ReplicateKey', 'UpdateKeyDescription',
      'CreateCustomKeyStore', 'UpdateCustomKeyStore', 'DeleteCustomKeyStore', 'DisconnectCustomKeyStore')
    OR event_name IN ('CreateGrant', 'RevokeGrant', 'RetireGrant') AND :include_grants)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
