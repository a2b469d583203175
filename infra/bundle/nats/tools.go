//go:build tools

// Package tools names what this component is built from, so that its pins stay in go.mod and go.sum.
package tools

import (
	_ "github.com/nats-io/nats-server/v2"
)
