package main

import (
	"strings"
	"testing"
)

func TestImportOrganisations(t *testing.T) {
	each(t, func(h *house) {
		file := h.file("o.csv", "reference,name,registration_number,sector,province,employees,language,notify_email\n",
			"bakker,Bakkerij De Korst,12345678,food,Zeeland,10-49,nl,info@korst.example\nsmid,\"Smederij \"\"Vonk\"\"\nen zoon, BV\",,,,250+,en,\n")
		// A name of two lines is refused; without it all goes in.
		h.refused(h.run("import", "organisations", file), exitRefused, "line 3", "control character", "nothing was imported")
		file = h.file("o.csv", "reference,name,registration_number,sector,province,employees,language,notify_email\n",
			"bakker,Bakkerij De Korst,12345678,food,Zeeland,10-49,nl,info@korst.example\nsmid,\"Smederij \"\"Vonk\"\" en zoon, BV\",,,,250+,en,\n")
		for _, step := range []struct{ name, file, want string }{
			{"new", file, "2 organisations: 2 new, 0 changed, 0 as they were\n"},
			{"the same file", file, "2 organisations: 0 new, 0 changed, 2 as they were\n"},
			{"other columns, order, line ends, byte order mark", h.file("p.csv", "\xef\xbb\xbfnotify_email,NAME,Reference\r\nnew@korst.example,Bakkerij De Korst,bakker\r\n,\"Zager, timmerman\",zager\r\n"),
				"2 organisations: 1 new, 1 changed, 0 as they were\n"},
			{"no last line end", h.file("q.csv", "reference,name\nlast,De Laatste"), "1 organisations: 1 new, 0 changed, 0 as they were\n"},
			{"only a header", h.file("r.csv", "reference,name\n"), "0 organisations: 0 new, 0 changed, 0 as they were\n"},
		} {
			if got := h.must("import", "organisations", step.file); got != step.want {
				h.Errorf("%s: %q, want %q", step.name, got, step.want)
			}
		}
		sameLines(h.T, "organisations", []string{
			"bakker|Bakkerij De Korst|new@korst.example", "last|De Laatste|", `smid|Smederij "Vonk" en zoon, BV|`, "zager|Zager, timmerman|"},
			h.rows(`SELECT o.reference || '|' || o.name || '|' || COALESCE(c.email, '') FROM directory_organisation o
				LEFT JOIN directory_contact c ON c.organisation_id = o.id ORDER BY 1`, 1))
		r := h.start(strings.NewReader("reference,name\npipe,Uit de pijp\n"), "import", "organisations", "-").wait()
		if r.code != exitDone || !strings.HasPrefix(r.out, "1 organisations: 1 new") {
			h.Errorf("from standard input: %v", r)
		}
	})
}

