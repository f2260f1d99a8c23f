#!/usr/bin/env bash
# with-cluster.sh COMMAND [ARG...]: runs COMMAND beside the cluster that the soak needs.
set -euo pipefail
# Sessions of the consumer protocol are the broker's to set; those of the classic one are in the models.
exec "$(dirname "${BASH_SOURCE[0]}")/../kafka/with-kafka.sh" --nodes 3 --proxied \
  --set group.consumer.min.session.timeout.ms=6000 --set group.consumer.session.timeout.ms=6000 \
  -- "$@"
