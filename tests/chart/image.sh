# Tests the contents of the image and that its build is reproducible. Sourced by node.
echo "== the image"
build() { DEBS=$PWD/target/tools/debs image/build "$binary" "$1"; }
check "the image is built and is not too large" build "$work/image"
check "the image is built again" build "$work/again"
check "the digest is the same" cmp "$work/image/digest" "$work/again/digest"
check "the archive is identical" cmp "$work/image/agentic-ops.tar" "$work/again/agentic-ops.tar"

listed() {
  mkdir -p "$work/layers" && tar xf "$work/image/agentic-ops.tar" -C "$work/layers"
  for layer in $(jq -r '.[0].Layers[]' "$work/layers/manifest.json"); do tar tf "$work/layers/$layer"; done
}
contains_nothing_else() {
  local others
  others=$(listed | grep -vE '/$' | grep -vE '^(usr/bin/agentic-ops|etc/(passwd|group|nsswitch\.conf|ssl/certs/ca-certificates\.crt)|usr/share/agentic-ops/(registry\.yaml|specs/[a-z0-9-]+\.md))$' |
    grep -vE '^(lib|lib64|usr/lib)/([a-z0-9_-]+/)?(ld-linux[a-z0-9_-]*|lib(c|m|gcc_s|dl|pthread|rt))\.so[.0-9]*$|^usr/share/zoneinfo/')
  [ -z "$others" ] || { echo "$others"; return 1; }
}
check "the image contains only the expected files" contains_nothing_else
certificates() { tar xOf "$work/layers/$(jq -r '.[0].Layers[0]' "$work/layers/manifest.json")" "$1"; }
check "the image contains CA certificates" bash -c '[ "$(grep -c BEGIN)" -gt 100 ]' < <(certificates etc/ssl/certs/ca-certificates.crt)
check "the image contains time zones" bash -c 'grep -qa TZif' < <(certificates usr/share/zoneinfo/America/Sao_Paulo)
owner() { tar tvf "$work/layers/$(jq -r '.[0].Layers[0]' "$work/layers/manifest.json")" data | awk '{print $2}'; }
check "the data directory belongs to the user of the image" [ "$(owner)" = 65532/65532 ]
check "the user of the image is not root" jq -e '.config.User == "65532:65532"' "$work/layers/$(jq -r '.[0].Config' "$work/layers/manifest.json")"
check "the SBOM contains the linked crates and the packages" jq -e \
  '.bomFormat == "CycloneDX" and ([.components[].name] | contains(["kube", "tokio", "rustls", "libc6", "ca-certificates"])) and
   ([.components[].name] | index("proptest") | not) and (.components | all(.name == "agentic-ops" or .hashes or (.purl | startswith("pkg:deb"))))' \
  "$work/image/agentic-ops.cdx.json"
