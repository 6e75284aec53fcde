// Package config reads the configuration file: the values of flags, where alerts go (alerts), and what is not alerted on
// (suppressions). It is strict YAML: a name that is not known, a name twice, a value of another type, an anchor, an alias
// and a tag are errors.
//
// It promises that every error names the file and the line, what was expected there and the nearest name that is known;
// that no error repeats a value where a secret may stand; and that a file of any content costs little: 1 MiB, and eight
// levels in one another, are the most that is read.
//
// It does not know which flags there are, which kinds of sink there are, nor what a sink's section may hold: it hands
// these over with their place in the file. It looks up no secret; a secret itself is never written in the file.
package config
