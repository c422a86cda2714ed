package securitytxt

import (
	"encoding/base64"
	"regexp"
	"strings"
)

const (
	beginMessage   = "-----BEGIN PGP SIGNED MESSAGE-----"
	beginSignature = "-----BEGIN PGP SIGNATURE-----"
	endSignature   = "-----END PGP SIGNATURE-----"
)

var (
	armorHeader = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*: .*$`)
	armorLine   = regexp.MustCompile(`^[A-Za-z0-9+/]{1,76}={0,2}$`)
	checksum    = regexp.MustCompile(`^=[A-Za-z0-9+/]{4}$`)
)

// checkArmor looks whether lines are a message in OpenPGP's cleartext framework (RFC 9580, 7) with one
// signature: "pgp_data_error" when the frame is not right, "pgp_error" when what it holds is no signature
// packet. It does not verify anything.
func checkArmor(lines []string) string {
	const frame = "pgp_data_error"
	start, end := -1, -1
	for i, line := range lines {
		switch strings.TrimRight(line, " \t\r") {
		case beginSignature:
			if start >= 0 {
				return frame
			}
			start = i
		case endSignature:
			if end < 0 {
				end = i
			}
		}
	}
	if start < 0 || end < start {
		return frame
	}
	body := lines[start+1 : end]
	for len(body) > 0 && armorHeader.MatchString(strings.TrimRight(body[0], " \t\r")) {
		body = body[1:]
	}
	if len(body) == 0 || strings.TrimSpace(body[0]) != "" {
		return frame // a blank line ends the headers
	}
	var text strings.Builder
	ended := false
	for _, line := range body[1:] {
		line = strings.TrimRight(line, " \t\r")
		switch {
		case ended && line != "":
			return frame
		case checksum.MatchString(line):
			ended = true
		case line != "" && !armorLine.MatchString(line):
			return frame
		case line != "":
			text.WriteString(line)
		}
	}
	packet, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil || !isSignature(packet) {
		return "pgp_error"
	}
	return ""
}

// isSignature tells whether bytes are one or more packets of which the first is a signature (tag 2), by its header.
func isSignature(b []byte) bool {
	if len(b) < 3 || b[0]&0x80 == 0 {
		return false
	}
	size, head := 0, 2
	if b[0]&0x40 != 0 { // the newer format
		if b[0]&0x3f != 2 {
			return false
		}
		switch n := int(b[1]); {
		case n < 192:
			size = n
		case n < 224:
			size, head = (n-192)<<8+int(b[2])+192, 3
		case n == 255 && len(b) >= 6:
			size, head = int(b[2])<<24|int(b[3])<<16|int(b[4])<<8|int(b[5]), 6
		default:
			return false
		}
	} else {
		if b[0]>>2&0xf != 2 {
			return false
		}
		switch b[0] & 3 {
		case 0:
			size = int(b[1])
		case 1:
			size, head = int(b[1])<<8|int(b[2]), 3
		case 2:
			if len(b) < 5 {
				return false
			}
			size, head = int(b[1])<<24|int(b[2])<<16|int(b[3])<<8|int(b[4]), 5
		default:
			return false
		}
	}
	return size > 0 && size <= len(b)-head
}
