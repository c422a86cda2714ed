package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"polder/internal/actor"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/web"
	"polder/notify/feeds"
)

// wishAPI registers what programs can ask about messages, and how an organisation wants them.
func (n *Notify) wishAPI(api *web.API) {
	web.Operate(api, web.Operation{Route: "GET /notifications", ID: "list-notifications", Scope: "exposures:read", Text: "notify.api.notifications"}, n.apiNotifications)
	web.Operate(api, web.Operation{Route: "GET /notifications/{notification}", ID: "get-notification", Scope: "exposures:read", Text: "notify.api.notification"}, n.apiNotification)
	web.Operate(api, web.Operation{Route: "GET /preferences", ID: "get-preferences", Scope: "organisation:read", Text: "notify.api.preferences"}, n.apiPreferences)
	web.Operate(api, web.Operation{Route: "PUT /preferences", ID: "put-preferences", Scope: "organisation:write", Text: "notify.api.prefer"}, n.apiPrefer)
	api.Raw(web.Operation{Route: "GET /exposures/export", ID: "export-exposures", Scope: "exposures:read", Text: "notify.api.export"}, "application/x-ndjson", n.apiExport)
}

// apiMessage is a message to the organisation as programs see it.
type apiMessage struct {
	ID        db.ID      `json:"id" format:"uuid" doc:"Stays the same."`
	Reference string     `json:"reference" doc:"The number in the subject."`
	Kind      string     `json:"kind" enum:"warning,reminder,closing" doc:"closing: what it is about was solved."`
	Severity  string     `json:"severity" enum:"critical,high,medium,low,info" doc:"The worst in it."`
	Subject   string     `json:"subject" doc:"As it was sent."`
	Exposures int        `json:"exposures" doc:"How many it is about."`
	Language  string     `json:"language" enum:"nl,en" doc:"Of the text."`
	CreatedAt time.Time  `json:"created_at" doc:"When it was written."`
	State     string     `json:"state" enum:"queued,held,sent,deferred,bounced,failed" doc:"How far it came to the main contact; held: it waits for our people."`
	SentAt    *time.Time `json:"sent_at,omitempty" doc:"When the mail server of the main contact took it."`
}

// apiMessageWhole is a message with its text.
type apiMessageWhole struct {
	apiMessage
	Text       string        `json:"text" doc:"As it was sent, with the address of your exposures where the secret link was."`
	Deliveries []apiDelivery `json:"deliveries" nullable:"false" doc:"To whom it went."`
}

