// Package pagerduty tells PagerDuty of alerts, through its Events API v2:
//
//	pagerduty:
//	  routing-key: env:PAGERDUTY_KEY   # the integration key, of 32 characters
//	  region: us                       # or eu; that of the PagerDuty account
//
// Every notice of an alert carries the alert's key as dedup_key, or a hash of it where it is longer than the 255
// characters that PagerDuty takes or holds anything but printable ASCII. What PagerDuty does, by kind of notice:
//
//   - opened triggers an alert, and with it an incident. A second delivery finds it open and adds a line to its log: nobody is
//     paged twice.
//   - rising and disputed trigger with the same key. While the alert is open or acknowledged that adds a line to its log with
//     the new summary and details; an acknowledged incident notifies nobody. When it was resolved in PagerDuty, it opens a
//     new alert, as it should: the matches go on, or the log itself was changed.
//   - verified triggers with the same key as well, but resolves again where the alert is closed here, which PagerDuty
//     leaves aside: good news page nobody. When it was resolved in PagerDuty only, PagerDuty opens a new alert for it;
//     resolve by closing the alert in Trailseal.
//   - acknowledged acknowledges, and closed resolves. PagerDuty drops both for an alert that is not open there.
//
// It promises to hold the documented lengths (summary 1,024 characters, dedup_key 255, the whole 512 KB), counted as UTF-16
// units, and that the routing key shows in no error. Texts are shown by PagerDuty as text; controls and what turns their
// direction are taken out.
//
// It does not page by itself, set priorities or urgencies, or learn what people do in PagerDuty.
//
// Sources: PagerDuty/developer-docs, docs/events-API-v2, pages 01 and 02.
package pagerduty
