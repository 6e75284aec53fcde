package folder

import (
	"io/fs"
	"strconv"
	"syscall"
)

func appendInode(buf []byte, file fs.FileInfo) []byte {
	stat, ok := file.Sys().(*syscall.Stat_t)
	if !ok {
		return buf
	}
	buf = strconv.AppendInt(append(buf, '.'), stat.Ctim.Nano(), 36)
	return strconv.AppendUint(append(buf, '.'), stat.Ino, 36)
}