type apiDelivery struct {
	Address  string     `json:"address" doc:"The mailbox."`
	Behalf   string     `json:"on_behalf_by,omitempty" doc:"The organisation that holds a mandate from you, for its copy."`
	Language string     `json:"language" doc:"Of what went there."`
	State    string     `json:"state" doc:"How far it came."`
	SentAt   *time.Time `json:"sent_at,omitempty" doc:"When it was taken."`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func apiOfSent(s Sent) apiMessage {
	return apiMessage{ID: s.ID, Reference: s.Reference, Kind: s.Kind, Severity: feeds.Severity(s.Severity).String(), Subject: s.Subject, Exposures: s.Exposures,
		Language: s.Language, CreatedAt: s.CreatedAt, State: string(s.State), SentAt: moment(s.SentAt)}
}

type apiMessages struct{ Body web.Piece[apiMessage] }

func (n *Notify) apiNotifications(ctx context.Context, in *struct{ web.Paging }) (*apiMessages, error) {
	after, err := in.After(1)
	if err != nil {
		return nil, err
	}
	var before db.ID
	if after[0] != "" {
		if before, err = warningID(after[0]); err != nil {
			return nil, err
		}
	}
	w, err := n.Warnings(ctx, actor.From(ctx).Bound, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows := make([]apiMessage, len(w.List))
	for i, s := range w.List {
		rows[i] = apiOfSent(s)
	}
	return &apiMessages{web.PieceOf(in.Paging, rows, func(m apiMessage) []string { return []string{m.ID.String()} })}, nil
}

type apiMessageOut struct{ Body apiMessageWhole }

func (n *Notify) apiNotification(ctx context.Context, in *struct {
	Notification string `path:"notification" maxLength:"100" doc:"Id of the message."`
}) (*apiMessageOut, error) {
	id, err := warningID(in.Notification)
	if err != nil {
		return nil, err
	}
	s, err := n.Warning(ctx, actor.From(ctx).Bound, id)
	if err != nil {
		return nil, err
	}
	out := apiMessageWhole{apiMessage: apiOfSent(s), Text: s.Text, Deliveries: []apiDelivery{{Address: s.Recipient, Language: s.Language, State: string(s.State), SentAt: moment(s.SentAt)}}}
	for _, c := range s.Copies {
		out.Deliveries = append(out.Deliveries, apiDelivery{c.Recipient, c.Behalf, c.Language, string(c.State), moment(c.SentAt)})
	}
	return &apiMessageOut{out}, nil
}

// apiWishes is how an organisation wants to be warned, as programs see it.
type apiWishes struct {
	HowSoon    apiHowSoon     `json:"how_soon" doc:"By severity."`
	Recipients []apiRecipient `json:"recipients" nullable:"false" doc:"Mailboxes that get our mail."`
	Others     []apiRecipient `json:"others" nullable:"false" doc:"Mailboxes that could get it too: confirmed contacts, and holders of a mandate who may act."`
}

type apiHowSoon struct {
	Critical string `json:"critical" doc:"Always at_once."`
	High     string `json:"high" doc:"At most a day later."`
	Medium   string `json:"medium" doc:"At most a week later."`
	Low      string `json:"low" doc:"Or never."`
}

type apiRecipient struct {
	ID       db.ID  `json:"id" format:"uuid" doc:"Of the mailbox."`
	Address  string `json:"address" doc:"Where it goes."`
	Language string `json:"language" enum:"nl,en" doc:"Of its mail."`
	Main     bool   `json:"main" doc:"The main contact, which gets all."`
	Behalf   string `json:"on_behalf_by,omitempty" doc:"The organisation that holds a mandate from you."`
}

func apiOfWishes(w Wishes) apiWishes {
	out := apiWishes{HowSoon: apiHowSoon{string(w.Cadence[feeds.Critical]), string(w.Cadence[feeds.High]), string(w.Cadence[feeds.Medium]), string(w.Cadence[feeds.Low])},
		Recipients: []apiRecipient{}, Others: []apiRecipient{}}
	for _, m := range w.Mailboxes {
		r := apiRecipient{m.ID, m.Email, m.Lang, m.Main, m.Holder}
		if m.Chosen {
			out.Recipients = append(out.Recipients, r)
		} else {
			out.Others = append(out.Others, r)
		}
	}
	return out
}

type apiWishesOut struct{ Body apiWishes }

func (n *Notify) apiPreferences(ctx context.Context, _ *struct{}) (*apiWishesOut, error) {
	w, err := n.Wishes(ctx, actor.From(ctx).Bound)
	if err != nil {
		return nil, err
	}
	return &apiWishesOut{apiOfWishes(w)}, nil
}

type apiPreferIn struct {
	Body struct {
		HowSoon *struct {
			High   string `json:"high,omitempty" enum:"at_once,daily" doc:"How soon you hear of it."`
			Medium string `json:"medium,omitempty" enum:"at_once,daily,weekly" doc:"How soon you hear of it."`
			Low    string `json:"low,omitempty" enum:"at_once,daily,weekly,never" doc:"How soon you hear of it."`
		} `json:"how_soon,omitempty" doc:"By severity; what is absent stays."`
		Recipients *[]struct {
			ID       db.ID  `json:"id" format:"uuid" doc:"Of the mailbox."`
			Language string `json:"language" enum:"nl,en" doc:"Of its mail."`
		} `json:"recipients,omitempty" maxItems:"5" doc:"All mailboxes that get our mail; absent: those that do now. The main contact gets it in any case."`
	}
}

func (n *Notify) apiPrefer(ctx context.Context, in *apiPreferIn) (*apiWishesOut, error) {
	cadence := map[feeds.Severity]Cadence{}
	if h := in.Body.HowSoon; h != nil {
		for s, v := range map[feeds.Severity]string{feeds.High: h.High, feeds.Medium: h.Medium, feeds.Low: h.Low} {
			if v != "" {
				cadence[s] = Cadence(v)
			}
		}
	}
	var recipients map[db.ID]string
	if in.Body.Recipients != nil {
		recipients = map[db.ID]string{}
		for _, r := range *in.Body.Recipients {
			recipients[r.ID] = r.Language
		}
	}
	if err := n.Wish(ctx, actor.From(ctx).Bound, cadence, recipients); err != nil {
		return nil, err
	}
	return n.apiPreferences(ctx, nil)
}

// apiExport writes every exposure of the organisation, one on a line, in pieces: none of them holds the
// database, and their number does not matter. When it breaks off, so does the connection.
func (n *Notify) apiExport(w http.ResponseWriter, r *http.Request) error {
	const piece = 500
	ctx, organisation := r.Context(), actor.From(r.Context()).Bound
	var after []byte
	out := json.NewEncoder(w)
	for {
		list, err := n.changed(ctx, organisation, Search{}, time.Time{}, append([]byte{}, after...), piece)
		if err != nil {
			return err
		}
		if after == nil {
			h := w.Header()
			h.Set("Content-Type", "application/x-ndjson")
			h.Set("Cache-Control", "no-store")
			h.Set("Content-Disposition", `attachment; filename="exposures.ndjson"`)
			w.WriteHeader(http.StatusOK)
		}
		for _, e := range list {
			if err := out.Encode(apiOf(e)); err != nil {
				return fault.Wrap(fault.Internal, err, "")
			}
		}
		if len(list) < piece {
			return nil
		}
		after = list[len(list)-1].Fingerprint[:]
		web.Longer(w)
	}
}
