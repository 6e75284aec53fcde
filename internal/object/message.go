package object

// Message is one message of a queue, in which a bucket may tell what was put into it.
type Message struct {
	ID     string // the same each time it comes
	Handle string // of this delivery: what deletes it
	Body   []byte
}
