package parquet

// Kind says what the values of a column are.
type Kind byte

// The kinds of column. A value of any of them may be NULL.
const (
	// Bytes is UTF-8 text of any length: BYTE_ARRAY with the annotation STRING. JSON is such text too.
	Bytes Kind = iota + 1
	// Timestamp is a number of microseconds since 1970-01-01 00:00: INT64 with the annotation TIMESTAMP(isAdjustedToUTC=false,
	// MICROS). That it is UTC is a matter of contract: with isAdjustedToUTC=true a reader would show it in its own time zone.
	Timestamp
	// Bool is BOOLEAN.
	Bool
	// Int32 is INT32.
	Int32
	// Int64 is INT64, and Double DOUBLE. Answers have them and the lake has not: Writer knows them, Reader does not.
	Int64
	Double
)

// Column is a column of a file.
type Column struct {
	Name string
	ID   int32 // the field id; readers find the column by it whatever its name is
	Kind Kind
	// Dictionary: values repeat, so each is written once and then counted. A hint only: where it does not pay, the writer
	// does without. It has no effect on Bool.
	Dictionary bool
	// Bounds: the footer tells the least and the greatest value of each row group, and how many are NULL, so that readers
	// skip groups. It has no effect on Bool.
	Bounds bool
}

// The numbers of parquet.thrift, https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
const (
	typeBoolean   = 0
	typeInt32     = 1
	typeInt64     = 2
	typeDouble    = 5
	typeByteArray = 6

	convertedUTF8            = 0
	convertedTimestampMicros = 10

	codecZstd = 6

	pageData       = 0
	pageDictionary = 2
)

// encoding is one of the encodings of https://github.com/apache/parquet-format/blob/master/Encodings.md.
type encoding int32

const (
	encPlain       encoding = 0
	encRLE         encoding = 3
	encDelta       encoding = 5 // DELTA_BINARY_PACKED
	encDeltaLength encoding = 6 // DELTA_LENGTH_BYTE_ARRAY
	encDictionary  encoding = 8 // RLE_DICTIONARY
)

func (k Kind) physical() int32 {
	switch k {
	case Timestamp, Int64:
		return typeInt64
	case Double:
		return typeDouble
	case Bool:
		return typeBoolean
	case Int32:
		return typeInt32
	}
	return typeByteArray
}
