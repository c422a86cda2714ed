// Package mail composes, signs and sends mail, one recipient at a time, and says exactly what became of it.
//
// The way of one mail: a Message is rendered to bytes once its text is known; the bytes are the same every time, so
// that a mail sent twice after a crash is recognisably the same mail. A Client hands the bytes to an SMTP server and
// reports one Outcome. A Box is an SMTP server inside the process that keeps what it receives, for the demo and for
// tests: what we send is read back from a real connection, never from a stub.
//
// The package knows nothing of warnings, organisations or databases. What to do with an Outcome (try later, give up,
// tell someone) is the caller's decision.
package mail

// Outcome is what became of one attempt to hand over one mail.
type Outcome uint8

// The outcomes. The zero value is Unreachable on purpose: nothing is claimed that a server has not said.
const (
	// Unreachable: there was no connection, it broke before the answer to the mail's data, or the server refused us
	// (greeting, TLS, authentication, or our return path: any 5xx to MAIL FROM) and not this mail. Nothing is known to
	// have been accepted. It says something about the server, so other mails will meet the same fate.
	Unreachable Outcome = iota
	// Sent: the server has accepted responsibility for the mail (2xx in answer to its data).
	Sent
	// Deferred: the server asks to try again later (4xx), or refuses on policy (5xx with an enhanced code 5.7.x, as in
	// "554 5.7.1 Relay access denied"): that may well be about us, and must not lose the mail.
	Deferred
	// Failed: the server will never take this mail to this recipient (any other 5xx to RCPT or DATA), or it cannot be handed over at all because
	// its addresses or bytes break the protocol.
	Failed
)

// String returns the outcome as one lower-case word.
func (o Outcome) String() string {
	switch o {
	case Sent:
		return "sent"
	case Deferred:
		return "deferred"
	case Failed:
		return "failed"
	default:
		return "unreachable"
	}
}
