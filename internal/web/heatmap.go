package web

import (
	"bufio"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Measures of the map, in the user units of its viewBox. The page shows it at 1080 CSS pixels.
const (
	mapWidth   = 1080.0
	labelWidth = 232.0
	axisHeight = 40.0
	hourlyDays = 60 // up to so many days, each hour is drawn; beyond, the worst hour of each day
	hourHeight = 1.5
	dayHeight  = 13.0
	rowGap     = 7.0
)

// worst orders the states of a day's hours: the first one present is the day's.
var worst = [...]integrity.State{
	integrity.Invalid, integrity.GapUnexplained, integrity.Pending, integrity.GapExplained,
	integrity.Verified, integrity.VerifiedEmpty, integrity.OutOfScope,
}

// known maps every byte that is no state to Pending: what is not understood is never shown as good.
func known(s integrity.State) integrity.State {
	for _, k := range worst {
		if s == k {
			return s
		}
	}
	return integrity.Pending
}

func bad(s integrity.State) bool { return s == integrity.Invalid || s == integrity.GapUnexplained }

// stateClass is the CSS class of a state's cells.
func stateClass(s integrity.State) string {
	if s == integrity.OutOfScope {
		return "sO"
	}
	return "s" + string(rune(s))
}

// scale places days: every map of one report uses the same.
type scale struct {
	first  time.Time
	days   int
	hourly bool
	w      float64 // width of one day
}

func newScale(c []verdict.Coverage) scale {
	var first, last time.Time
	for i := range c {
		for _, d := range c[i].Days {
			day := midnight(d.Date)
			if first.IsZero() || day.Before(first) {
				first = day
			}
			if last.IsZero() || day.After(last) {
				last = day
			}
		}
	}
	s := scale{first: first}
	if first.IsZero() {
		return s
	}
	s.days = between(first, last) + 1
	s.hourly = s.days <= hourlyDays
	s.w = max(2, min(34, (mapWidth-labelWidth)/float64(s.days)))
	return s
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
func between(a, b time.Time) int     { return int(b.Sub(a) / (24 * time.Hour)) }

func (s scale) x(day int) float64 { return labelWidth + float64(day)*s.w }
func (s scale) width() float64    { return max(mapWidth, s.x(s.days)+1) }
func (s scale) rowHeight() float64 {
	if s.hourly {
		return 24 * hourHeight
	}
	return dayHeight
}
func (s scale) height(rows int) float64 { return axisHeight + float64(rows)*(s.rowHeight()+rowGap) }

// pen writes SVG and keeps the first error, as bufio does.
type pen struct {
	*bufio.Writer
	scale
	late *[]func() // what is drawn last, over the lines between months
}

func (p pen) f(format string, a ...any) { fmt.Fprintf(p, format, a...) }

// num is the shortest decimal with at most two places.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

func (p pen) rect(class string, x, y, w, h float64, title string) {
	p.WriteString(`<rect class="` + class + `" x="` + num(x) + `" y="` + num(y) + `" width="` + num(w) + `" height="` + num(h))
	if title == "" {
		p.WriteString("\"/>\n")
		return
	}
	p.WriteString(`"><title>` + template.HTMLEscapeString(title) + "</title></rect>\n")
}

func (p pen) text(class string, x, y float64, s string) {
	p.f(`<text class="%s" x="%s" y="%s">%s</text>`+"\n", class, num(x), num(y), template.HTMLEscapeString(s))
}

// rows draws the axis and one row for each of c, below y = top.
func (p pen) rows(c []verdict.Coverage, top float64) {
	var late []func()
	p.late = &late
	p.axis(top)
	h := p.rowHeight()
	y := top + axisHeight
	account := ""
	for i := range c {
		if i == 0 || c[i].Account != account {
			account = c[i].Account
			if i > 0 {
				p.f(`<path class="sep" d="M0 %sH%s"/>`+"\n", num(y-rowGap/2), num(p.x(p.days)))
			}
			p.text("acct", 0, y+h/2+4.5, short(account, 14))
		}
		p.text("regn", 112, y+h/2+4.5, short(c[i].Region, 16))
		p.row(&c[i], y)
		y += h + rowGap
	}
	p.lines(top+axisHeight, y-rowGap)
	for _, draw := range late {
		draw()
	}
}

// row draws the days of one account and region. Neighbouring days whose hours are alike become one cell.
func (p pen) row(c *verdict.Coverage, y float64) {
	who := Visible(c.Account) + " " + Visible(c.Region) + ", "
	for i := 0; i < len(c.Days); {
		from := midnight(c.Days[i].Date)
		n := 1
		for i+n < len(c.Days) && c.Days[i+n].Hours == c.Days[i].Hours && between(from, midnight(c.Days[i+n].Date)) == n {
			n++
		}
		x, w := p.x(between(p.first, from)), float64(n)*p.w
		when := who + from.Format(time.DateOnly)
		if n > 1 {
			when += " to " + from.AddDate(0, 0, n-1).Format(time.DateOnly) + ", each day"
		}
		if p.hourly {
			p.hours(&c.Days[i].Hours, x, y, w, when)
		} else {
			p.day(&c.Days[i].Hours, x, y, w, when)
		}
		i += n
	}
}

// hours draws a day's hours from midnight (top) to midnight, and a frame around a day with a bad one.
func (p pen) hours(hours *[24]integrity.State, x, y, w float64, when string) {
	frame := ""
	for h := 0; h < 24; {
		s := known(hours[h])
		n := 1
		for h+n < 24 && known(hours[h+n]) == s {
			n++
		}
		span := ""
		if n < 24 {
			span = fmt.Sprintf(" %02d:00 to %02d:00 UTC", h, h+n)
		}
		class := stateClass(s)
		if n < 4 { // too thin for a hatch to be seen: plain colour
			class = "b" + class[1:]
		}
		p.rect(class, x, y+float64(h)*hourHeight, w, float64(n)*hourHeight, when+span+": "+s.String())
		if s == integrity.Invalid || s == integrity.GapUnexplained && frame == "" {
			frame = "f" + string(rune(s))
		}
		h += n
	}
	if frame != "" {
		p.rect(frame, x+.75, y-.75, max(1, w-1.5), 24*hourHeight+1.5, "")
	}
}

// day draws the worst state of a day; a bad day stands out of the row above and below, for print without colour.
func (p pen) day(hours *[24]integrity.State, x, y, w float64, when string) {
	var n [256]int
	for _, s := range hours {
		n[known(s)]++
	}
	var state integrity.State
	var parts []string
	for _, s := range worst {
		if n[s] == 0 {
			continue
		}
		if state == 0 {
			state = s
		}
		parts = append(parts, fmt.Sprintf("%d h %s", n[s], s))
	}
	title := when + ": " + strings.Join(parts, ", ")
	if !bad(state) {
		p.rect(stateClass(state), x, y, w, dayHeight, title)
		return
	}
	class := stateClass(state)
	if w < 6 { // too narrow for a hatch to be seen: plain colour
		class = "b" + class[1:]
	}
	*p.late = append(*p.late, func() { p.rect(class, x, y-2.5, w, dayHeight+5, title) })
}

// lines separates the days, or the months when days are narrow.
func (p pen) lines(top, bottom float64) {
	var d strings.Builder
	for i := 1; i < p.days; i++ {
		if p.hourly || p.first.AddDate(0, 0, i).Day() == 1 {
			fmt.Fprintf(&d, "M%s %sV%s", num(p.x(i)), num(top), num(bottom))
		}
	}
	if d.Len() > 0 {
		p.f(`<path class="cut" d="%s"/>`+"\n", d.String())
	}
}

// axis writes the months, and the days where there is room.
func (p pen) axis(top float64) {
	end := -1.0
	for i := 0; i < p.days; i++ {
		d := p.first.AddDate(0, 0, i)
		x := p.x(i)
		if i == 0 || d.Day() == 1 {
			left := min(p.days-i, daysLeft(d)+1) // days of this month on the map
			label, room := d.Format("Jan 2006"), float64(left)*p.w
			if room < 58 && i > 0 && p.days > hourlyDays {
				label = d.Format("Jan")
			}
			need := float64(len(label)) * 7
			if x > end && (room >= need || left == p.days-i) && x+need <= p.width() {
				p.text("mon", x, top+15, label)
				end = x + need
			}
			if i > 0 {
				p.f(`<path class="tick" d="M%s %sV%s"/>`+"\n", num(x), num(top+20), num(top+axisHeight-3))
			}
		}
		if p.hourly && (p.w >= 19 || d.Day()%7 == 1 && d.Day() < 29) {
			p.text("num", x+p.w/2, top+32, strconv.Itoa(d.Day()))
		}
	}
}

// daysLeft is the number of days after d in its month.
func daysLeft(d time.Time) int { return d.AddDate(0, 1, -d.Day()).Day() - d.Day() }

// label is what a screen reader says of the map.
func (s scale) label(c []verdict.Coverage) string {
	if s.days == 0 {
		return "Coverage map: no day to show"
	}
	var parts []string
	hours := hoursOf(c)
	for _, st := range integrity.States {
		parts = append(parts, thousands(int64(hours[st.String()]))+" "+st.String())
	}
	return fmt.Sprintf("Coverage map, %s to %s UTC: %s of account and region. Hours: %s.",
		s.first.Format(time.DateOnly), s.first.AddDate(0, 0, s.days-1).Format(time.DateOnly),
		count(len(c), "row", "rows"), strings.Join(parts, ", "))
}

// hoursOf sums the hours by state; hours of unknown state count as pending, as they are drawn.
func hoursOf(c []verdict.Coverage) map[string]int {
	sum := make(map[string]int, len(integrity.States))
	for i := range c {
		for k, n := range c[i].Hours {
			sum[knownName(k)] += n
		}
	}
	return sum
}

func knownName(name string) string {
	for _, s := range integrity.States {
		if s.String() == name {
			return name
		}
	}
	return integrity.Pending.String()
}

// mapRows is how many rows one map of the page has: more would not fit a printed page.
func (s scale) mapRows() int { return int((1180 - axisHeight) / (s.rowHeight() + rowGap)) }

// maps draws the heat map for the page, in as many pieces as printed pages need.
func maps(w *bufio.Writer, c []verdict.Coverage) {
	p := pen{Writer: w, scale: newScale(c)}
	if p.days == 0 {
		return
	}
	for len(c) > 0 {
		n := min(len(c), p.mapRows())
		p.f(`<div class="scroll" tabindex="0"><svg class="map" role="img" aria-label="%s" viewBox="0 0 %s %s">`+"\n",
			template.HTMLEscapeString(p.label(c[:n])), num(p.width()), num(p.height(n)))
		p.rows(c[:n], 0)
		p.f("</svg></div>\n")
		c = c[n:]
	}
}

// SVGOptions says what a heat map file shows beside the map. The zero value works.
type SVGOptions struct {
	Title string // heading; "Coverage" if empty
}

// CoverageSVG writes the heat map of c as one SVG file with its legend: a row for each account and region, a column
// for each UTC day, each hour drawn up to 60 days and the worst hour of each day beyond. It needs Days and Hours, as
// verdict.Coverage.Count leaves them, and refers to nothing outside the file.
func CoverageSVG(w io.Writer, c []verdict.Coverage, o SVGOptions) error {
	const margin, head, legend = 24.0, 56.0, 64.0
	p := pen{Writer: bufio.NewWriterSize(w, 1<<16), scale: newScale(c)}
	title := o.Title
	if title == "" {
		title = "Coverage"
	}
	width, height := p.width()+2*margin, head+p.height(len(c))+legend+margin
	p.f(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" width="%s" height="%s" viewBox="%s %s %s %s">`+"\n",
		template.HTMLEscapeString(Visible(title)+". "+p.label(c)), num(width), num(height),
		num(-margin), num(-margin/2), num(width), num(height))
	p.f("<style>\n%s</style>\n%s", mapCSS, mapDefs)
	p.f(`<rect class="bg" x="%s" y="%s" width="%s" height="%s"/>`+"\n", num(-margin), num(-margin/2), num(width), num(height))
	p.text("title", 0, 22, short(title, 90))
	p.text("sub", 0, 42, p.caption())
	p.rows(c, head)
	y := head + p.height(len(c)) + 18
	for i, s := range integrity.States {
		x, line := float64(i%4)*200, y+float64(i/4)*24
		p.rect(stateClass(s), x, line, 26, 14, "")
		p.text("regn", x+34, line+11.5, states[i].Name)
	}
	p.f("</svg>\n")
	if err := p.Flush(); err != nil {
		return fmt.Errorf("write coverage map: %w", err)
	}
	return nil
}

// caption says how to read the map.
func (s scale) caption() string {
	switch {
	case s.days == 0:
		return "No day of any account and region is known, so there is nothing to show."
	case s.hourly:
		return "A row is one account and region, a column one day, from midnight (top) to midnight (bottom), UTC. A day with a bad hour is framed."
	}
	return "A row is one account and region, a column one UTC day in the state of its worst hour. A bad day stands out of its row."
}
