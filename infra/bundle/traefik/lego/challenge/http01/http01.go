// Package http01 would prove the ownership of a name by a page.
package http01

import "time"

// PathPrefix is where the proof would lie (RFC 8555).
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption is one option.
type ChallengeOption func()

// SetDelay has no effect.
func SetDelay(time.Duration) ChallengeOption { return func() {} }
