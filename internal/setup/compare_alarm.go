package setup

var metricFilterRules = rules{} // STUB
var alarmRules = rules{}        // STUB
