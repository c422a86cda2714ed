package mail

// Post is where mails are handed over.
type Post struct {
	Servers    []*Client // one connection each, used at the same time
	Signer     *Signer   // nil: mails are not signed
	ReturnPath string    // envelope sender
	Held       error     // why nothing may be sent yet; nil: it may
}
