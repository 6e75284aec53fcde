package setup

var logGroupRules = rules{} // STUB
