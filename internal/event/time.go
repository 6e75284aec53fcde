package event

// parseTime reads the time of RFC 3339 in s as microseconds since 1970, UTC. ok is false when s is none, or its year
// in UTC is not one of 0 to 9999; exact is false when a fraction of a microsecond was cut off.
func parseTime(s []byte) (micros int64, exact, ok bool) {
	// 2006-01-02T15:04:05Z
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false, false
	}
	year := pair(s, 0)*100 + pair(s, 2)
	month, day := pair(s, 5), pair(s, 8)
	hour, minute, second := pair(s, 11), pair(s, 14), pair(s, 17)
	if pair(s, 0)|pair(s, 2)|month|day|hour|minute|second < 0 ||
		month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false, false
	}
	seconds := daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second)
	rest, fraction := s[19:], int64(0)
	exact = true
	if rest[0] == '.' {
		n := digits(rest, 1)
		if n == 1 {
			return 0, false, false
		}
		for i := 1; i <= 6; i++ {
			fraction *= 10
			if i < n {
				fraction += int64(rest[i] - '0')
			}
		}
		for i := 7; i < n; i++ {
			exact = exact && rest[i] == '0'
		}
		rest = rest[n:]
	}
	switch {
	case len(rest) == 1 && rest[0] == 'Z':
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		h, m := pair(rest, 1), pair(rest, 4)
		if h|m < 0 || h > 23 || m > 59 {
			return 0, false, false
		}
		offset := int64(h*3600 + m*60)
		if rest[0] == '+' {
			offset = -offset
		}
		seconds += offset
	default:
		return 0, false, false
	}
	if seconds < minSeconds || seconds > maxSeconds {
		return 0, false, false
	}
	return seconds*1e6 + fraction, exact, true
}

// The first and the last second that four digits of a year can say, since 1970.
const (
	minSeconds = -62167219200
	maxSeconds = 253402300799
)

// pair returns the number that the two digits at i say, or a negative one.
func pair(s []byte, i int) int {
	a, b := int(s[i])-'0', int(s[i+1])-'0'
	if a < 0 || a > 9 || b < 0 || b > 9 {
		return -1
	}
	return a*10 + b
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts in years that begin in March, so that the leap day is the last one.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // no negative quotients; 400 years have 146097 days
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468 - 146097)
}
