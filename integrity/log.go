package integrity

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// LogProblem says in words why the content of a log file is not the one that a digest lists with the hash want; it
// is empty when it is. err is what inflating and hashing returned; it must wrap ErrFormat, since an error of reading
// says nothing about the content.
func LogProblem(want [32]byte, got Content, err error) string {
	switch {
	case errors.Is(err, ErrFormat):
		return err.Error()
	case err != nil:
		return fmt.Sprintf("not inflated: %v", err)
	case got.SHA256 != want:
		p := fmt.Sprintf("the content has SHA-256 %s, and the digest lists %s", hex.EncodeToString(got.SHA256[:]), hex.EncodeToString(want[:]))
		if got.Members > 1 {
			p += fmt.Sprintf("; the file has %d gzip members, and CloudTrail writes one", got.Members)
		}
		return p
	case got.Members != 1:
		return fmt.Sprintf("the file has %d gzip members, and CloudTrail writes one", got.Members)
	}
	return ""
}
