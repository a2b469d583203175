// Package auth stands for the fork of go-http-auth that Traefik takes, whose mended source cannot be had: every password
// is refused. Middlewares that ask for one (basicAuth, digestAuth) therefore let nobody through.
package auth

import "net/http"

// SecretProvider gives the secret of a user in a realm.
type SecretProvider func(user, realm string) string

// CheckSecret refuses.
func CheckSecret(string, string) bool { return false }

// BasicAuth lets nobody through.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// RequireAuth answers that entry is refused.
func (b *BasicAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// DigestAuth lets nobody through.
type DigestAuth struct{}

// NewDigestAuthenticator makes one that lets nobody through.
func NewDigestAuthenticator(string, SecretProvider) *DigestAuth { return &DigestAuth{} }

// CheckAuth knows nobody.
func (d *DigestAuth) CheckAuth(*http.Request) (string, *string) { return "", nil }

// RequireAuth answers that entry is refused.
func (d *DigestAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// RequireAuthStale answers that entry is refused.
func (d *DigestAuth) RequireAuthStale(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// DigestAuthParams reads nothing.
func DigestAuthParams(string) map[string]string { return nil }

func refuse(w http.ResponseWriter) {
	http.Error(w, "password authentication is not built into this Traefik", http.StatusForbidden)
}
