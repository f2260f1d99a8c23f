#!/usr/bin/env bash
# Builds the peers that `drain` runs beside kafka-model, each in its own target directory; those of the arguments, or all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
unset CARGO_TARGET_DIR
peers=("$@")
((${#peers[@]} > 0)) || peers=(ruststream-rdkafka sentry_arroyo sea-streamer-kafka)
for peer in "${peers[@]}"; do
  (cd "$peer" && cargo build --release --locked)
done
