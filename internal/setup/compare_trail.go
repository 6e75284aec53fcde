package setup

var trailRules = rules{} // STUB
