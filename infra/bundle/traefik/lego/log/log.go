// Package log takes the logger that lego would write to.
package log

import "log/slog"

// SetDefault does nothing: nothing is logged.
func SetDefault(*slog.Logger) {}
