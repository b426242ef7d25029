# Sets KUBECTL to a kubectl: the one on the PATH, that of the tests' cluster, or one built from its Go module into target/tools.
KUBECTL=$(command -v kubectl || command -v "$PWD/target/tools/k8s/kubectl" || true)
if [ -z "$KUBECTL" ]; then
  KUBECTL="$PWD/target/tools/kubectl"
  if [ ! -x "$KUBECTL" ]; then
    echo "== kubectl is missing: building it (some minutes)" >&2
    GOBIN="$PWD/target/tools" GOFLAGS=-mod=mod go install k8s.io/kubernetes/cmd/kubectl@v1.36.0
  fi
fi
export KUBECTL
