package notify

import (
	"net/http"
	"strings"
)

// robots are words in the name of programs that open links in mails before a person does, or besides.
var robots = []string{"bot", "crawl", "spider", "scan", "preview", "prefetch", "proofpoint", "mimecast", "barracuda", "safelinks", "fortinet",
	"trendmicro", "curl", "wget", "python", "java/", "go-http", "okhttp", "headless", "powershell"}

// doorOf tells whether a link seems to be opened by a person or by a machine, from the request alone:
// it names itself, says that it fetches ahead, or asks as no browser does. What hides itself well
// counts as a person.
func doorOf(r *http.Request) Door {
	agent := strings.ToLower(r.UserAgent())
	ahead := strings.ToLower(r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Moz"))
	if agent == "" || r.Method != http.MethodGet || strings.Contains(ahead, "prefetch") || strings.Contains(ahead, "preview") || r.Header.Get("Accept-Language") == "" {
		return ByMachine
	}
	for _, word := range robots {
		if strings.Contains(agent, word) {
			return ByMachine
		}
	}
	return ByLink
}
