package setup

var subscriptionRules = rules{} // STUB
var slackChannelRules = rules{} // STUB
