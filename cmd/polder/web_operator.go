package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"polder/internal/actor"
	"polder/internal/fault"
	"polder/internal/web"
)

// operatorRoutes registers what the operator's machines ask, and a way on from the bare address; the
// demo has a page of its own there.
func (a *app) operatorRoutes(site *web.Site, m *metrics, demo bool) {
	site.Handle("GET /healthz", web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		return plain(w, "alive\n")
	})
	site.Handle("GET /readyz", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.db.Ping(ctx); err != nil {
			return fault.Wrap(fault.Unavailable, err, "web.error.unavailable.text")
		}
		return plain(w, "ready\n")
	})
	if !demo {
		site.Handle("GET /{$}", web.Public, home)
	}
	handler := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	site.Handle("GET /metrics", web.Operator, func(w http.ResponseWriter, r *http.Request) error {
		handler.ServeHTTP(w, r)
		return nil
	})
}

// home leads who comes to the address without a page to the one that everybody may need.
func home(w http.ResponseWriter, r *http.Request) error {
	to := "/verify"
	if actor.From(r.Context()).Known() {
		to = "/home"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func plain(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(text))
	return err
}

// metrics is what can be watched of a running centre.
type metrics struct {
	app      *app
	registry *prometheus.Registry
	requests *prometheus.HistogramVec

	assets, queue, mails *prometheus.Desc
	lines                *prometheus.Desc
}

func newMetrics(a *app) *metrics {
	m := &metrics{
		app: a, registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "polder_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.005, .02, .1, .5, 2}}, []string{"route", "status"}),
		assets: prometheus.NewDesc("polder_assets", "Assets that findings are matched with in this process.", nil, nil),
		queue:  prometheus.NewDesc("polder_jobs", "Jobs, by kind and state.", []string{"kind", "state"}, nil),
		mails:  prometheus.NewDesc("polder_mails_waiting", "Mails that the mail server has not yet accepted, by state.", []string{"state"}, nil),
		lines:  prometheus.NewDesc("polder_report_lines", "Lines of reports that are known, by source and what became of them.", []string{"source", "outcome"}, nil),
	}
	m.registry.MustRegister(m.requests, m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(route web.Route, status int, took time.Duration) {
	m.requests.WithLabelValues(route.Pattern, strconv.Itoa(status)).Observe(took.Seconds())
}

// Describe tells Prometheus what there is.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.assets, m.queue, m.mails, m.lines} {
		ch <- d
	}
}

// Collect asks the house, with queries that do not grow with its history.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	gauge(m.assets, int64(m.app.footprint.Index().Len()))
	depth, err := m.app.queue.Depth(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.queue, err)
	}
	for kind, c := range depth {
		gauge(m.queue, int64(c.Waiting), kind, "waiting")
		gauge(m.queue, int64(c.Running), kind, "running")
		gauge(m.queue, int64(c.Failed), kind, "failed")
	}
	waiting, err := m.app.notify.Waiting(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.mails, err)
	}
	for state, n := range waiting {
		gauge(m.mails, n, string(state))
	}
	sources, err := m.app.notify.Sources(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.lines, err)
	}
	for _, s := range sources {
		gauge(m.lines, s.Matched, s.Key, "matched")
		gauge(m.lines, s.Unmatched, s.Key, "unmatched")
		gauge(m.lines, s.Rejected, s.Key, "rejected")
	}
}
