package detect

import "bytes"

// logHead is how CloudTrail's log files begin.
var logHead = []byte(`{"Records":[`)

// log judges the records of a log file up to the first byte that is not as CloudTrail writes it. n is how many they were;
// done: there is no such byte.
func (c *core) log(data []byte, p *Place) (n int, done bool, err error) {
	if !bytes.HasPrefix(data, logHead) {
		return 0, false, nil
	}
	i := space(data, len(logHead))
	for {
		if i >= len(data) {
			return n, false, nil
		}
		if b := data[i]; b == ']' {
			break
		} else if n > 0 {
			if b != ',' {
				return n, false, nil
			}
			i = space(data, i+1)
		}
		end, fault := c.rec.ResetAt(data, i)
		if fault != nil {
			return n, false, nil // Split says what is wrong
		}
		if err := c.judge(n, p); err != nil {
			return n, true, err
		}
		n++
		i = space(data, end)
	}
	i = space(data, i+1)
	return n, i < len(data) && data[i] == '}' && space(data, i+1) == len(data), nil
}

// space returns the position of the next byte that is no white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
