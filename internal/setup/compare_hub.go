package setup

var hubRules = rules{}      // STUB
var detectorRules = rules{} // STUB
