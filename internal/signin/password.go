package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"polder/internal/db"
	"polder/internal/fault"
)

// cost is what one password costs whoever guesses: memory in KiB, rounds and lanes of argon2id.
type cost struct {
	memory uint32
	rounds uint32
	lanes  uint8
}

// usualCost takes about a tenth of a second and 64 MiB.
var usualCost = cost{memory: 64 << 10, rounds: 1, lanes: 2}

const (
	saltLength    = 16
	hashLength    = 32
	hashesAtOnce  = 4               // 256 MiB at most, whatever comes in
	longestForTry = 4 * time.Second // how long a sign-in waits for its turn
)

// hashPassword returns what is kept of a password, with the parameters in it.
func (s *Signin) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	sum, err := s.argon(ctx, password, salt, s.cost)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.cost.memory, s.cost.rounds, s.cost.lanes, b64(salt), b64(sum)), nil
}

// mostNewPasswords is how many one person may choose in ten minutes: each is hashed, which is what a
// small machine has little of.
const mostNewPasswords = 20

// hashNew is hashPassword for a password that somebody chooses.
func (s *Signin) hashNew(ctx context.Context, who, password string) (string, error) {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		return s.within(ctx, tx, "new passwords of "+who, mostNewPasswords, 10*time.Minute)
	})
	if err != nil {
		return "", err
	}
	return s.hashPassword(ctx, password)
}

// checkPassword tells whether the password is the one of the hash; stale that the hash was made at
// another cost. An empty hash costs the same and is never right: who has no account, or no password,
// cannot be told from who typed a wrong one.
func (s *Signin) checkPassword(ctx context.Context, password, hash string) (right, stale bool, err error) {
	c, salt, want, err := parseHash(hash)
	if hash == "" {
		c, salt, want, err = s.cost, make([]byte, saltLength), nil, nil
	}
	if err != nil {
		return false, false, err
	}
	sum, err := s.argon(ctx, password, salt, c)
	if err != nil || want == nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1, c != s.cost, nil
}

// argon hashes when it is its turn: so many at once as the machine has memory for. Whoever waits too
// long is told to come back.
func (s *Signin) argon(ctx context.Context, password string, salt []byte, c cost) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, longestForTry)
	defer cancel()
	select {
	case s.turns <- struct{}{}:
	case <-wait.Done():
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Unavailable, "signin.wrong.busy")
	}
	defer func() { <-s.turns }()
	s.hashed.Add(1)
	return argon2.IDKey([]byte(normal(password)), salt, c.rounds, c.memory, c.lanes, hashLength), nil
}

func parseHash(hash string) (c cost, salt, sum []byte, err error) {
	part := strings.Split(hash, "$")
	var version int
	if len(part) != 6 || part[1] != "argon2id" {
		return c, nil, nil, errors.New("a kept password is not argon2id")
	}
	if _, err = fmt.Sscanf(part[2]+" "+part[3], "v=%d m=%d,t=%d,p=%d", &version, &c.memory, &c.rounds, &c.lanes); err != nil {
		return c, nil, nil, fmt.Errorf("read the parameters of a kept password: %w", err)
	}
	if version != argon2.Version || c.memory > 1<<20 || c.rounds == 0 || c.rounds > 20 || c.lanes == 0 {
		return c, nil, nil, errors.New("the parameters of a kept password cannot be used")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err == nil {
		sum, err = base64.RawStdEncoding.DecodeString(part[5])
	}
	if err != nil || len(sum) != hashLength {
		return c, nil, nil, errors.New("a kept password is damaged")
	}
	return c, salt, sum, nil
}
