package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"polder/internal/actor"
	"polder/internal/config"
	"polder/internal/fault"
	"polder/internal/web"
)

type serveCommand struct {
	NoWork bool `help:"Serve pages only; the work is done by 'polder work' elsewhere."`
}

// Run serves the pages until it is stopped.
func (c *serveCommand) Run(ctx context.Context, set *config.Settings, s streams) error {
	return with(ctx, set, s, func(a *app) error {
		if err := a.footprint.Load(ctx); err != nil {
			return err
		}
		a.warn()
		site, err := a.site(web.Options{})
		if err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return a.serve(ctx, site, s) })
		if !c.NoWork {
			g.Go(func() error { return a.work(ctx) })
		} else {
			g.Go(func() error { a.footprint.Follow(ctx); return nil })
			g.Go(func() error { a.notify.FollowTexts(ctx); return nil })
		}
		return g.Wait()
	})
}

// site makes the pages; o says what differs from those of a serving centre.
func (a *app) site(o web.Options) (*web.Site, error) {
	o.Name, o.BaseURL, o.Catalog, o.Log = a.set.Name, a.set.BaseURL, a.catalog, a.log
	if a.set.Theme != "" {
		o.Theme = os.DirFS(a.set.Theme)
	}
	o.People = a.signin.People()
	o.People.In = func(r *http.Request, who actor.Actor, organisation string) (actor.Actor, error) {
		return a.directory.In(r.Context(), who, organisation)
	}
	if o.Demo {
		o.People.Session = alwaysFresh(a, o.People.Session)
	}
	o.Now = a.now
	metrics := newMetrics(a)
	o.Observe = metrics.observe
	site, err := web.New(o)
	if err != nil {
		return nil, err
	}
	a.directory.Routes(site)
	a.notify.Routes(site) // before footprint: the list beside the pages leads to what was found first
	a.footprint.Routes(site)
	a.collect.Routes(site)
	a.outreach.Routes(site)
	a.directory.TokenRoutes(site, a.signin)
	a.follow.Routes(site)
	a.signin.Routes(site)
	a.signin.ProgramRoutes(site)
	const portal = "/o/{organisation}"
	site.Order(portal, portal+"/exposures", portal+"/warnings", portal+"/assets", portal+"/contacts", portal+"/people", portal+"/mandates", portal+"/clients", portal+"/tokens", portal+"/follow", portal+"/settings")
	a.insight.Routes(site)
	if err := a.deskRoutes(site); err != nil {
		return nil, err
	}
	if err := a.recordRoutes(site); err != nil {
		return nil, err
	}
	if err := a.searchRoutes(site); err != nil {
		return nil, err
	}
	const desk = "/desk"
	site.Order(desk, desk+"/search", desk+"/reports", desk+"/sources", desk+"/lists", desk+"/outgoing", desk+"/strangers", desk+"/advice", desk+"/quality",
		desk+"/organisations", desk+"/claims", desk+"/people", desk+"/recovery", desk+"/record")
	api := web.NewAPI(site, 5, 100)
	a.signin.API(api)
	a.directory.API(api)
	a.footprint.API(api)
	a.notify.API(api)
	a.collect.API(api)
	a.follow.API(api)
	a.operatorRoutes(site, metrics, o.Demo)
	return site, nil
}

// serve answers requests until ctx ends, and lets those that are under way come to their end.
func (a *app) serve(ctx context.Context, site *web.Site, s streams) error {
	listener, err := net.Listen("tcp", a.set.Listen)
	if err != nil {
		return unusable{fault.Wrap(fault.Invalid, err, "POLDER_LISTEN cannot be used; choose another address or port")}
	}
	fmt.Fprintf(s.out, "Polder serves %s on %s\n", a.set.BaseURL, listener.Addr())
	return serveOn(ctx, site, listener)
}

// serveOn is serve on a listener that is there already, which it closes.
func serveOn(ctx context.Context, site *web.Site, listener net.Listener) error {
	server := site.Server(listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
