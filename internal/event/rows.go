package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// Place is a partition of the lake: the events of one account, region and UTC day.
type Place struct{ Account, Region, Date string }

// The states of a log file, best first.
const (
	Verified = "verified" // a valid digest lists it with the hash that was read
	Pending  = "pending"  // no valid digest vouches for it, or none yet
	Unlisted = "unlisted" // valid digests speak for its hour, and none lists it
	Failed   = "failed"   // a valid digest lists it with another hash
)

// States are the states of a log file, best first.
var States = [...]string{Verified, Pending, Unlisted, Failed}

// File is what the provenance of a row says of its log file. Rows of one file share it.
type File struct {
	Key    string // of the object, or the path of the file
	SHA256 string // of the uncompressed content, in hex
	State  string
	Digest string // key of the digest that lists the file with this hash; may be empty
}

// Delivery is one record of one file.
type Delivery struct {
	File   *File
	Record int32
}

// compare orders deliveries: the best state first, then by name.
func (d Delivery) compare(o Delivery) int {
	return cmp.Or(cmp.Compare(slices.Index(States[:], d.File.State), slices.Index(States[:], o.File.State)),
		strings.Compare(d.File.Key, o.File.Key), strings.Compare(d.File.SHA256, o.File.SHA256), cmp.Compare(d.Record, o.Record))
}

// Same reports whether two deliveries are the same record of the same content under the same name.
func (d Delivery) Same(o Delivery) bool {
	return d.Record == o.Record && d.File.SHA256 == o.File.SHA256 && d.File.Key == o.File.Key
}

// NoTime is the time of a row that has none.
const NoTime = math.MinInt64

// Rows are rows of the lake in one partition. They alias the records that they were made from.
type Rows struct {
	Place Place
	// Text holds the columns of a record that are String or JSON. A column that is shorter than Len is NULL from there on.
	Text                 [Account][][]byte
	Time                 []int64 // microseconds since 1970, or NoTime
	ReadOnly, Management []Tri
	Delivery             []Delivery   // the best origin
	Others               [][]Delivery // further ones, in order; shorter than Len as in Text
	// Size is about how many bytes of memory the rows hold on to.
	Size int64

	recent [Account]*[recentValues][]byte
}

// recentValues is how many values of a column are remembered, so that equal ones share memory.
const recentValues = 32

// shared is a value of a column that is equal to v, if one is remembered; otherwise v is from then on. Values that share
// memory need no second look: neither of the caches, which hold what was just parsed, nor of whoever numbers them.
func (r *Rows) shared(column int, v []byte) []byte {
	if len(v) == 0 || len(v) > 256 {
		return v
	}
	known := r.recent[column]
	if known == nil {
		known = new([recentValues][]byte)
		r.recent[column] = known
	}
	at := (uint(len(v)) + 7*uint(v[len(v)-1]) + 31*uint(v[len(v)/2])) % recentValues
	if string(known[at]) == string(v) {
		return known[at]
	}
	known[at] = v
	return v
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.Time) }

// Add appends a record. raw is what it was parsed from.
func (r *Rows) Add(rec *Record, raw []byte, d Delivery) {
	n := r.Len()
	for c := range rec.Values {
		v := rec.Values[c]
		if v == nil {
			continue
		}
		if !within(raw, v) {
			v = append(make([]byte, 0, len(v)), v...)
		}
		r.set(c, n, v)
	}
	t := rec.Time
	if !rec.HasTime {
		t = NoTime
	}
	r.Time = append(r.Time, t)
	r.ReadOnly = append(r.ReadOnly, rec.ReadOnly)
	r.Management = append(r.Management, rec.ManagementEvent)
	r.Delivery = append(r.Delivery, d)
	r.Size += int64(len(raw)) + 1200
}

func (r *Rows) set(column, row int, v []byte) {
	col := r.Text[column]
	if Columns[column].Dictionary {
		v = r.shared(column, v)
	}
	if len(col) < row {
		col = slices.Grow(col, row-len(col)+1)
		for len(col) < row {
			col = append(col, nil)
		}
	}
	r.Text[column] = append(col, v)
}

// Reset makes r the rows of another partition: none yet. It keeps the memory of the columns, and nothing of the records.
func (r *Rows) Reset(p Place) {
	for c, col := range r.Text {
		clear(col)
		r.Text[c] = col[:0]
	}
	clear(r.Delivery)
	clear(r.Others)
	for _, known := range r.recent {
		if known != nil {
			clear(known[:])
		}
	}
	*r = Rows{recent: r.recent, Place: p, Text: r.Text, Time: r.Time[:0], ReadOnly: r.ReadOnly[:0], Management: r.Management[:0], Delivery: r.Delivery[:0], Others: r.Others[:0]}
}

// within reports whether v lies in raw.
func within(raw, v []byte) bool {
	if len(v) == 0 {
		return true // it keeps nothing alive that matters
	}
	from, at := uintptr(unsafe.Pointer(unsafe.SliceData(raw))), uintptr(unsafe.Pointer(unsafe.SliceData(v)))
	return at >= from && at+uintptr(len(v)) <= from+uintptr(len(raw))
}

