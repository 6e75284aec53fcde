// Package web renders what Trailseal found as pages: the HTML report of one validation, the answer to one question, and
// the coverage heat map as an SVG file.
//
// # What it promises
//
//   - One file: no script, no image, font or style from elsewhere, and a Content-Security-Policy that forbids them.
//     The only addresses in a page are plain links to public documentation.
//   - Nothing is dropped. Long lists are folded under a count, never cut; but of the spans that an answer does not stand
//     on, the first 200 are named and the rest counted.
//   - Text from keys and log files is hostile: it is escaped, and characters that would be invisible or would reorder
//     their neighbours are spelled out (U+202E appears as \u202e).
//   - What it does not understand it never shows as good: an hour of unknown state is shown as pending, and 99.999 %
//     is not rounded to 100 %.
//   - The same report and options give the same bytes.
//
// # What it does not do
//
// It decides nothing: results, severities and states come from the report, and no count is corrected here. It reads
// no file, asks no network and knows no clock. It serves no HTTP.
package web
