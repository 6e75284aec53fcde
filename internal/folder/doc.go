// Package folder reads a directory as `aws s3 sync` leaves it: the objects of a bucket as files, and beside a digest,
// where somebody kept it, the side-car `<object>.metadata.json` with what `aws s3api head-object` printed.
//
// It promises the terms of package object: slash-separated keys in S3's byte-wise order, although a file system keeps
// another one; versions that change when an object or its side-car is rewritten; errors that say whether a file is
// missing or merely unreadable. A listing holds one folder in memory at a time and leaves unread every folder that
// the prefix or startAfter excludes. What cannot be read, or cannot be an object (a symbolic link, a device, a name
// with a backslash), is reported in the listing at its place, and the listing goes on. Nothing outside the directory
// is ever read: links that lead out are refused.
//
// It does not watch for changes and takes no snapshot: a file that disappears during a listing is left out or kept.
// It does not walk linked folders (a link to a folder inside the directory is read only when it is asked for by
// name), does not undo what a file system does to names (one that ignores case opens "awslogs/" for "AWSLogs/"), and
// shows no object whose own name ends in ".metadata.json". Keys that no file can have ("a//b", "a/../b") are
// object.ErrForeign, never "not found": the copy may well have put such an object elsewhere. Outside Linux a version
// holds size and modification time only, so a change that restores both goes unseen.
package folder
