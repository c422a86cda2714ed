package signin

import (
	"net/http"
	"strings"

	"polder/internal/actor"
	"polder/internal/web"
)

// People answers the site's question who is asking. In is the directory's to add.
func (s *Signin) People() web.People { return web.People{Session: s.session, Token: s.program} }

// session returns the person of the cookie, nobody without a session that lasts.
func (s *Signin) session(_ http.ResponseWriter, r *http.Request) (actor.Actor, error) {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return actor.Actor{}, nil
	}
	return s.ByToken(r.Context(), c.Value)
}

// setCookie gives the browser the token. No MaxAge: it goes when the browser closes, and the
// server's limits hold in any case.
func (s *Signin) setCookie(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: token, Path: "/", Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *Signin) dropCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// browserOf says in a few words which browser it is, for the person's own list of sessions.
func browserOf(r *http.Request) string {
	agent := r.UserAgent()
	find := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	name := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS", "macOS", "Linux", "Linux")
	return strings.TrimSpace(strings.Join([]string{name, system}, " "))
}
