//go:build tools

// Package gatus pins the version of Gatus that the benchmarks run beside Agentic Ops.
package gatus

import _ "github.com/TwiN/gatus/v5"
