// Command netprobe tells whether a network lets through what it should, and nothing else.
//
//	netprobe serve [--listen :8080]
//	netprobe check --allow dns:NAME --allow tcp:HOST:PORT --deny tcp:HOST:PORT ...
//	               [--listen :8080] [--hold 3s] [--timeout 1s]
//
// check looks at all targets at once and writes one JSON document to stdout and to the pod's termination message.
// It exits 0 when every target answered, or stayed silent, as expected; 1 when not; 2 on wrong usage.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	usage              = "usage: netprobe serve [--listen :8080] | netprobe check --allow KIND:TARGET --deny KIND:TARGET ... [--hold 3s] [--timeout 1s]"
	terminationMessage = "/dev/termination-log" // where Kubernetes reads a container's last words
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, usage)
		return 2
	}
	switch args[0] {
	case "serve":
		return serveCommand(args[1:], stderr)
	case "check":
		return checkCommand(args[1:], stdout, stderr)
	}
	fmt.Fprintln(stderr, usage)
	return 2
}

func serveCommand(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", ":8080", "address to answer on")
	if flags.Parse(args) != nil {
		return 2
	}
	if err := serve(*listen); err != nil {
		fmt.Fprintf(stderr, "netprobe: cannot listen on %s: %v\n", *listen, err)
		return 1
	}
	return 0
}

func checkCommand(args []string, stdout, stderr io.Writer) int {
	var targets []target
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("allow", "KIND:TARGET that must answer (repeatable)", collect(&targets, allow))
	flags.Func("deny", "KIND:TARGET that must not answer (repeatable)", collect(&targets, deny))
	listen := flags.String("listen", "", "also answer on this address")
	hold := flags.Duration("hold", 3*time.Second, "stay this long after the checks, for probes of others that look at this one")
	timeout := flags.Duration("timeout", time.Second, "wait this long for one target")
	if flags.Parse(args) != nil {
		return 2
	}
	if len(targets) == 0 {
		fmt.Fprintln(stderr, "netprobe: nothing to check: give --allow or --deny")
		return 2
	}
	if *listen != "" {
		go func() {
			if err := serve(*listen); err != nil {
				fmt.Fprintf(stderr, "netprobe: cannot listen on %s: %v\n", *listen, err)
			}
		}()
	}
	return report(checkAll(targets, *timeout), *hold, stdout, stderr)
}

// report writes the outcome before it holds, so that a reader of the log need not wait for the end of the pod.
func report(outcome outcome, hold time.Duration, stdout, stderr io.Writer) int {
	text := outcome.json()
	fmt.Fprintln(stdout, text)
	if file, err := os.OpenFile(terminationMessage, os.O_WRONLY, 0); err == nil {
		fmt.Fprintln(file, text)
		_ = file.Close()
	} else if !os.IsNotExist(err) {
		fmt.Fprintf(stderr, "netprobe: cannot write %s: %v\n", terminationMessage, err)
	}
	time.Sleep(hold)
	if outcome.OK {
		return 0
	}
	return 1
}
