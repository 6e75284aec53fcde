package setup

var serviceAccessRules = rules{} // STUB
