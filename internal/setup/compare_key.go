package setup

var keyRules = rules{} // STUB
