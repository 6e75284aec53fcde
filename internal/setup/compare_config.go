package setup

var recorderRules = rules{}        // STUB
var deliveryChannelRules = rules{} // STUB
var configRuleRules = rules{}      // STUB
