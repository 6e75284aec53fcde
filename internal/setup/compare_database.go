package setup

var parameterGroupRules = rules{} // STUB
var optionGroupRules = rules{}    // STUB
var databaseRules = rules{}       // STUB