// At returns the text of a column in a row, nil for NULL.
func (r *Rows) At(column, row int) []byte {
	if col := r.Text[column]; row < len(col) {
		return col[row]
	}
	return nil
}

// OthersOf returns the further origins of a row.
func (r *Rows) OthersOf(row int) []Delivery {
	if row < len(r.Others) {
		return r.Others[row]
	}
	return nil
}

// SetOthers sets the further origins of a row.
func (r *Rows) SetOthers(row int, d []Delivery) {
	for len(r.Others) <= row {
		r.Others = append(r.Others, nil)
	}
	r.Others[row] = d
}

// Identity is what makes a row the same event as another: its eventID, or else its record of its content. It is good as
// long as the rows are.
func (r *Rows) Identity(row int) string {
	if id := r.At(EventID, row); len(id) > 0 {
		return unsafe.String(unsafe.SliceData(id), len(id))
	}
	d := r.Delivery[row]
	return d.File.SHA256 + "\x00" + string([]byte{byte(d.Record), byte(d.Record >> 8), byte(d.Record >> 16), byte(d.Record >> 24)})
}

// equal reports whether two rows hold the same event, whatever delivered it. White space between JSON's words is no
// difference: CloudTrail's files have none, and tools that print them do.
func (r *Rows) equal(i, j int) bool {
	if r.Time[i] != r.Time[j] || r.ReadOnly[i] != r.ReadOnly[j] || r.Management[i] != r.Management[j] {
		return false
	}
	for c := range r.Text {
		a, b := r.At(c, i), r.At(c, j)
		if (a == nil) != (b == nil) {
			return false
		}
		if !bytes.Equal(a, b) && !((c == Raw || Columns[c].Type == JSON) && sameJSON(a, b)) {
			return false
		}
	}
	return true
}

// sameJSON reports whether two texts are the same JSON but for white space.
func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// Order returns the rows to be written, in order of time, each event once: rows of the same event are joined, and the
// one that stays has the best origin first and the others beside it. Rows that share an eventID and differ in anything
// else all stay, and the second result counts them. Rows come out in the same order whatever order they were added in.
func (r *Rows) Order() (order []int32, conflicts int) {
	order = make([]int32, 0, r.Len())
	first := make(map[string]int32, r.Len())
	next := map[int32]int32{} // further rows under the same identity, for those few that have any
	for i := range int32(r.Len()) {
		id := r.Identity(int(i))
		at, known := first[id]
		if !known {
			first[id] = i
			order = append(order, i)
			continue
		}
		for {
			if r.equal(int(at), int(i)) {
				r.join(int(at), int(i))
				break
			}
			n, more := next[at]
			if !more {
				next[at] = i
				order = append(order, i)
				conflicts++
				break
			}
			at = n
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(r.Time[a], r.Time[b]); c != 0 {
			return c
		}
		return r.Delivery[a].compare(r.Delivery[b])
	})
	return order, conflicts
}

// join adds the origins of row j to those of row i.
func (r *Rows) join(i, j int) {
	all := []Delivery{r.Delivery[i]}
	for _, more := range [][]Delivery{r.OthersOf(i), {r.Delivery[j]}, r.OthersOf(j)} {
		for _, d := range more {
			if at := slices.IndexFunc(all, d.Same); at < 0 {
				all = append(all, d)
			} else if slices.Index(States[:], d.File.State) < slices.Index(States[:], all[at].File.State) {
				all[at] = d
			}
		}
	}
	slices.SortFunc(all, Delivery.compare)
	r.Delivery[i] = all[0]
	if len(all) > 1 {
		r.SetOthers(i, all[1:])
	}
}

// Best puts a row's origins in order after a state has changed.
func (r *Rows) Best(row int) { r.join(row, row) }

// origin is an element of the column other_origins.
type origin struct {
	LogFile   string `json:"log_file"`
	LogSHA256 string `json:"log_sha256"`
	LogRecord int32  `json:"log_record"`
	LogState  string `json:"log_state"`
	Digest    string `json:"digest_file"`
}

// OriginsText is the value of other_origins for deliveries; nil for none.
func OriginsText(all []Delivery) []byte {
	if len(all) == 0 {
		return nil
	}
	out := make([]origin, len(all))
	for i, d := range all {
		out[i] = origin{d.File.Key, d.File.SHA256, d.Record, d.File.State, d.File.Digest}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return b
}

// ParseOrigins reads what OriginsText wrote. file finds or makes the File of a delivery.
func ParseOrigins(text []byte, file func(File) *File) ([]Delivery, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var in []origin
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	out := make([]Delivery, len(in))
	for i, o := range in {
		out[i] = Delivery{file(File{o.LogFile, o.LogSHA256, o.LogState, o.Digest}), o.LogRecord}
	}
	return out, nil
}
