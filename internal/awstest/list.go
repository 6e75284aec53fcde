package awstest

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// page is one page of a listing.
type page struct {
	entries   []Entry
	prefixes  []string
	last      string // the last key or common prefix of the page
	truncated bool
}

// list answers ListObjects and ListObjectsV2.
func list(w http.ResponseWriter, r *http.Request, bucket string, backend Backend, v2 bool) {
	q := r.URL.Query()
	limit := 1000
	if text := q.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			fail(w, r, http.StatusBadRequest, "InvalidArgument", "Provided max-keys not an integer or within integer range")
			return
		}
		limit = min(n, 1000)
	}
	after := q.Get("marker")
	if v2 {
		after = q.Get("start-after")
		if token := q.Get("continuation-token"); token != "" {
			text, err := base64.URLEncoding.DecodeString(token)
			if err != nil {
				fail(w, r, http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
				return
			}
			after = string(text)
		}
	}
	p := collect(backend, q.Get("prefix"), q.Get("delimiter"), after, limit)

	x := &xmlWriter{url: q.Get("encoding-type") == "url"}
	x.raw(xml.Header + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	x.text("Name", bucket)
	x.key("Prefix", q.Get("prefix"))
	x.text("MaxKeys", strconv.Itoa(limit))
	x.text("IsTruncated", strconv.FormatBool(p.truncated))
	if q.Has("delimiter") {
		x.key("Delimiter", q.Get("delimiter"))
	}
	if x.url {
		x.text("EncodingType", "url")
	}
	if v2 {
		x.text("KeyCount", strconv.Itoa(len(p.entries)+len(p.prefixes)))
		x.key("StartAfter", q.Get("start-after"))
		if p.truncated {
			x.text("NextContinuationToken", base64.URLEncoding.EncodeToString([]byte(p.last)))
		}
	} else {
		x.key("Marker", q.Get("marker"))
		if p.truncated && q.Get("delimiter") != "" { // S3 sends it with a delimiter only
			x.key("NextMarker", p.last)
		}
	}
	for _, e := range p.entries {
		x.raw("<Contents>")
		x.key("Key", e.Key)
		x.text("LastModified", e.Modified.UTC().Format("2006-01-02T15:04:05.000Z"))
		x.text("ETag", strconv.Quote(e.ETag))
		x.text("Size", strconv.FormatInt(e.Size, 10))
		if e.StorageClass == "" {
			e.StorageClass = "STANDARD"
		}
		x.text("StorageClass", e.StorageClass)
		x.raw("</Contents>")
	}
	for _, prefix := range p.prefixes {
		x.raw("<CommonPrefixes>")
		x.key("Prefix", prefix)
		x.raw("</CommonPrefixes>")
	}
	x.raw("</ListBucketResult>")
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(x.buf.Len()))
	w.Write(x.buf.Bytes())
}

// collect reads a page. Keys under a common prefix are passed over at once.
func collect(backend Backend, prefix, delimiter, after string, limit int) (p page) {
	if limit == 0 {
		return p
	}
	for {
		skip := ""
		for e := range backend.List(prefix, after) {
			common := ""
			if delimiter != "" {
				if i := strings.Index(e.Key[len(prefix):], delimiter); i >= 0 {
					common = e.Key[:len(prefix)+i+len(delimiter)]
				}
			}
			if common != "" && common <= after { // its members precede the marker, or it was the marker
				skip = common
				break
			}
			if len(p.entries)+len(p.prefixes) == limit {
				p.truncated = true
				return p
			}
			if common != "" {
				p.prefixes, p.last, skip = append(p.prefixes, common), common, common
				break
			}
			p.entries, p.last = append(p.entries, e), e.Key
		}
		if skip == "" {
			return p
		}
		after = skip + "\U0010FFFF"
	}
}

// xmlWriter writes what S3 writes.
type xmlWriter struct {
	buf bytes.Buffer
	url bool // the client asked for URL-encoded keys
}

func (x *xmlWriter) raw(text string) { x.buf.WriteString(text) }

func (x *xmlWriter) text(name, value string) {
	x.buf.WriteString("<" + name + ">")
	xml.EscapeText(&x.buf, []byte(value))
	x.buf.WriteString("</" + name + ">")
}

func (x *xmlWriter) key(name, value string) {
	if x.url {
		value = strings.ReplaceAll(url.QueryEscape(value), "%2F", "/")
	}
	x.text(name, value)
}
