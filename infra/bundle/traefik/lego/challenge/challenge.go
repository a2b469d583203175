// Package challenge has the interface of what would prove the ownership of a name.
package challenge

import "context"

// Provider shows a proof and takes it away.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
