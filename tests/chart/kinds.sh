# CustomResourceDefinitions of other projects, from their Go modules, so that a real API server validates the objects of these kinds in
# the chart and the examples. Sourced; tests/needs copies them.
of_others() { # prints MODULE PATH of each
  cat <<'K'
github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml
github.com/traefik/traefik/v3@v3.5.0 docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml
github.com/fluxcd/source-controller@v1.7.0 config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml
github.com/fluxcd/helm-controller@v1.4.0 config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml
github.com/argoproj/argo-cd/v3@v3.1.0 manifests/crds/application-crd.yaml
K
}

are_there() { # FOLDER
  local module path
  while read -r module path; do
    [ -s "$1/$(basename "$path")" ] || return 1
  done < <(of_others)
}

copy() { # FOLDER
  local module path folder
  mkdir -p "$1"
  while read -r module path; do
    folder=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    cp "$folder/$path" "$1/"
  done < <(of_others)
}
