// Package ext stands for a package of Traefik's repository that its module leaves out: fields that its makers' other
// products add to a dynamic configuration. There are none here.
package ext

// HTTP adds nothing to the configuration of HTTP.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
