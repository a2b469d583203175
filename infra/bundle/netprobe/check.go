package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

type expectation string

const (
	allow expectation = "allow"
	deny  expectation = "deny"
)

type target struct {
	kind, address string
	expect        expectation
}

type result struct {
	Target  string      `json:"target"`
	Expect  expectation `json:"expect"`
	OK      bool        `json:"ok"`
	Message string      `json:"message"`
}

type outcome struct {
	Results []result `json:"results"`
	OK      bool     `json:"ok"`
}

func (o outcome) json() string {
	text, err := json.Marshal(o)
	if err != nil { // strings and booleans only: cannot happen
		panic(err)
	}
	return string(text)
}

func collect(into *[]target, expect expectation) func(string) error {
	return func(text string) error {
		parsed, err := parse(text, expect)
		if err == nil {
			*into = append(*into, parsed)
		}
		return err
	}
}

// parse reads KIND:TARGET, where KIND is dns (TARGET is a name) or tcp (TARGET is HOST:PORT).
func parse(text string, expect expectation) (target, error) {
	kind, address, found := strings.Cut(text, ":")
	if !found || address == "" {
		return target{}, fmt.Errorf("%q is not KIND:TARGET, for example tcp:10.0.0.1:443 or dns:kubernetes.default", text)
	}
	switch kind {
	case "dns":
	case "tcp":
		if _, _, err := net.SplitHostPort(address); err != nil {
			return target{}, fmt.Errorf("%q: %w", text, err)
		}
	default:
		return target{}, fmt.Errorf("%q: kind %q is neither dns nor tcp", text, kind)
	}
	return target{kind: kind, address: address, expect: expect}, nil
}

// checkAll looks at all targets at once: its duration is that of the slowest, at most timeout.
func checkAll(targets []target, timeout time.Duration) outcome {
	results := make([]result, len(targets))
	var waiting sync.WaitGroup
	for i, one := range targets {
		waiting.Go(func() { results[i] = check(one, timeout) })
	}
	waiting.Wait()
	all := outcome{Results: results, OK: true}
	for _, one := range results {
		all.OK = all.OK && one.OK
	}
	return all
}

func check(one target, timeout time.Duration) result {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	message, err := reach(ctx, one)
	if err != nil {
		message = err.Error()
	}
	answered := err == nil
	return result{
		Target: one.kind + ":" + one.address, Expect: one.expect,
		OK: answered == (one.expect == allow), Message: message,
	}
}

func reach(ctx context.Context, one target) (string, error) {
	if one.kind == "dns" {
		addresses, err := net.DefaultResolver.LookupHost(ctx, one.address)
		return strings.Join(addresses, " "), err
	}
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", one.address)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	return "connected to " + connection.RemoteAddr().String(), nil
}
