package signin

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"polder/internal/actor"
	"polder/internal/audit"
	"polder/internal/db"
	"polder/internal/fault"
	"polder/internal/seal"
)

// lostWait is how long the person has to say no, after two members of staff said yes.
const lostWait = 24 * time.Hour

// LostState is how a request of somebody who lost every way to sign in stands.
type LostState string

// The states.
const (
	LostAsked     LostState = "asked"     // the mail address is proven; nobody of staff has said yes
	LostSeconded  LostState = "seconded"  // one has
	LostWaiting   LostState = "waiting"   // two have; a day passes
	LostDone      LostState = "done"      // the link was mailed
	LostRefused   LostState = "refused"   // by staff
	LostCancelled LostState = "cancelled" // by the person, signed in
)

// lostMoves says who moves a request from one state to another: code and tests read it.
var lostMoves = map[[2]LostState]string{
	{LostAsked, LostSeconded}:     "staff",
	{LostSeconded, LostWaiting}:   "staff", // another one
	{LostWaiting, LostDone}:       "clock",
	{LostAsked, LostRefused}:      "staff",
	{LostSeconded, LostRefused}:   "staff",
	{LostWaiting, LostRefused}:    "staff",
	{LostAsked, LostCancelled}:    "person",
	{LostSeconded, LostCancelled}: "person",
	{LostWaiting, LostCancelled}:  "person",
}

// from lists the states from which somebody may move a request to another.
func from(to LostState, who string) (list []LostState) {
	for move, by := range lostMoves {
		if move[1] == to && by == who {
			list = append(list, move[0])
		}
	}
	return list
}

// Lost is one request.
type Lost struct {
	ID        db.ID
	Account   db.ID
	Statement string // who can vouch for the person, in its own words; "" once it ended
	State     LostState
	AskedAt   time.Time
	FirstBy   db.ID // who of staff said yes first
	FirstAt   time.Time
	SecondBy  db.ID
	DueAt     time.Time // when the link is mailed

	Name, Mail string // of the person
	FirstName  string // of who said yes first
}

// losing is what is kept while the address is being proven.
type lostPerson struct {
	Mail    string
	Account db.ID // zero: there is no account, so no code is right
}

// AskLost mails a code to the address of somebody who lost every way to sign in, and returns the
// token of the ceremony. An address without an account is mailed that; the answer is the same.
func (s *Signin) AskLost(ctx context.Context, network, address, language string) (way string, err error) {
	if address, err = MailAddress(address); err != nil {
		return "", err
	}
	if err := s.admit(ctx, "lost", network); err != nil {
		return "", err
	}
	way = seal.Token()
	return way, s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := accountByMail(ctx, tx, address)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		l := letter{name: "lost_code", code: seal.Code(), until: s.now().Add(terms[losing])}
		p := lostPerson{Mail: address}
		if a.State == Active {
			p.Account = a.ID
		}
		if err := s.hold(ctx, tx, browserOwner(way), losing, p.Account, p, l.code); err != nil {
			return err
		}
		if p.Account.IsZero() {
			l = letter{name: "lost_nobody", path: "/register", until: l.until}
		}
		return s.mailTo(ctx, tx, address, language, l)
	})
}

// ProveLost tries the code, and puts the request before staff. The mail address alone opens nothing.
func (s *Signin) ProveLost(ctx context.Context, network, way, code, statement string) error {
	if err := s.admit(ctx, "lost", network); err != nil {
		return err
	}
	statement = strings.TrimSpace(statement)
	if n := utf8.RuneCountInString(statement); n < 20 || n > 2000 || !utf8.ValidString(statement) || strings.ContainsRune(statement, 0) {
		return fault.New(fault.Invalid, "signin.wrong.statement")
	}
	owner := browserOwner(way)
	right := false
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if right, err = s.tryCode(ctx, tx, owner, losing, seal.Digits(code)); err != nil {
			return err
		}
		var p lostPerson
		if _, err := s.held(ctx, tx, owner, losing, &p); err != nil {
			return err
		}
		if right = right && !p.Account.IsZero(); !right {
			return nil
		}
		if _, err := dropCeremony(ctx, tx, owner, losing); err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, p.Account)
		if err != nil {
			return err
		}
		if a.State != Active {
			return over()
		}
		if _, err := openLost(ctx, tx, a.ID); err == nil {
			return nil // it is before staff already
		} else if !errors.Is(err, db.ErrNoRows) {
			return err
		}
		l := Lost{ID: db.NewID(), Account: a.ID, Statement: statement, AskedAt: s.now()}
		if err := insertLost(ctx, tx, l); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, "lost_asked"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Actor: "somebody", Action: audit.Factor, Object: "account " + a.ID.String(), Detail: "new access asked for"})
	})
	if err == nil && !right {
		err = fault.New(fault.Invalid, "signin.wrong.code")
	}
	return err
}

// vouchers are the roles that decide on requests.
const vouchers = actor.Administrator | actor.Adviser

