package main

import (
	"net"

	"github.com/miekg/dns"
)

// demoNames is the name server of the demo. The country is invented, so it knows no name at all: proofs are looked for, are
// not there, and nobody outside is asked.
type demoNames struct{ server *dns.Server }

func openDemoNames() (*demoNames, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &demoNames{&dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeNameError)) //nolint:errcheck // who asked is gone, and asks again
	})}}
	go n.server.ActivateAndServe() //nolint:errcheck // it ends when it is closed
	return n, nil
}

func (n *demoNames) address() string { return n.server.PacketConn.LocalAddr().String() }

func (n *demoNames) close() error { return n.server.PacketConn.Close() }
