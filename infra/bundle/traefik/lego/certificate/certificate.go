// Package certificate describes requests that nobody answers here.
package certificate

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/certcrypto"
)

// ErrNotBuiltIn answers every request.
var ErrNotBuiltIn = errors.New("ACME is not built into this Traefik: give certificates in Secrets")

// Resource is a certificate with its key.
type Resource struct {
	ID          string
	Domains     []string
	PrivateKey  []byte
	Certificate []byte
}

// ObtainRequest asks for a certificate.
type ObtainRequest struct {
	Domains          []string
	EmailAddresses   []string
	KeyType          certcrypto.KeyType
	Bundle           bool
	PreferredChain   string
	EnableCommonName bool
	Profile          string
}

// RenewOptions says how a certificate is renewed.
type RenewOptions struct {
	EmailAddresses   []string
	Bundle           bool
	PreferredChain   string
	EnableCommonName bool
	Profile          string
}

// Certifier refuses.
type Certifier struct{}

// Obtain refuses.
func (c *Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) {
	return nil, ErrNotBuiltIn
}

// Renew refuses.
func (c *Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) {
	return nil, ErrNotBuiltIn
}
