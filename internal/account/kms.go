package account

var keyHandler = handler{} // STUB
