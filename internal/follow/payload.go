package follow

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/trailseal/trailseal/internal/event"
)

const (
	// maxPayload is the most that comes out of one payload, in bytes: CloudWatch Logs sends 1 MiB at most, compressed.
	maxPayload = 64 << 20
	// maxLine is the longest line, in bytes.
	maxLine = 32 << 20
	// maxLayers is how many wrappings of a payload may be in one another.
	maxLayers = 6
)

// Payload yields the records of what CloudWatch Logs sends to a subscriber, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html:
// the JSON with its logEvents, gzipped or not, in base64 or not, and with what Lambda ({"awslogs":{"data":…}}), Kinesis and
// Firehose put around it. A message that only tries whether anybody listens has none. Anything else is taken as
// event.Split takes it, and errors are as there. What comes out of a payload is at most 64 MiB.
func Payload(data []byte) iter.Seq2[event.Item, error] {
	return func(yield func(event.Item, error) bool) {
		p := payload{yield: yield, left: maxPayload}
		p.open(data, 0)
	}
}

// Lines yields the records of a stream, as they come: each line has records in one of the ways that Payload takes. The
// stream may be gzip. The last line need not be whole; a line above 32 MiB is a fault. Raw is good until the next record.
// An error that is no *event.Fault is r's, wrapped, and the last.
func Lines(r io.Reader) iter.Seq2[event.Item, error] {
	return func(yield func(event.Item, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		if head, err := in.Peek(2); err == nil && zipped(head) {
			z, err := gzip.NewReader(in)
			if err != nil {
				yield(event.Item{}, fmt.Errorf("read records: %w", err))
				return
			}
			in = bufio.NewReaderSize(z, 64<<10)
		}
		p := payload{yield: yield}
		var line []byte
		for {
			var err error
			var long bool
			line, long, err = readLine(in, line[:0])
			p.left = maxPayload
			switch {
			case long:
				if !p.fault("a line of more than %d bytes", maxLine) {
					return
				}
			case len(bytes.TrimSpace(line)) > 0 && !p.open(line, 0):
				return
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(event.Item{}, fmt.Errorf("read records: %w", err))
				return
			}
		}
	}
}

// readLine appends a line, without its end, to a buffer. Of one that is too long nothing is kept.
func readLine(in *bufio.Reader, line []byte) (_ []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, long, err
		}
	}
}

// payload is the taking apart of one, or of a line each.
type payload struct {
	yield  func(event.Item, error) bool
	number int
	left   int // bytes that may still come out
}

func (p *payload) fault(format string, args ...any) bool {
	f := &event.Fault{Number: p.number, Reason: fmt.Sprintf(format, args...)}
	p.number++
	return p.yield(event.Item{Number: f.Number}, f)
}

// open yields the records of data. It returns false to stop.
func (p *payload) open(data []byte, layer int) bool {
	data = bytes.TrimSpace(data)
	if layer > maxLayers {
		return p.fault("more than %d wrappings in one another", maxLayers)
	}
	if zipped(data) {
		text, err := p.inflate(data)
		if err != nil {
			return p.fault("gzip: %v", err)
		}
		return p.open(text, layer+1)
	}
	if text, ok := decode(data); ok {
		if p.left -= len(text); p.left < 0 {
			return p.fault("more than %d bytes come out of it", maxPayload)
		}
		return p.open(text, layer+1)
	}
	if parts := unwrap(data); parts != nil {
		for _, part := range parts {
			if !p.open([]byte(part), layer+1) {
				return false
			}
		}
		return true
	}
	for item, err := range event.Split(data) {
		item.Number = p.number
		if f := (*event.Fault)(nil); errors.As(err, &f) {
			f := *f
			f.Number = p.number
			err = &f
		}
		p.number++
		if !p.yield(item, err) {
			return false
		}
	}
	return true
}

func zipped(data []byte) bool { return len(data) >= 2 && data[0] == 0x1f && data[1] == 0x8b }

func (p *payload) inflate(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, int64(p.left)+1))
	if err != nil {
		return nil, err
	}
	if p.left -= len(text); p.left < 0 {
		return nil, fmt.Errorf("more than %d bytes come out of it", maxPayload)
	}
	return text, nil
}

// decode decodes base64, if that is what data is.
func decode(data []byte) ([]byte, bool) {
	if len(data) < 8 || bytes.HasPrefix(data, []byte("{")) || bytes.HasPrefix(data, []byte("[")) {
		return nil, false
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Decode(out, data)
	return out[:n], err == nil
}

// wrapped is what Lambda is given: by CloudWatch Logs, by Kinesis, and by Firehose.
type wrapped struct {
	AWSLogs struct{ Data string }
	Records []struct {
		Kinesis struct{ Data string }
		Data    string
	}
}

// unwrap returns the data in what Lambda is given; nil where it is something else.
func unwrap(data []byte) []string {
	if !bytes.HasPrefix(data, []byte("{")) || !bytes.Contains(data, []byte(`"data"`)) {
		return nil
	}
	var w wrapped
	if err := json.Unmarshal(data, &w); err != nil {
		return nil
	}
	if w.AWSLogs.Data != "" {
		return []string{w.AWSLogs.Data}
	}
	var out []string
	for _, r := range w.Records {
		switch {
		case r.Kinesis.Data != "":
			out = append(out, r.Kinesis.Data)
		case r.Data != "":
			out = append(out, r.Data)
		default:
			return nil // a record of CloudTrail
		}
	}
	return out
}
