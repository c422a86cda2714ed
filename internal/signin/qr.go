package signin

import (
	"fmt"
	"image"
	"strings"
)

// drawn turns a picture of black and white points into SVG, one path, with the quiet zone of four
// points around it that readers need. It is black on white in a dark page too: readers need that.
func drawn(m image.Image) []byte {
	const quiet = 4
	b := m.Bounds()
	var path strings.Builder
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			from := x
			for x < b.Max.X && black(m, x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from-b.Min.X+quiet, y-b.Min.Y+quiet, n, n)
			}
		}
	}
	side := b.Dx() + 2*quiet
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="264" height="264" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
		side, side, side, side, path.String())
}

func black(m image.Image, x, y int) bool {
	r, _, _, _ := m.At(x, y).RGBA()
	return r < 0x8000
}