// staff returns the signed-in member of staff, who has any of the roles at this moment.
func (s *Signin) staff(ctx context.Context, tx *db.Tx, roles actor.Roles) (Account, error) {
	a, err := accountByID(ctx, tx, actor.From(ctx).Account)
	if errors.Is(err, db.ErrNoRows) || err == nil && (a.State != Active || !a.Staff.Any(roles)) {
		return a, fault.Hidden()
	}
	return a, err
}

// Losts returns the requests that have not ended, the oldest first.
func (s *Signin) Losts(ctx context.Context) (list []Lost, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.staff(ctx, tx, vouchers); err != nil {
			return err
		}
		list, err = openLosts(ctx, tx, 200)
		return err
	})
	return list, err
}

// CountLost counts the requests that wait for who is asking, when that is somebody who decides on them; at most 200.
func (s *Signin) CountLost(ctx context.Context, tx *db.Tx) (int, error) {
	if _, err := s.staff(ctx, tx, vouchers); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return 0, err
	}
	list, err := openLosts(ctx, tx, 200)
	return len(list), err
}

// Vouch says yes to a request: the first time it is seconded, and by somebody else it begins to wait.
func (s *Signin) Vouch(ctx context.Context, id string) error {
	return s.decide(ctx, id, func(tx *db.Tx, who, a Account, l Lost) error {
		if a.ID == who.ID || l.FirstBy == who.ID {
			return fault.New(fault.Denied, "signin.wrong.same_staff")
		}
		if l.State == LostAsked {
			n, err := secondLost(ctx, tx, l.ID, from(LostSeconded, "staff"), who.ID, s.now())
			if err != nil || n == 0 {
				return errors.Join(err, gone())
			}
			return s.tell(ctx, tx, a, "lost_seconded")
		}
		due := s.now().Add(lostWait)
		n, err := waitLost(ctx, tx, l.ID, from(LostWaiting, "staff"), who.ID, s.now(), due)
		if err != nil || n == 0 {
			return errors.Join(err, gone())
		}
		return s.tell(ctx, tx, a, "lost_waiting", "When", s.printer(a.Language).DateTime(due))
	}, "said yes")
}

// RefuseLost says no to a request.
func (s *Signin) RefuseLost(ctx context.Context, id string) error {
	return s.decide(ctx, id, func(tx *db.Tx, _, a Account, l Lost) error {
		n, err := endLost(ctx, tx, l.ID, from(LostRefused, "staff"), LostRefused, s.now())
		if err != nil || n == 0 {
			return errors.Join(err, gone())
		}
		return s.tell(ctx, tx, a, "lost_refused")
	}, "refused")
}

func gone() error { return fault.New(fault.Conflict, "signin.wrong.decided") }

func (s *Signin) decide(ctx context.Context, id string, fn func(tx *db.Tx, who, a Account, l Lost) error, what string) error {
	if _, err := s.fresh(ctx); err != nil {
		return err
	}
	key, err := db.ParseID(id)
	if err != nil {
		return fault.Hidden()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		who, err := s.staff(ctx, tx, vouchers)
		if err != nil {
			return err
		}
		l, err := lostByID(ctx, tx, key)
		if errors.Is(err, db.ErrNoRows) {
			return fault.Hidden()
		}
		if err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, l.Account)
		if err != nil {
			return err
		}
		if err := fn(tx, who, a, l); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Decide, Object: "account " + a.ID.String(), Detail: "new access " + l.ID.String() + ": " + what})
	})
}

// OpenLost tells whether there is a request for the signed-in person's account.
func (s *Signin) OpenLost(ctx context.Context) (there bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := openLost(ctx, tx, actor.From(ctx).Account)
		there = err == nil
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	return there, err
}

// CancelLost ends the request for the signed-in person's account: whoever can sign in has not lost
// everything.
func (s *Signin) CancelLost(ctx context.Context) error {
	who := actor.From(ctx)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := openLost(ctx, tx, who.Account)
		if errors.Is(err, db.ErrNoRows) {
			return gone()
		}
		if err != nil {
			return err
		}
		n, err := endLost(ctx, tx, l.ID, from(LostCancelled, "person"), LostCancelled, s.now())
		if err != nil || n == 0 {
			return errors.Join(err, gone())
		}
		a, err := accountByID(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, "lost_cancelled"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Event{At: s.now(), Action: audit.Factor, Object: "account " + who.Account.String(), Detail: "new access cancelled by its person"})
	})
}

// restore mails the link of every request whose day has passed. Run twice it mails once.
func (s *Signin) restore(ctx context.Context) error {
	var due []Lost
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		due, err = dueLosts(ctx, tx, s.now(), 100)
		return err
	})
	for _, l := range due {
		err = errors.Join(err, s.db.Write(ctx, func(tx *db.Tx) error {
			n, err := endLost(ctx, tx, l.ID, from(LostDone, "clock"), LostDone, s.now())
			if err != nil || n == 0 {
				return err
			}
			a, err := accountByID(ctx, tx, l.Account)
			if err != nil || a.State != Active {
				return err
			}
			path, err := s.newLink(ctx, tx, a.ID, "lost")
			if err != nil {
				return err
			}
			return s.post(ctx, tx, a.Mail, a.Language, letter{name: "lost_done", path: path, until: s.now().Add(linkValid)})
		}))
	}
	return err
}
