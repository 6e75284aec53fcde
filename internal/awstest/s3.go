package awstest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const defaultRegion = "us-east-1"

// s3 names the S3 operation and how it is answered.
func (s *Server) s3(r *http.Request, bucket, key string) (string, http.HandlerFunc) {
	query := r.URL.Query()
	with := func(serve func(http.ResponseWriter, *http.Request, Backend)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			backend, ok := s.options.Buckets[bucket]
			if !ok {
				fail(w, r, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
				return
			}
			home := s.home(bucket)
			w.Header().Set("X-Amz-Bucket-Region", home)
			if signed := region(r); signed != "" && signed != home && !query.Has("location") {
				fail(w, r, http.StatusMovedPermanently, "PermanentRedirect",
					"The bucket you are attempting to access must be addressed using the specified endpoint.")
				return
			}
			serve(w, r, backend)
		}
	}
	switch {
	case bucket == "":
		return "ListBuckets", s.listBuckets
	case key == "" && r.Method == http.MethodHead:
		return "HeadBucket", with(func(http.ResponseWriter, *http.Request, Backend) {})
	case key == "" && query.Has("location"):
		return "GetBucketLocation", with(func(w http.ResponseWriter, _ *http.Request, _ Backend) {
			location := s.home(bucket)
			if location == defaultRegion {
				location = ""
			}
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</LocationConstraint>`, location)
		})
	case key == "" && r.Method == http.MethodGet && query.Get("list-type") == "2":
		return "ListObjectsV2", with(func(w http.ResponseWriter, r *http.Request, b Backend) { list(w, r, bucket, b, true) })
	case key == "" && r.Method == http.MethodGet:
		return "ListObjects", with(func(w http.ResponseWriter, r *http.Request, b Backend) { list(w, r, bucket, b, false) })
	case r.Method == http.MethodHead:
		return "HeadObject", with(func(w http.ResponseWriter, r *http.Request, b Backend) { get(w, r, b, key) })
	case r.Method == http.MethodGet:
		return "GetObject", with(func(w http.ResponseWriter, r *http.Request, b Backend) { get(w, r, b, key) })
	case r.Method == http.MethodPut:
		return "PutObject", with(func(w http.ResponseWriter, r *http.Request, b Backend) { put(w, r, b, key) })
	}
	return "Unknown", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
	}
}

func (s *Server) home(bucket string) string {
	if home := s.options.BucketRegion[bucket]; home != "" {
		return home
	}
	return defaultRegion
}

func (s *Server) listBuckets(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets>`)
	for name := range s.options.Buckets {
		fmt.Fprintf(w, "<Bucket><Name>%s</Name></Bucket>", name)
	}
	fmt.Fprint(w, "</Buckets></ListAllMyBucketsResult>")
}

// get answers GetObject and HeadObject.
func get(w http.ResponseWriter, r *http.Request, backend Backend, key string) {
	o, err := backend.Open(key)
	if errors.Is(err, ErrNoKey) {
		fail(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	if err != nil {
		fail(w, r, http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
		return
	}
	defer o.Body.Close()
	if (o.StorageClass == "GLACIER" || o.StorageClass == "DEEP_ARCHIVE") && r.Method == http.MethodGet {
		fail(w, r, http.StatusForbidden, "InvalidObjectState", "The operation is not valid for the object's storage class")
		return
	}
	h := w.Header()
	for name, value := range o.Metadata {
		// Not through Set: the AWS CLI keeps the case of what follows the prefix, and S3 sends lower case.
		h["x-amz-meta-"+strings.ToLower(name)] = []string{value}
	}
	h.Set("ETag", strconv.Quote(o.ETag))
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	if o.StorageClass != "" {
		h.Set("X-Amz-Storage-Class", o.StorageClass)
	}
	h.Set("Content-Type", "application/x-gzip")
	if strings.Contains(key, "/CloudTrail/") && strings.HasSuffix(key, ".json.gz") {
		// As CloudTrail stores its logs: a client that inflates by itself would hand out the wrong bytes.
		h.Set("Content-Type", "application/json")
		h.Set("Content-Encoding", "gzip")
	}
	size, status := o.Size, http.StatusOK
	if from, to, ok := byteRange(r.Header.Get("Range"), o.Size); ok {
		if _, err := io.CopyN(io.Discard, o.Body, from); err != nil {
			panic(http.ErrAbortHandler)
		}
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, o.Size))
		size, status = to-from+1, http.StatusPartialContent
	}
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := io.CopyN(w, o.Body, size); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// byteRange reads "bytes=FROM-TO" and "bytes=FROM-".
func byteRange(header string, size int64) (from, to int64, ok bool) {
	first, last, found := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	if header == "" || !found {
		return 0, 0, false
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from >= size {
		return 0, 0, false
	}
	if to, err = strconv.ParseInt(last, 10, 64); err != nil || to >= size {
		to = size - 1
	}
	return from, to, to >= from
}

func put(w http.ResponseWriter, r *http.Request, backend Backend, key string) {
	var body []byte
	var err error
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		fail(w, r, http.StatusNotImplemented, "NotImplemented", "Chunked signatures are not implemented here.")
		return
	}
	if body, err = io.ReadAll(r.Body); err != nil {
		fail(w, r, http.StatusBadRequest, "IncompleteBody", err.Error())
		return
	}
	metadata := map[string]string{}
	for name, values := range r.Header {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			metadata[rest] = strings.Join(values, ",")
		}
	}
	if err := backend.Put(key, body, metadata); err != nil {
		fail(w, r, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	w.Header().Set("ETag", `"put"`)
}
