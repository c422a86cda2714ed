// Package web is the house that every page stands in: routes with a named access, one layout, one look, two languages,
// one place that turns an error into a page, and the headers that keep a page from doing harm.
//
// # A route
//
//	site.Handle("GET /verify", web.Public, n.showVerify)
//
// A handler parses, calls one verb, renders, and returns its error. Who may come is part of the route: Handle panics
// without an Access, and Routes lists all of them for review. Errors are made with internal/fault; what has no kind is
// our own fault and shows nothing of its cause. A handler that has begun to write must not return an error that
// somebody should read: use Site.Render, which writes only when the whole page is there.
//
// # Who is asking
//
// Options.People finds out who is asking, anew for each request; the handler finds it in the context (actor.From). Access
// says who may come: Public, SignedIn, Staff(roles), Organisation(places) for a path with {organisation}, Program(scope)
// for API tokens; .Fresh() asks for a factor in the last ten minutes. Whoever may not come gets the page of something
// that does not exist. Site.Entry puts a page in the list beside the pages of its section ("o", "desk", "account") for
// those who may see it, in the order of Site.Order; Page.Under names the entry that a page belongs to where its path does not.
// Site.Local is the gate for every "where to go next" that comes from outside.
//
// # A page
//
// A domain keeps its pages in templates/NAME.html, each with {{define "main"}}; files that begin with "_" are shared by
// the pages of the domain. They are parsed once, with the layout and the partials of this package:
//
//	pages, err := web.ParseTemplates(files, "templates/*.html")
//	return site.Render(w, r, pages, "verify", web.Page{Title: p.T("notify.verify.title"), Data: view})
//
// The dot of "main" is the Page, so a page reads .Title and .Data.Reference. Functions: t and n (messages), date,
// datetime (a <time> element), number, duration, list, asset (address of a static file), url (address with the base
// URL), lang, notice, empty, status and field (which make the values that the partials of those names take).
//
// A page works without script. What cannot, such as a passkey, names the files of static/ that it needs in Page.Scripts,
// and says on the page what to do without.
//
// Partials, called as {{template "NAME" VALUE}}:
//
//	badge          a severity: "critical", "high", "medium", "low", "info", "unknown", or anything whose String is that
//	status         (status "open|busy|done|muted|alarm" TEXT): a state as a small tag
//	notice         (notice "info|ok|warning|error" TITLE TEXT): a box with a message; TITLE or TEXT may be ""
//	empty          (empty TITLE TEXT): what a list says when it has nothing, and what to do
//	copyable       a long id in monospace, with a button that copies it
//	pager          a Pager: previous and next as plain links
//	field          a Field: label, hint, error and input belong together; (field NAME LABEL VALUE) for the plain case
//	error-summary  a []FieldError; the layout shows Page.Errors by itself and moves the focus there
//
// Classes of static/polder.css for what a template writes itself: "lead" (first sentence), "reading" (66 characters
// wide), "muted", "mono", "num" (right-aligned figures), "actions" (a row of buttons), "choices" with "choice" (answers
// as large buttons), "steps" (numbered steps), "facts" (a definition list), "figures" with "figure" (large numbers),
// "doors" with "door" (ways on), "filters", "inbox" with "inbox-row", "mail" (a mail as it was sent), "cards" on a
// <table> (below 600 px each row becomes a card that takes its labels from data-label; with "cards--early" below 960 px;
// "nil" leaves a cell out of a card), "panel" (what matters now), "split" (two columns where there is room), "bars" (a table
// that is a picture too), "under" (a second line in a cell),
// "outcome" with "outcome__title" (what came of what the reader did), "kicker" (a line above the h1), "facts--row" (short
// facts side by side), "choices--pairs" in "answers", "pick" (a tick box with its words), "call", "visually-hidden". Parts of
// NL Design System are under their own names: utrecht-button, utrecht-alert, utrecht-table, utrecht-data-list,
// utrecht-form-field, utrecht-textbox, utrecht-skip-link. Styles and scripts in a page itself do not work: the content
// security policy refuses them.
//
// # An operation for programs
//
//	web.Operate(api, web.Operation{Route: "GET /assets", ID: "list-assets", Scope: "assets:read", Text: "footprint.api.assets"}, f.apiAssets)
//
// in api.go of a domain, in func (f *Footprint) API(api *web.API). It is the route GET /api/v1/assets with access
// Program("assets:read"). The handler takes a struct whose tags say what may come from path, query and body, calls one
// verb, and returns its error as it is. A list embeds Paging in its input and answers with PieceOf. Text.title and
// Text.text are in the catalogue; a field has its meaning in a doc tag, in English. Cookies count for nothing there.
//
// # A theme
//
// Options.Theme is a folder of the operator: tokens.css (loaded after ours, so it may change a few tokens or all),
// logo.svg, favicon.svg, fonts/*.woff2 (which its tokens.css may name) and name.txt. No template need be touched.
package web
