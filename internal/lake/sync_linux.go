package lake

import (
	"os"

	"golang.org/x/sys/unix"
)

// sync brings files to the disk, with their names: one call for a whole file system costs less than one for each of
// thousands of small files.
func (l *Lake) sync(parts []Part) error {
	if len(parts) == 0 {
		return nil
	}
	dir, err := os.Open(l.events)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd()))
}
