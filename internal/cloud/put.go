package cloud

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/trailseal/trailseal/internal/object"
)

// This file is all that writes to S3, and a test holds it. What is written is the lake's own: never a log, never a
// digest. It needs s3:PutObject and s3:DeleteObject below the lake's prefix, s3:GetObject for PutNew, and
// kms:GenerateDataKey where the bucket's default encryption is a key of KMS.

const (
	mostPut    = 5 << 30 // bytes in one PutObject
	mostKey    = 1024    // bytes of a key
	mostDelete = 1000    // keys in one DeleteObjects
	mostFaults = 10      // keys that an error of Delete names
	putMark    = "trailseal-put"
)

// Put writes an object of size bytes, in one piece, or replaces it; size is at most 5 GiB. S3 is told the SHA-256 of
// what is meant to arrive and refuses anything else. body is read from its start, twice, and once more for each
// further try; one that does not hold size bytes is an error, and nothing is written.
func (b *Bucket) Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	return b.put(ctx, key, body, size, false)
}

// PutNew is Put for an object that must not be there yet: of many that write one key at a time, S3 lets one through,
// and the others get fs.ErrExist. A try that was repeated because its answer got lost is told from another writer by
// a mark in the object's metadata.
func (b *Bucket) PutNew(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	return b.put(ctx, key, body, size, true)
}

func (b *Bucket) put(ctx context.Context, key string, body io.ReadSeeker, size int64, exclusive bool) error {
	what := fmt.Sprintf("write %q", "s3://"+b.Name+"/"+key)
	if err := b.writable(what, key); err != nil {
		return err
	}
	sum, err := checksum(body, size)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	in := &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: body, ContentLength: &size,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum))}
	var mark string
	if exclusive {
		mark = rand.Text()
		in.IfNoneMatch = aws.String("*")
		in.Metadata = map[string]string{putMark: mark}
	}
	if _, err = b.client.PutObject(ctx, in); err == nil {
		return nil
	}
	if exclusive && refused(err) {
		head, headErr := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
		switch {
		case headErr != nil:
			return classify(ctx, what+": it is there, ask who wrote it", headErr)
		case head.Metadata[putMark] == mark:
			return nil // an earlier try of this very call
		}
		return &fault{what: what, words: []error{fs.ErrExist}}
	}
	return classify(ctx, what, err)
}

// refused reports whether S3 did not write because the object is there.
func refused(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "PreconditionFailed" {
		return true
	}
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusPreconditionFailed
}

// checksum is the SHA-256 of a body, which is left at its start.
func checksum(body io.ReadSeeker, size int64) ([]byte, error) {
	if size < 0 || size > mostPut {
		return nil, fmt.Errorf("%d bytes cannot be written in one piece: it takes up to %d", size, int64(mostPut))
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(body, size+1))
	if err != nil {
		return nil, err
	}
	if n != size {
		return nil, fmt.Errorf("the body does not hold the %d bytes it should", size)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}

// Delete removes objects, 1,000 with one request; one that is not there is no error. Every batch is tried; the error
// names up to 10 objects that could not be removed, each with its own cause.
func (b *Bucket) Delete(ctx context.Context, keys []string) error {
	what := fmt.Sprintf("delete from %q", "s3://"+b.Name)
	for _, key := range keys {
		if err := b.writable(what, key); err != nil {
			return err // before anything is gone
		}
	}
	var faults []error
	left := 0
	for batch := range slices.Chunk(keys, mostDelete) {
		identifiers := make([]types.ObjectIdentifier, len(batch))
		for i := range batch {
			identifiers[i].Key = &batch[i]
		}
		out, err := b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &b.Name, Delete: &types.Delete{Objects: identifiers, Quiet: aws.Bool(true)}})
		if err != nil {
			err = classify(ctx, what, err)
			if ctx.Err() != nil || object.Permanent(err) {
				return errors.Join(append(faults, err)...)
			}
			faults = append(faults, err)
			continue
		}
		for _, e := range out.Errors {
			if left++; left > mostFaults {
				continue
			}
			f := &fault{what: fmt.Sprintf("delete %q", "s3://"+b.Name+"/"+aws.ToString(e.Key)), code: aws.ToString(e.Code),
				detail: aws.ToString(e.Code) + ": " + short(redact(aws.ToString(e.Message)))}
			if word := wordOf[f.code]; word != nil {
				f.words = []error{word}
			}
			faults = append(faults, f)
		}
	}
	if left > mostFaults {
		faults = append(faults, fmt.Errorf("%s: and %d objects more", what, left-mostFaults))
	}
	return errors.Join(faults...)
}

// writable refuses keys outside the bucket's prefix, and those that a request cannot carry unchanged.
func (b *Bucket) writable(what, key string) error {
	detail := ""
	switch {
	case key == "" || strings.HasSuffix(key, "/"):
		detail = "it names no object"
	case !strings.HasPrefix(key, b.Prefix):
		detail = fmt.Sprintf("it lies outside %q", b.Prefix)
	case len(key) > mostKey:
		detail = fmt.Sprintf("it is longer than %d bytes", mostKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		detail = "it holds what a request cannot carry"
	default:
		return nil
	}
	return &fault{what: fmt.Sprintf("%s: key %q", what, cut(key, 100)), words: []error{object.ErrForeign}, detail: detail}
}
