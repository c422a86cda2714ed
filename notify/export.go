package notify

import (
	"context"
	"time"

	"polder/internal/db"
	"polder/internal/mail"
)

// exportedWarning is a message as an organisation takes it with it. The secret link is not in it.
type exportedWarning struct {
	Reference string    `json:"reference"`
	Kind      string    `json:"kind"`
	CreatedAt time.Time `json:"created_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	Recipient string    `json:"recipient"`
	State     Delivery  `json:"state"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
}

// exportedAnswer is what somebody told us about exposures.
type exportedAnswer struct {
	At        time.Time `json:"at"`
	By        string    `json:"by"` // "recipient", "supplier", "person", "program"
	Answer    Answer    `json:"answer"`
	Note      string    `json:"note,omitempty"`
	Exposures int       `json:"exposures"`
}

// ExportExposures writes the exposures that the organisation may see, one after the other, in the
// caller's transaction. The caller has asked who may.
func (n *Notify) ExportExposures(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	return eachExposureOf(ctx, tx, organisation, func(e Exposure) error {
		if !n.shows(sight{every: true}, &e) {
			return nil
		}
		return write(apiOf(e))
	})
}

// ExportWarnings writes the messages that went to the organisation, as ExportExposures does.
func (n *Notify) ExportWarnings(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	return eachWarningWhole(ctx, tx, organisation, func(w exportedWarning) error {
		if !readable(w.State) {
			return nil
		}
		w.Text = mail.Fill(w.Text, n.set.BaseURL+"/o/"+organisation.String()+"/exposures")
		return write(w)
	})
}

// ExportAnswers writes what was answered for the organisation, as ExportExposures does.
func (n *Notify) ExportAnswers(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	return eachAnswer(ctx, tx, "organisation_id", organisation, func(a exportedAnswer) error { return write(a) })
}

// ExportPerson returns what a person who was signed in answered, for the person's own export, in the
// caller's transaction.
func (n *Notify) ExportPerson(ctx context.Context, tx *db.Tx, account db.ID) (any, error) {
	list := []exportedAnswer{}
	err := eachAnswer(ctx, tx, "account_id", account, func(a exportedAnswer) error { list = append(list, a); return nil })
	return list, err
}
