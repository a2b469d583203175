// licensecheck names the licences of texts: paths of files on standard input, one a line; one JSON line each on output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/licensecheck"
)

// answer is what a file holds: SPDX names in the order they are found, and how much of the text they cover, in percent.
type answer struct {
	File     string   `json:"file"`
	Licences []string `json:"licences"`
	Percent  float64  `json:"percent"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licensecheck:", err)
		os.Exit(1)
	}
}

func run() error {
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		text, err := os.ReadFile(lines.Text())
		if err != nil {
			return err
		}
		coverage := licensecheck.Scan(text)
		found := answer{File: lines.Text(), Licences: []string{}, Percent: coverage.Percent}
		for _, match := range coverage.Match {
			found.Licences = append(found.Licences, match.ID)
		}
		if err := out.Encode(found); err != nil {
			return err
		}
	}
	return lines.Err()
}
