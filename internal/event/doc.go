// Package event holds the words for one CloudTrail record: its columns, how a record in JSON becomes a row of them, and
// how records are got out of what they come wrapped in.
//
// Split and Stream yield the records of a log file, or of what AWS's other ways out deliver; Parser takes one record
// apart into a Record, and Record.Place says which partition it belongs to:
//
//	for item, err := range event.Split(data) {
//		if err != nil || parser.Parse(item.Raw, &record) != nil {
//			event.Malformed(item.Raw, &record)
//		}
//		account, region, date := record.Place(origin)
//	}
//
// It promises that nothing of a record is lost: JSON members are kept byte for byte, and a record that does not fit the
// columns is kept whole beside them, with the reasons. The one exception is text that is not Unicode, which a column
// cannot hold: U+FFFD stands in its place, and the reason says so. It promises to read all of a record's grammar, so
// that nobody who reads a JSON column meets what is no JSON; to bound what hostile input can cost, in time and in
// memory; and never to panic. The usual record costs no allocation.
//
// It judges nothing and reads no files. It does not tell apart what JSON tells apart but columns do not: null and a
// member that is missing, an empty object and none where its members have columns, an offset from UTC and Z. It does
// not read what Logs Insights and CloudTrail Lake print, nor records in text other than UTF-8.
package event
