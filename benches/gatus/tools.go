//go:build tools

// Package gatus pins the version of Gatus that the benchmarks compare with Agentic Ops.
package gatus

import _ "github.com/TwiN/gatus/v5"
