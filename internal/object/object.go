// Package object holds the words in which a source of CloudTrail files speaks to the jobs that read it: what is
// listed, what is opened, and why something could not be.
//
// It promises that every adapter (an S3 bucket, a folder) describes the same tree in the same terms, so that a job
// gives the same verdict on either. It does no reading itself.
package object

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// Info is one object as a listing shows it.
type Info struct {
	// Key is the object's name below the source: the full S3 key in a bucket, the slash-separated path relative to
	// the source in a folder.
	Key string
	// Size is in bytes, as stored (compressed).
	Size int64
	// Version changes whenever the content or the metadata of the object may have changed: ETag and LastModified in
	// a bucket; size, modification and change time (of the side-car too) in a folder. It is compared, never parsed.
	Version string
	// Modified is when the object was last written, UTC.
	Modified time.Time
}

// Body is an opened object. The caller closes it.
type Body struct {
	Info
	// Metadata is the user metadata under lower-case names without the "x-amz-meta-" prefix. It is nil when the
	// source keeps none for this object (a folder without the side-car), and empty but not nil when the source
	// knows that there is none.
	Metadata map[string]string
	io.ReadCloser
}

// Progress is what a job that reads objects has done so far. It may be read while the job goes on.
type Progress struct {
	Listed atomic.Int64 // objects
	Wanted atomic.Int64 // objects known to need reading
	Read   atomic.Int64 // objects
	Bytes  atomic.Int64 // compressed bytes read
}

// Errors of a source. Adapters wrap exactly one of them around the cause; anything else is a fault worth a retry.
var (
	// ErrNotFound: the object is not there. It is the only error that may become "missing".
	ErrNotFound = errors.New("object not found")
	// ErrNoSource: the bucket or folder itself is not there.
	ErrNoSource = errors.New("source not found")
	// ErrDenied: the caller may not read it. Another try will not help.
	ErrDenied = errors.New("access denied")
	// ErrArchived: the object lies in an archive storage class and must be restored before it can be read.
	ErrArchived = errors.New("object is archived")
	// ErrCredentials: there are no credentials, or they have expired; nothing more can be read in this run.
	ErrCredentials = errors.New("no usable credentials")
	// ErrForeign: the object lies outside the source: in another bucket, or under a name that a folder cannot hold.
	ErrForeign = errors.New("object lies outside the source")
	// ErrDamaged: the object is there, but what the source keeps beside it (a side-car) cannot be understood.
	ErrDamaged = errors.New("damaged")
)

// Permanent reports whether err will be the same on every further try.
func Permanent(err error) bool {
	for _, e := range []error{ErrNotFound, ErrNoSource, ErrDenied, ErrArchived, ErrCredentials, ErrForeign, ErrDamaged} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
