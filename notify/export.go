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

// exportedWork is something that people wrote down about an exposure, or a list that a person saved.
type exportedWork struct {
	Kind     string    `json:"kind"` // "comment", "step", "link", "plan", "view"
	Exposure string    `json:"exposure,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Behalf   string    `json:"behalf,omitempty"`
	Text     string    `json:"text,omitempty"`
	Step     int       `json:"step,omitempty"`
	Until    time.Time `json:"until,omitzero"`
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

// ExportWork writes what people of the organisation and its delegates wrote down about its exposures:
// who was to do what by when, comments, ticked steps and links for suppliers, as ExportExposures does.
func (n *Notify) ExportWork(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	return eachWork(ctx, tx, "organisation_id", organisation, func(w exportedWork) error { return write(w) })
}

// ExportPersonWork returns the same of one person in all organisations, and the lists that the person
// saved.
func (n *Notify) ExportPersonWork(ctx context.Context, tx *db.Tx, account db.ID) (any, error) {
	list := []exportedWork{}
	err := eachWork(ctx, tx, "account_id", account, func(w exportedWork) error { list = append(list, w); return nil })
	return list, err
}

// ExportPerson returns what a person who was signed in answered, for the person's own export, in the
// caller's transaction.
func (n *Notify) ExportPerson(ctx context.Context, tx *db.Tx, account db.ID) (any, error) {
	list := []exportedAnswer{}
	err := eachAnswer(ctx, tx, "account_id", account, func(a exportedAnswer) error { list = append(list, a); return nil })
	return list, err
}

// ExportWishes writes how the organisation wants to be warned, as ExportExposures does.
func (n *Notify) ExportWishes(ctx context.Context, tx *db.Tx, organisation db.ID, write func(any) error) error {
	w, err := n.wishesOf(ctx, tx, organisation)
	if err != nil {
		return err
	}
	return write(apiOfWishes(w))
}
