#!/usr/bin/env bash
# Builds librdkafka's own rdkafka_performance from the source that the crate rdkafka-sys brings, and against the static
# library that `cargo build --release -p kafka-model-bench` has made of it.
#
#   bench/rdkafka-performance.sh [PROGRAM]    (target/rdkafka_performance if it is not said)
set -euo pipefail
cd "$(dirname "$0")/.."
metadata=$(cargo metadata --format-version 1 --locked)
manifest=$(grep -o '"manifest_path":"[^"]*/rdkafka-sys-[^"]*/Cargo.toml"' <<<"$metadata" | head -1 | cut -d'"' -f4)
target=$(grep -o '"target_directory":"[^"]*"' <<<"$metadata" | cut -d'"' -f4)
source=$(dirname "$manifest")/librdkafka
program=${1:-target/rdkafka_performance}
# The newest build, with the configuration that it was built with.
library=$(ls -t "$target"/release/build/rdkafka-sys-*/out/src/librdkafka.a | head -1)
built=${library%/src/librdkafka.a}
zlib=$(ls -t "$target"/release/build/libz-sys-*/out/lib/libz.a 2>/dev/null | head -1 || true)
mkdir -p "$(dirname "$program")"
cc -O2 -I"$built" -I"$built/src" -I"$source/src" "$source/examples/rdkafka_performance.c" \
    "$library" ${zlib:+"$zlib"} -lm -lpthread -ldl -lrt -o "$program"
echo "$program"
