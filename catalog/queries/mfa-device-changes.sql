-- title: Changes of MFA devices
-- question: Which MFA devices were added, taken away or replaced, by whom, for whom?
-- criteria: soc2/CC6.1, soc2/CC6.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: event_time, account, event_name, effect, user_name, device, principal, actor, error_code, source_ip_address, event_id

SELECT event_time, account, event_name,
  CASE WHEN event_name IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice', 'DeleteMfaDeviceForUser', 'DisableMfaDevice') THEN 'taken away' ELSE 'added or changed' END AS effect,
  coalesce(json_extract_scalar(request_parameters, '$.userName'), json_extract_scalar(request_parameters, '$.userId')) AS user_name,
  coalesce(json_extract_scalar(request_parameters, '$.serialNumber'), json_extract_scalar(request_parameters, '$.virtualMFADeviceName'),
    json_extract_scalar(response_elements, '$.virtualMFADevice.serialNumber')) AS device,
  principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, event_id
FROM events
WHERE (event_source = 'iam.amazonaws.com' AND event_name IN ('CreateVirtualMFADevice', 'EnableMFADevice', 'DeactivateMFADevice', 'DeleteVirtualMFADevice', 'ResyncMFADevice')
    OR event_source IN ('sso-directory.amazonaws.com', 'sso.amazonaws.com', 'signin.amazonaws.com')
      AND event_name IN ('StartVirtualMfaDeviceRegistration', 'CompleteVirtualMfaDeviceRegistration', 'CompleteWebAuthnDeviceRegistration', 'DeleteMfaDeviceForUser', 'UpdateMfaDeviceForUser', 'PutMfaDeviceManagementForDirectory'))
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
