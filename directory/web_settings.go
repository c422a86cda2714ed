package directory

import (
	"io"
	"net/http"
	"time"

	"polder/internal/actor"
	"polder/internal/web"
)

func registrationOf(o Organisation) Registration {
	x := Registration{Scheme: o.Scheme, Number: o.RegistrationNumber, Name: o.Name, Sector: o.Sector, Size: sizeOf(o.Employees), Area: o.Province, Language: o.Language, Domain: o.Domain}
	if o.WishedName != "" {
		x.Name = o.WishedName
	}
	if o.WishedNumber != "" {
		x.Number = o.WishedNumber
	}
	return x
}

func (p *pages) settings(w http.ResponseWriter, r *http.Request) error {
	o, err := p.d.Own(r.Context(), in(r))
	if err != nil {
		return err
	}
	return p.showSettings(w, r, registrationOf(o), nil)
}

func (p *pages) showSettings(w http.ResponseWriter, r *http.Request, x Registration, bad Wrongs) error {
	say := web.Printer(r)
	v := p.formOf(say, x, bad)
	v.Accepted = actor.From(r.Context()).In.Accepted
	return p.show(w, r, "settings", say.T("directory.settings.title"), v, bad, false)
}

func (p *pages) change(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	x := readRegistration(f)
	asked, err := p.d.Change(r.Context(), in(r), x)
	bad, err := mend(err)
	switch {
	case err != nil:
		return err
	case bad != nil:
		return p.showSettings(w, r, x, bad)
	case asked:
		return back(w, r, "/settings", "wished")
	}
	return back(w, r, "/settings", "saved")
}

// export sends all that is kept for the organisation, as it is read.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	return p.d.Export(r.Context(), in(r), func(o Organisation) io.Writer {
		name := "polder-" + fileName(o.Reference) + "-" + p.d.now().UTC().Format(time.DateOnly) + ".json"
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		return w
	})
}

// fileName keeps of a reference what may stand in the name of a file.
func fileName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			b[i] = '-'
		}
	}
	return string(b)
}

type closeView struct {
	Name  string
	Until time.Time // name and number are kept until then
	Error string
}

func (p *pages) askClose(w http.ResponseWriter, r *http.Request) error { return p.showClose(w, r, nil) }

func (p *pages) showClose(w http.ResponseWriter, r *http.Request, bad Wrongs) error {
	say, name := web.Printer(r), actor.From(r.Context()).In.Name
	return p.show(w, r, "close", say.T("directory.close.title", "Organisation", name),
		closeView{Name: name, Until: p.d.now().Add(p.d.house.Settings.KeepClosed), Error: bad.text(say, "sure")}, bad, false)
}

func (p *pages) close(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	if f.Get("sure") != "1" {
		return p.showClose(w, r, Wrongs{{Field: "sure", Key: "directory.wrong.sure"}})
	}
	if err := p.d.Close(r.Context(), in(r)); err != nil {
		return err
	}
	to(w, r, "/organisations", "closed")
	return nil
}
