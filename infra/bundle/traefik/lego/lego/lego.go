// Package lego has a client that is never made.
package lego

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the default of a setting; nothing asks it.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// Config is what a client would be made with.
type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

// Client would speak ACME.
type Client struct {
	Certificate  *certificate.Certifier
	Challenge    *Solvers
	Registration *Registrar
}

// Solvers would prove the ownership of names.
type Solvers struct{}

// Registrar would register accounts.
type Registrar struct{}

// NewConfig makes an empty configuration.
func NewConfig(registration.User) *Config { return &Config{} }

// NewClient refuses.
func NewClient(*Config) (*Client, error) { return nil, certificate.ErrNotBuiltIn }

// CreateCertPool refuses.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, certificate.ErrNotBuiltIn }

// SetDNS01Provider refuses.
func (s *Solvers) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return certificate.ErrNotBuiltIn
}

// SetHTTP01Provider refuses.
func (s *Solvers) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return certificate.ErrNotBuiltIn
}

// SetTLSALPN01Provider refuses.
func (s *Solvers) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return certificate.ErrNotBuiltIn
}

// Register refuses.
func (r *Registrar) Register(context.Context, registration.RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrNotBuiltIn
}

// RegisterWithExternalAccountBinding refuses.
func (r *Registrar) RegisterWithExternalAccountBinding(
	context.Context, registration.RegisterEABOptions,
) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrNotBuiltIn
}
