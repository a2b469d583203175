// Package acme has the account that a stored configuration may hold.
package acme

import "encoding/json"

// Account is an account with a certification authority.
type Account struct {
	Status                 string          `json:"status,omitempty"`
	Contact                []string        `json:"contact,omitempty"`
	TermsOfServiceAgreed   bool            `json:"termsOfServiceAgreed,omitempty"`
	Orders                 string          `json:"orders,omitempty"`
	OnlyReturnExisting     bool            `json:"onlyReturnExisting,omitempty"`
	ExternalAccountBinding json.RawMessage `json:"externalAccountBinding,omitempty"`
}

// ExtendedAccount is an account and its address.
type ExtendedAccount struct {
	Account

	Location string `json:"accountURL,omitempty"`
}
