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
newest() { # path below target/release/build
  find "$target/release/build" -path "$target/release/build/$1" -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -1 | cut -d' ' -f2- || true
}
library=$(newest 'rdkafka-sys-*/out/src/librdkafka.a')
[[ -n $library ]] || {
  echo 'there is no release build of librdkafka: cargo build --release -p kafka-model-bench' >&2
  exit 1
}
built=${library%/src/librdkafka.a}
zlib=$(newest 'libz-sys-*/out/lib/libz.a')
mkdir -p "$(dirname "$program")"
cc -O2 -I"$built" -I"$built/src" -I"$source/src" "$source/examples/rdkafka_performance.c" \
    "$library" ${zlib:+"$zlib"} -lm -lpthread -ldl -lrt -o "$program"
echo "$program"
