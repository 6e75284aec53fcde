-- title: Changes of the security services
-- question: Who changed GuardDuty, Config, Security Hub and the other services that watch, and did it weaken them?
-- criteria: soc2/CC7.1, soc2/CC7.2
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: include_failed bool = true  -- also attempts without effect
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, weakens, event_source, event_name, principal, actor, error_code, source_ip_address, request_parameters, event_id

-- What these services write in their own work (evaluations, findings) is left out.
SELECT event_time, account, region,
  regexp_like(event_name, '^(Stop|Delete|Disable|Disassociate|Leave|Batch(Disable|Disassociate)|Archive)') OR event_name IN ('CreateFilter', 'UpdateFilter', 'CreateIPSet', 'UpdateIPSet', 'UpdateDetector',
    'UpdateStandardsControl', 'BatchUpdateStandardsControlAssociations', 'CreateAutomationRule', 'CreateSuppressionRule', 'CreateArchiveRule', 'PutConfigurationRecorder') AS weakens,
  event_source, event_name, principal, coalesce(user_identity_arn, principal) AS actor, error_code, source_ip_address, request_parameters, event_id
FROM events
WHERE event_source IN ('guardduty.amazonaws.com', 'config.amazonaws.com', 'securityhub.amazonaws.com', 'access-analyzer.amazonaws.com', 'macie2.amazonaws.com', 'inspector2.amazonaws.com',
    'detective.amazonaws.com', 'fms.amazonaws.com', 'securitylake.amazonaws.com')
  AND coalesce(read_only, FALSE) = FALSE
  AND event_name NOT IN ('PutEvaluations', 'PutExternalEvaluation', 'StartConfigRulesEvaluation', 'BatchImportFindings', 'DeliverConfigSnapshot', 'StartResourceScan', 'ListFindings', 'GetFindings')
  AND coalesce(user_identity_type, '') <> 'AWSService' AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
  AND (:include_failed OR error_code IS NULL)
  AND (:accounts.empty OR account IN :accounts)
ORDER BY event_time, event_id
LIMIT :limit
