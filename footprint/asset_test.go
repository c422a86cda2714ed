package footprint

import "testing"

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		value      string
		want       string // "" : refused
		refusedFor string
	}{
		{Prefix, "192.0.2.0/28", "192.0.2.0/28", ""},
		{Prefix, " 192.0.2.7 ", "192.0.2.7/32", ""},
		{Prefix, "2001:DB8::/32", "2001:db8::/32", ""},
		{Prefix, "2001:db8::1", "2001:db8::1/128", ""},
		{Prefix, "::ffff:192.0.2.0/124", "192.0.2.0/28", ""},
		{Prefix, "::ffff:192.0.2.7", "192.0.2.7/32", ""},
		{Prefix, "::ffff:0:0/90", "", "mixes"},
		{Prefix, "192.0.2.7/28", "", "bits behind the mask"},
		{Prefix, "0.0.0.0/0", "", "too wide"},
		{Prefix, "128.0.0.0/1", "", "too wide"},
		{Prefix, "8.0.0.0/7", "", "too wide"},
		{Prefix, "::/0", "", "too wide"},
		{Prefix, "2a00::/12", "", "too wide"},
		{Prefix, "10.1.0.0/16", "", "private"},
		{Prefix, "172.16.0.0/12", "", "private"},
		{Prefix, "192.168.1.1", "", "private"},
		{Prefix, "100.64.0.0/16", "", "shared"},
		{Prefix, "127.0.0.1", "", "loopback"},
		{Prefix, "169.254.1.0/24", "", "link-local"},
		{Prefix, "224.0.0.1", "", "multicast"},
		{Prefix, "255.255.255.255", "", "broadcast"},
		{Prefix, "240.0.0.0/8", "", "reserved"},
		{Prefix, "fe80::1", "", "link-local"},
		{Prefix, "fe80::1%eth0", "", "zone"},
		{Prefix, "fd00::/48", "", "unique local"},
		{Prefix, "ff02::1", "", "multicast"},
		{Prefix, "::1", "", "loopback"},
		{Prefix, "2002:c000:200::/40", "", "6to4"},
		{Prefix, "", "", "empty"},
		{Prefix, "192.0.2.0/33", "", "malformed"},
		{Prefix, "192.0.2", "", "malformed"},
		{Prefix, "example.nl", "", "malformed"},
		{ASN, "AS64500", "AS64500", ""},
		{ASN, "as1136", "AS1136", ""},
		{ASN, "1136", "AS1136", ""},
		{ASN, "AS0", "", "reserved"},
		{ASN, "AS64512", "", "private"},
		{ASN, "AS4200000001", "", "private"},
		{ASN, "AS65535", "", "reserved"},
		{ASN, "AS23456", "", "reserved"},
		{ASN, "AS4294967296", "", "too big"},
		{ASN, "AS-5", "", "malformed"},
		{ASN, "+5", "", "malformed"},
		{ASN, "AS", "", "malformed"},
		{Domain, "Example.NL.", "example.nl", ""},
		{Domain, "*.example.nl", "example.nl", ""},
		{Domain, "bücher.example", "xn--bcher-kva.example", ""},
		{Domain, "BÜCHER.example", "xn--bcher-kva.example", ""},
		{Domain, "xn--bcher-kva.example", "xn--bcher-kva.example", ""},
		{Domain, "mail.example.co.uk", "mail.example.co.uk", ""},
		{Domain, "nl", "", "public suffix"},
		{Domain, "co.uk", "", "public suffix"},
		{Domain, "github.io", "", "public suffix, private part"},
		{Domain, "someone.github.io", "someone.github.io", ""},
		{Domain, "localhost", "", "special"},
		{Domain, "printer.local", "", "special"},
		{Domain, "2.0.192.in-addr.arpa", "", "special"},
		{Domain, "192.0.2.7", "", "address"},
		{Domain, "http://example.nl/", "", "URL"},
		{Domain, "info@example.nl", "", "mail address"},
		{Domain, "exa mple.nl", "", "space"},
		{Domain, "a..nl", "", "empty label"},
		{Domain, ".nl", "", "empty label"},
		{Domain, "example.nl\x00", "", "control"},
		{Domain, "example.nl\r\nBcc: x@example.com", "", "control"},
		{Product, "Exim 4.96", "Exim 4.96", ""},
		{Product, "", "", "empty"},
	} {
		got, err := Canonical(c.kind, c.value)
		if (err != nil) != (c.want == "") || got != c.want {
			t.Errorf("Canonical(%s, %q) = %q, %v; want %q (refused: %s)", c.kind, c.value, got, err, c.want, c.refusedFor)
		}
		if err == nil {
			if again, err := Canonical(c.kind, got); err != nil || again != got {
				t.Errorf("Canonical(%s, %q) is not its own canonical form: %q, %v", c.kind, got, again, err)
			}
		}
	}
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"example.nl", "EXAMPLE.nl.", "*.a.b", "bücher.example", "a..b", "\x00", "_dmarc.x.nl", "ß.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := Normal(s)
		if !ok {
			return
		}
		if len(n) > 253 || n == "" {
			t.Fatalf("Normal(%q) = %q", s, n)
		}
		for _, c := range []byte(n) {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
				t.Fatalf("Normal(%q) = %q holds %q", s, n, c)
			}
		}
		if again, ok := Normal(n); !ok || again != n {
			t.Fatalf("Normal(%q) = %q, but Normal of that is %q, %v", s, n, again, ok)
		}
	})
}
