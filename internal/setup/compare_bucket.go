package setup

var bucketRules = rules{} // STUB
