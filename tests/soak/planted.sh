#!/usr/bin/env bash
# planted.sh [NAME...]: plants each bug of planted/NAME.patch (without arguments: all) in a copy of the tree, and
# succeeds if the soak finds each: its verdict is FAIL, by the rule that the patch names.
#
# The copies are of what is committed. They share a target directory, so that dependencies are built once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
# Beside the target directory of the tree itself, where Kafka's jars are too.
target=${CARGO_TARGET_DIR:-$root/target}

patches=()
for name in "$@"; do patches+=("tests/soak/planted/$name.patch"); done
((${#patches[@]} > 0)) || patches=(tests/soak/planted/*.patch)

copy=$(mktemp -d "${TMPDIR:-/tmp}/kafka-model-planted.XXXXXXXX")
clean_up() {
  git -C "$root" worktree remove --force "$copy/tree" 2>/dev/null || true
  rm -rf -- "$copy"
}
trap clean_up EXIT
git worktree add --quiet --detach "$copy/tree" HEAD

field() { # name file
  sed -n "s/^$1: //p" "$2"
}

missed=()
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  rule=$(field Rule "$patch")
  read -ra options <<<"$(field Soak "$patch")"
  printf '\n=== %s: to be found as %s\n' "$name" "$rule"
  # Merged, if the tree has gone on since the patch was made.
  git -C "$copy/tree" reset --quiet --hard
  git -C "$copy/tree" apply --3way "$root/$patch"
  CARGO_TARGET_DIR=$target/planted cargo build --quiet --manifest-path "$copy/tree/Cargo.toml" \
    --package kafka-model-tests --bin soak
  status=0
  tests/soak/with-cluster.sh "$target/planted/debug/soak" run --seed 1 "${options[@]}" \
    --keep "$copy/logs-$name" >"$copy/output" || status=$?
  last=$(tail -n 1 "$copy/output")
  broken=$(sed -n 's/^soak: FAIL .* broken=//p' <<<"$last")
  if ((status == 1)) && [[ ,$broken, == *",$rule,"* ]]; then
    printf '%s\nfound: %s\n' "$last" "$name"
  else
    cat "$copy/output"
    printf 'MISSED: %s\n' "$name"
    missed+=("$name")
  fi
done

printf '\nplanted: %s of %s found\n' "$((${#patches[@]} - ${#missed[@]}))" "${#patches[@]}"
((${#missed[@]} == 0)) || {
  printf 'missed: %s\n' "${missed[@]}"
  exit 1
}
