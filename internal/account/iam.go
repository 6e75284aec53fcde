package account

var roleHandler = handler{} // STUB