// TestImportsThatAreRefused leave nothing behind, and name every line that is wrong.
func TestImportsThatAreRefused(t *testing.T) {
	each(t, func(h *house) {
		h.register()
		organisations, assets := h.number(`SELECT count(*) FROM directory_organisation`), h.number(`SELECT count(*) FROM footprint_asset`)
		for _, c := range []struct {
			name, kind, content string
			says                []string
		}{
			{"empty", "organisations", "", []string{"empty", "reference,name"}},
			{"unknown column", "organisations", "reference,name,shoe_size\na,A,44\n", []string{"line 1", `"shoe_size"`}},
			{"missing column", "organisations", "reference,sector\na,food\n", []string{"line 1", `"name" is missing`}},
			{"column twice", "organisations", "reference,name,name\na,A,B\n", []string{"line 1", `"name"`, "twice"}},
			{"twice the same reference", "organisations", "reference,name\na,A\nb,B\na,C\n", []string{"line 4", "on line 2 already"}},
			{"many errors", "organisations", "reference,name,language,employees,notify_email\nok,Fine,nl,1,a@a.example\n,Nameless,nl,1,\nx,,fr,many,not an address\ny,Y,nl,1,\"Y <y@y.example>\"\nz,Z\n",
				[]string{"4 lines are wrong", "line 3: reference is empty", "line 4: name is empty", `language "fr"`, `employees "many"`, "notify_email", "line 5", "line 6"}},
			{"open quote", "organisations", "reference,name\na,\"A\nb,B\n", []string{"line 2"}},
			{"not UTF-8", "organisations", "reference,name\na,Caf\xe9\n", []string{"line 2", "UTF-8"}},
			{"line break in a mail address", "organisations", "reference,name,notify_email\na,A,\"a@a.example\nBcc: x@x.example\"\n", []string{"line 2", "notify_email"}},
			{"missing column of assets", "assets", "kind,value,role\nprefix,192.0.2.0/28,owner\n", []string{`"organisation_reference" is missing`}},
			{"unknown organisation", "assets", "organisation_reference,kind,value,role\nbakker,domain,bread.example,owner\nnobody,domain,nobody.example,owner\n",
				[]string{"line 3", `"nobody"`, "import organisations first"}},
			{"private, reserved, too wide", "assets", "organisation_reference,kind,value,role\n" +
				"bakker,prefix,10.0.0.0/24,owner\nbakker,prefix,127.0.0.1,owner\nbakker,prefix,224.0.0.0/24,owner\nbakker,prefix,0.0.0.0/0,owner\n" +
				"bakker,prefix,128.0.0.0/1,owner\nbakker,prefix,::/0,owner\nbakker,prefix,fe80::/64,owner\nbakker,prefix,192.0.2.1/24,owner\n" +
				"bakker,prefix,fd00::/8,owner\nbakker,asn,AS64512,owner\nbakker,asn,AS0,owner\nbakker,prefix,::ffff:10.0.0.1,owner\nbakker,prefix,2000::/3,owner\n",
				[]string{"line 2: ", "line 3: ", "line 4: ", "line 5: ", "too wide", "line 6: ", "line 7: ", "line 8: ", "line 9: ", "did you mean 192.0.2.0/24", "line 10: ",
					"line 11: AS64512 is private or reserved", "line 12: ", "line 13: ", "line 14: ", "private or reserved"}},
			{"public suffixes and odd names", "assets", "organisation_reference,kind,value,role\n" +
				"bakker,domain,nl,owner\nbakker,domain,co.uk,owner\nbakker,domain,github.io,owner\nbakker,domain,192.0.2.7,owner\nbakker,domain,a b.example,owner\nbakker,domain,,owner\n",
				[]string{"line 2: ", "line 3: ", "line 4: ", "line 5: ", "line 6: ", "line 7: "}},
			{"unknown kind and role", "assets", "organisation_reference,kind,value,role\nbakker,phone,0118,owner\nbakker,domain,bread.example,friend\n",
				[]string{`line 2: kind "phone"`, `line 3: role "friend"`}},
			{"wrong and unknown", "assets", "organisation_reference,kind,value,role\nnobody,domain,nobody.example,owner\nbakker,prefix,10.0.0.0/8,owner\n",
				[]string{`line 2: there is no organisation with reference "nobody"`, "line 3: "}},
			{"the same asset twice", "assets", "organisation_reference,kind,value,role\nbakker,domain,bread.example,owner\nbakker,domain,BREAD.example.,provider\n",
				[]string{"line 3"}},
		} {
			file := h.file("c.csv", c.content)
			h.refused(h.run("import", c.kind, file), exitRefused, c.says...)
			if o, a := h.number(`SELECT count(*) FROM directory_organisation`), h.number(`SELECT count(*) FROM footprint_asset`); o != organisations || a != assets {
				h.Fatalf("%s: %d organisations and %d assets, %d and %d before", c.name, o, a, organisations, assets)
			}
			if h.Failed() {
				h.Fatalf("in %q", c.name)
			}
		}
		for _, kind := range []string{"organisations", "assets"} {
			h.refused(h.run("import", kind, "none.csv"), exitRefused, "cannot be opened")
			h.refused(h.run("import", kind, h.dir), exitRefused, "folder")
		}
	})
}

func TestImportAndWithdrawAssets(t *testing.T) {
	each(t, func(h *house) {
		h.must("import", "organisations", h.file("o.csv", "reference,name\na,A\nb,B\n"))
		file := h.file("a.csv", "organisation_reference,kind,value,role\na,prefix,192.0.2.0/28,owner\na,prefix,::ffff:198.51.100.1,\na,asn,64500,provider\n",
			"a,domain,BÜCHER.example.,owner\na,product,Router 7,owner\nb,domain,bücher.example,provider\n")
		for _, step := range []struct{ name, want string }{
			{"new", "6 assets: 6 new, 0 changed, 0 as they were\n"}, {"again", "6 assets: 0 new, 0 changed, 6 as they were\n"},
		} {
			if got := h.must("import", "assets", file); got != step.want {
				h.Errorf("%s: %q", step.name, got)
			}
		}
		report := func(day string) string {
			return h.file("2026-11-"+day+"-scan_http-x.csv", "timestamp,ip,port,hostname\n2026-11-"+day+" 01:02:03,192.0.2.7,80,\n2026-11-"+day+" 01:02:03,203.0.113.9,80,www.xn--bcher-kva.example\n")
		}
		h.must("ingest", report("18"))
		if n := len(h.jsonLines("exposures", "--json")); n != 3 {
			h.Fatalf("%d exposures, want one of 192.0.2.7 and two of the name", n)
		}
		if got := h.must("import", "assets", "--withdraw", h.file("w.csv", "organisation_reference,kind,value\na,domain,xn--bcher-kva.example\na,domain,never.example\n")); got != "2 assets: 1 withdrawn, 1 were not registered\n" {
			h.Errorf("withdraw: %q", got)
		}
		h.must("ingest", report("19"))
		for _, e := range h.jsonLines("exposures", "--json") {
			want := 2.0
			if e["organisation"] == "a" && e["ip"] == "203.0.113.9" {
				want = 1 // withdrawn: the second report says nothing of it to them
			}
			if e["count"] != want {
				h.Errorf("%s %s was counted %v times, want %v", e["organisation"], e["ip"], e["count"], want)
			}
		}
		if got := h.must("import", "assets", h.file("again.csv", "organisation_reference,kind,value,role\na,domain,bücher.example,owner\n")); !strings.HasPrefix(got, "1 assets: 1 new") && !strings.HasPrefix(got, "1 assets: 0 new, 1 changed") {
			h.Errorf("registered once more after it was withdrawn: %q", got)
		}
	})
}
