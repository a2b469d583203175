// Package tlsalpn01 would prove the ownership of a name by a handshake.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/certificate"
)

// ACMETLS1Protocol is the protocol that such a handshake names (RFC 8737).
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption is one option.
type ChallengeOption func()

// SetDelay has no effect.
func SetDelay(time.Duration) ChallengeOption { return func() {} }

// ChallengeBlocks refuses.
func ChallengeBlocks(string, string) ([]byte, []byte, error) {
	return nil, nil, certificate.ErrNotBuiltIn
}
