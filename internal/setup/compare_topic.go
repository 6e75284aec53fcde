package setup

var topicRules = rules{} // STUB
