# Sets PROMTOOL to Debian's promtool, without the server that comes in the same package.
PROMTOOL=$(command -v promtool || echo "$PWD/target/tools/promtool")
if [ ! -x "$PROMTOOL" ]; then
  mkdir -p "$(dirname "$PROMTOOL")"
  (
    cd "$work"
    apt-get download -qq prometheus 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus; }
    dpkg-deb -x prometheus_*.deb prometheus
  ) >&2
  cp "$work/prometheus/usr/bin/promtool" "$PROMTOOL"
fi
