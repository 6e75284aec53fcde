package setup

var roleRules = rules{} // STUB
