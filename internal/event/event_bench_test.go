package event

import (
	"bytes"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sample"
)

// logFiles returns the log files of an invented organization, inflated, and how many bytes they are.
func logFiles(tb testing.TB, hours int) (files [][]byte, size int) {
	tb.Helper()
	objects, _, err := sample.Objects(tb.Context(), sample.Options{Hours: hours})
	if err != nil {
		tb.Fatal(err)
	}
	for _, o := range objects {
		if strings.Contains(o.Key, "CloudTrail-Digest") {
			continue
		}
		body, _, err := integrity.InflateGzip(bytes.NewReader(o.Body), 64<<20)
		if err != nil {
			tb.Fatal(err)
		}
		files, size = append(files, body), size+len(body)
	}
	if len(files) == 0 {
		tb.Fatal("no log files")
	}
	return files, size
}

// records returns the records of the files, and how many bytes they are.
func records(tb testing.TB, files [][]byte) (raws [][]byte, size int) {
	tb.Helper()
	for _, f := range files {
		for item, err := range Split(f) {
			if err != nil {
				tb.Fatal(err)
			}
			raws, size = append(raws, item.Raw), size+len(item.Raw)
		}
	}
	return raws, size
}

func BenchmarkParse(b *testing.B) {
	files, _ := logFiles(b, 24)
	raws, size := records(b, files)
	var p Parser
	var r Record
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range raws {
			if err := p.Parse(raw, &r); err != nil || r.Reasons != 0 {
				b.Fatalf("%s, %v: %s", r.Reasons, err, raw)
			}
		}
	}
	b.ReportMetric(float64(len(raws))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkSplit(b *testing.B) {
	files, size := logFiles(b, 24)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			for _, err := range Split(f) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkStream(b *testing.B) {
	files, size := logFiles(b, 24)
	all := bytes.Join(files, []byte("\n"))
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Stream(bytes.NewReader(all), 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSplitAndParse(b *testing.B) {
	files, size := logFiles(b, 24)
	var p Parser
	var r Record
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			for item, err := range Split(f) {
				if err != nil {
					b.Fatal(err)
				}
				if err := p.Parse(item.Raw, &r); err != nil {
					b.Fatal(err)
				}
				r.Place(Origin{})
			}
		}
	}
}
