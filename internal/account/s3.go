package account

var bucketHandler = handler{} // STUB
