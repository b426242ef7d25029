//go:build tools

// The parts of a real Kubernetes, as dependencies of a Go module of their own, so that `go build` makes them.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
