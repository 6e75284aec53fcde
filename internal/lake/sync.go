//go:build !linux

package lake

import (
	"errors"
	"os"
)

// sync brings files to the disk.
func (l *Lake) sync(parts []Part) error {
	for _, p := range parts {
		path, err := l.path(p)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
