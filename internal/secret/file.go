package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ReadFile reads a file that holds a secret, of at most 64 KiB. Its path must be absolute, so that the folder in which
// a program was started chooses no secret.
//
// On Unix it refuses a file that its group or others may read or write. Files below /run/secrets and /var/run/secrets are
// taken whatever their mode: there a container's runtime mounts secrets for this container alone, Kubernetes with 0644
// by default. A Kubernetes secret is best mounted there too; elsewhere it needs defaultMode 0400.
func ReadFile(path string) ([]byte, error) { return readFile(path, mounts()) }

// mounts are the folders whose files are taken whatever their mode.
func mounts() []string { return []string{"/run/secrets", "/var/run/secrets"} }

func readFile(path string, mounted []string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		return nil, errors.New("want an absolute path")
	}
	path = filepath.Clean(path)
	// Before it is opened, since opening a named pipe waits for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, bare(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 && !within(path, mounted) {
		return nil, fmt.Errorf("its mode is %#o, so that others may read or write it: want 0600 or 0400 (chmod 600)", mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(b) > mostBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", mostBytes)
	}
	return b, nil
}

func within(path string, folders []string) bool {
	for _, dir := range folders {
		if strings.HasPrefix(path, dir+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// bare is the error without the path, which the caller names.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
