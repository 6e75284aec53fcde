package folder

import (
	"io/fs"
	"strconv"

	"github.com/trailseal/trailseal/internal/object"
)

// info describes an object by its file and, unless nil, the file of its side-car.
func info(key string, file, sidecar fs.FileInfo) object.Info {
	buf := appendVersion(make([]byte, 0, 96), file)
	if sidecar != nil && sidecar.Mode().IsRegular() {
		buf = appendVersion(append(buf, '+'), sidecar)
	}
	return object.Info{Key: key, Size: file.Size(), Version: string(buf), Modified: file.ModTime().UTC()}
}

// appendVersion appends size, modification time, and where the system keeps them, change time and inode. The change
// time is what no program can set back.
func appendVersion(buf []byte, file fs.FileInfo) []byte {
	buf = strconv.AppendInt(buf, file.Size(), 36)
	buf = strconv.AppendInt(append(buf, '.'), file.ModTime().UnixNano(), 36)
	return appendInode(buf, file)
}
