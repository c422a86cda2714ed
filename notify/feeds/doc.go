// Package feeds reads the reports that warnings are made from, and nothing
// else: it knows no database, no organisation and no clock.
//
// Open takes a report in one of three formats: Shadowserver CSV of every known
// and unknown type, any CSV file with a Mapping, and IntelMQ events as JSON
// lines; each plain, in gzip or alone in a zip. Next gives one Finding after
// the other, in the same canonical form for all three.
//
// What it promises:
//
//   - A line that cannot be read is a Reject with its line number and the
//     reason; its neighbours are read. Nothing is guessed about an address or
//     a name, because a wrong guess warns the wrong organisation. A reverse DNS
//     name that is broken is passed over where the line has an address: whoever
//     broke into the machine may have written it, to hide the line.
//   - Columns go by name, never by position. Nothing of a line is lost: what
//     has no place of its own is in Extra.
//   - What differs from what we know of a report is told as Drift and read
//     all the same.
//   - Memory is bounded by Options.MaxLine, whatever the file holds and
//     however far it unpacks. Nothing in a file makes it panic.
//   - A Finding holds valid UTF-8 without control characters, so that it can
//     go into a mail, a log or a database as it is.
package feeds
