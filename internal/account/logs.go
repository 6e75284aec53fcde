package account

var logGroupHandler = handler{}     // STUB
var metricFilterHandler = handler{} // STUB
