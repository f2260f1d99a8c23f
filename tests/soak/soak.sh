#!/usr/bin/env bash
# soak.sh [OPTION...]: builds the soak and runs it on a three-node Kafka of its own; see README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
(($# > 0)) || set -- --seed 1 --seconds 155
cargo build --quiet --package kafka-model-tests --bin soak
exec tests/soak/with-cluster.sh "${CARGO_TARGET_DIR:-target}/debug/soak" run "$@"
