package pattern

// decimal is a number as it is written: ±whole.fraction × 10^exp.
type decimal struct {
	negative        bool
	whole, fraction []byte
	exp             int
}

// maxExponent is where exponents stop to grow: no text that fits in memory has as many digits.
const maxExponent = 1 << 30

// parseDecimal reads a number: an optional sign, digits with at most one point, and, if exponent says so, an exponent.
func parseDecimal(text []byte, exponent bool) (decimal, bool) {
	var d decimal
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	d.whole, text = digits(text)
	if len(text) > 0 && text[0] == '.' {
		d.fraction, text = digits(text[1:])
	}
	if len(d.whole)+len(d.fraction) == 0 {
		return decimal{}, false
	}
	if exponent && len(text) > 0 && text[0]|0x20 == 'e' {
		text = text[1:]
		negative := false
		if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
			negative = text[0] == '-'
			text = text[1:]
		}
		var exp []byte
		if exp, text = digits(text); len(exp) == 0 {
			return decimal{}, false
		}
		for _, b := range exp {
			d.exp = min(d.exp*10+int(b-'0'), maxExponent)
		}
		if negative {
			d.exp = -d.exp
		}
	}
	return d, len(text) == 0
}

func digits(text []byte) (run, rest []byte) {
	n := 0
	for n < len(text) && digit(text[n]) {
		n++
	}
	return text[:n], text[n:]
}

// compare returns -1, 0 or 1 as d is less than, equal to or greater than e. It is exact.
func (d decimal) compare(e decimal) int {
	a, b := d.first(), e.first()
	switch {
	case a < 0 && b < 0:
		return 0
	case a < 0:
		return sign(!e.negative)
	case b < 0:
		return sign(d.negative)
	case d.negative != e.negative:
		return sign(d.negative)
	}
	// Both begin with a digit that is not 0: first its weight, then the digits decide.
	if m, n := len(d.whole)-a+d.exp, len(e.whole)-b+e.exp; m != n {
		return sign(m < n != d.negative)
	}
	for ; a < d.len() || b < e.len(); a, b = a+1, b+1 {
		if x, y := d.at(a), e.at(b); x != y {
			return sign(x < y != d.negative)
		}
	}
	return 0
}

// sign returns -1 for less.
func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

func (d decimal) len() int { return len(d.whole) + len(d.fraction) }

// at returns digit i, counted from the first of the whole part.
func (d decimal) at(i int) byte {
	switch {
	case i < len(d.whole):
		return d.whole[i]
	case i < d.len():
		return d.fraction[i-len(d.whole)]
	}
	return '0'
}

// first returns the position of the first digit that is not 0, or -1.
func (d decimal) first() int {
	for i := range d.len() {
		if d.at(i) != '0' {
			return i
		}
	}
	return -1
}
