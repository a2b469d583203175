//go:build tools

// Package tools names what this component is built from, so that its pins stay in go.mod and go.sum.
package tools

import (
	_ "github.com/containernetworking/plugins/plugins/main/loopback"
	_ "github.com/containernetworking/plugins/plugins/ipam/host-local"
	_ "github.com/containernetworking/plugins/plugins/meta/portmap"
)
