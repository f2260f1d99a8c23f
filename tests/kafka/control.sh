#!/usr/bin/env bash
# Acts on the running cluster in DIRECTORY. with-kafka.sh writes a script that fills DIRECTORY in and
# names it in KAFKA_MODEL_TEST_CONTROL; `usage` below lists what tests may ask for.
#
# DIRECTORY holds cluster.env, command.pid and, for each node N, node-N/ with server.properties, data/,
# server.log (this start), server.previous.log (the one before), console.log and pid.
set -euo pipefail

usage() {
  cat >&2 <<'END'
usage: control COMMAND
  start-broker N...        start stopped nodes and wait until each has joined the cluster
  stop-broker N...         stop nodes in an orderly way, one after the other
  kill-broker N...         end nodes with SIGKILL
  pause-broker N           freeze a node (SIGSTOP): its connections stay open, nothing answers
  continue-broker N        let it go on
  create-topic NAME PARTITIONS [SETTING=VALUE...]
  delete-topic NAME
  add-partitions NAME TOTAL
  move-leader TOPIC PARTITION NODE
                           have NODE lead a partition of which it has a replica
  group-offsets GROUP      a line "TOPIC PARTITION OFFSET" for each committed offset
  group-state GROUP        a line "STATE MEMBERS"
  set-password USER PASSWORD
                           let USER in with SCRAM-SHA-256 and SCRAM-SHA-512 by this PASSWORD alone
  allow USER[,USER...] OPERATION[,OPERATION...] topic|group NAME [prefixed]
                           add ACLs
  forbid USER[,USER...] OPERATION[,OPERATION...] topic|group NAME [prefixed]
                           take such ACLs away
  tool CLASS [ARG...]      any class of Kafka's jars, given --bootstrap-server
END
  exit 2
}

fail() {
  printf 'kafka: %s\n' "$*" >&2
  exit 1
}

[[ $# -ge 2 ]] || usage
directory=$1
action=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ -r $directory/cluster.env ]] || fail "no cluster in $directory"
nodes='' bootstrap='' libs='' java='' heap='' deadline=''
# Sets all of these.
# shellcheck source=/dev/null
source "$directory/cluster.env"

node_directory() {
  [[ $1 =~ ^[1-9]$ && $1 -le $nodes ]] || fail "there is no node $1, only 1 to $nodes"
  printf '%s/node-%s' "$directory" "$1"
}

# A zombie is not alive: where process 1 does not reap, killed nodes stay as zombies for ever.
alive() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  [[ $stat != Z* ]]
}

node_pid() {
  local pid_file
  pid_file=$(node_directory "$1")/pid
  [[ -r $pid_file ]] && cat "$pid_file"
}

running() {
  local pid
  pid=$(node_pid "$1") && alive "$pid"
}

# until_gone PID SECONDS: whether it went within that time.
until_gone() {
  local end=$((SECONDS + $2))
  while alive "$1"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

signal_node() { # signal node
  local pid
  running "$2" || fail "node $2 is not running"
  pid=$(node_pid "$2")
  kill -s "$1" -- "-$pid"
}

# Ends a process with all of its group, and forgets it.
end_group() { # file with its number
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill -s KILL -- "-$pid" 2>/dev/null || true
  until_gone "$pid" 30 || fail "process $pid does not end"
  rm -f "$1"
}

launch() { # node
  local node
  node=$(node_directory "$1")
  running "$1" && fail "node $1 is already running"
  [[ ! -e $node/server.log ]] || mv -f "$node/server.log" "$node/server.previous.log"
  (
    cd "$node"
    # A session of its own: neither a terminal's Ctrl-C nor the end of this script reaches it.
    # shellcheck disable=SC2016
    setsid bash -c 'echo "$$" >pid && exec "$@"' - \
      "$java" "-Xmx$heap" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
      "-Dlog4j2.configurationFile=$here/log4j2.properties" "-Dkafka.log=$node/server.log" \
      -cp "$libs/*" kafka.Kafka server.properties </dev/null >>console.log 2>&1 &
  )
  # The process writes its own number before it becomes Java.
  local end=$((SECONDS + 10))
  until [[ -s $node/pid ]]; do
    ((SECONDS < end)) || fail "node $1 could not be started"
    sleep 0.05
  done
}

# The broker logs this line when the controller has let it in and its port answers.
until_started() { # node end
  local node
  node=$(node_directory "$1")
  until grep -qs 'Kafka Server started' "$node/server.log"; do
    if ! running "$1"; then
      printf 'kafka: node %s ended while it started\n' "$1" >&2
    elif ((SECONDS >= $2)); then
      printf 'kafka: node %s did not start in time\n' "$1" >&2
    else
      sleep 0.2
      continue
    fi
    show_logs "$1"
    return 1
  done
}

show_logs() { # node
  local node file
  node=$(node_directory "$1")
  for file in console.log server.log; do
    [[ -s $node/$file ]] || continue
    printf -- '--- node %s, end of %s\n' "$1" "$file" >&2
    tail -n 40 "$node/$file" >&2
  done
}

# A paused node is given up after 5 s, and another one asked.
impatient=$directory/tools.properties
printf 'request.timeout.ms=5000\ndefault.api.timeout.ms=60000\n' >"$impatient"

tool() { # class args
  local class=$1
  shift
  timeout --foreground --kill-after=5 120 "$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    "-Dlog4j2.configurationFile=$here/log4j2.properties" "-Dkafka.log=$directory/tools.log" \
    -cp "$libs/*" "$class" --bootstrap-server "$bootstrap" "$@" </dev/null
}

# The first of the replicas is the preferred leader. On three nodes each has a replica of everything.
move_leader() { # topic partition node
  local n others='' plan=$directory/move.json output
  for ((n = 1; n <= nodes; n++)); do ((n == $3)) || others+=,$n; done
  printf '{"version":1,"partitions":[{"topic":"%s","partition":%s,"replicas":[%s]}]}\n' \
    "$1" "$2" "$3$others" >"$plan"
  output=$(tool org.apache.kafka.tools.reassign.ReassignPartitionsCommand \
    --reassignment-json-file "$plan" --execute 2>&1) || fail "$output"
  output=$(tool org.apache.kafka.tools.LeaderElectionCommand \
    --election-type preferred --topic "$1" --partition "$2" 2>&1) || fail "$output"
}

topics() {
  local output
  output=$(tool org.apache.kafka.tools.TopicCommand \
    --command-config "$impatient" "$@" 2>&1) || fail "$output"
}

acls() { # --add|--remove users operations kind name [prefixed]
  local output user operation arguments=()
  for user in ${2//,/ }; do arguments+=(--allow-principal "User:$user"); done
  for operation in ${3//,/ }; do arguments+=(--operation "$operation"); done
  [[ $1 == --add ]] || arguments+=(--force)
  output=$(tool org.apache.kafka.tools.AclCommand "$1" "${arguments[@]}" "--$4" "$5" \
    --resource-pattern-type "${6:-literal}" 2>&1) || fail "$output"
}

# One request may not have two mechanisms of one user.
set_password() { # user password
  local mechanism output waits=()
  for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
    (
      output=$(tool kafka.admin.ConfigCommand --alter --entity-type users --entity-name "$1" \
        --add-config "$mechanism=[iterations=4096,password=$2]" 2>&1) || fail "$output"
    ) &
    waits+=("$!")
  done
  for mechanism in "${waits[@]}"; do wait "$mechanism"; done
}

# What the tool says of a group: a table, or why there is none, without the stack.
group() { # offsets|state group
  tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand \
    --command-config "$impatient" --describe "--$1" --group "$2" --timeout 60000 2>&1 |
    grep -v '^[[:space:]]*\(at .*\)\?$'
}

# The rows of that table, if there are any, without their first column: the group's name, which may hold
# spaces.
group_rows() { # offsets|state group
  local output
  output=$(group "$1" "$2") || true
  # The tool ends with 0 also when it fails.
  [[ $output != Error:* ]] || fail "${output%%$'\n'*}"
  GROUP=$2 awk 'index($0, ENVIRON["GROUP"] " ") == 1 { print substr($0, length(ENVIRON["GROUP"]) + 1) }' \
    <<<"$output"
}

# Describing a group that does not exist makes the cluster create the coordinator's topic, on as many
# nodes as it is to have replicas, and gets its answer from the coordinator itself. So that answer means:
# metadata, the creation of topics, every node and the group coordinator work. It leaves nothing behind.
until_ready() { # end
  local output
  while true; do
    output=$(group state with-kafka-readiness) || true
    [[ $output != *GroupIdNotFoundException* ]] || return 0
    ((SECONDS < $1)) || break
    sleep 0.5
  done
  printf 'kafka: the cluster did not answer in time\n%s\n' "$output" >&2
  return 1
}

start_nodes() {
  local n end=$((SECONDS + deadline))
  for n in "$@"; do launch "$n"; done
  for n in "$@"; do until_started "$n" "$end" || return 1; done
}

stop_node() { # node
  local pid
  running "$1" || fail "node $1 is not running"
  pid=$(node_pid "$1")
  # A paused process hears SIGTERM only when it goes on.
  kill -s CONT -- "-$pid"
  kill -s TERM -- "-$pid"
  # A node that has lost its quorum waits for a controller that does not come: it is not waited for.
  until_gone "$pid" 20 || printf 'kafka: node %s did not stop by itself within 20 s and was killed\n' "$1" >&2
  end_group "$(node_directory "$1")/pid"
}

# Ends everything that was started here, and removes the directory.
destroy() {
  local pid_file
  for pid_file in "$directory/command.pid" "$directory"/node-*/pid; do end_group "$pid_file"; done
  rm -rf -- "$directory"
}

need() { # count of arguments, at least
  [[ $1 -ge $2 ]] || usage
}

case $action in
  start-broker)
    need $# 1
    start_nodes "$@"
    ;;
  stop-broker)
    need $# 1
    for n in "$@"; do stop_node "$n"; done
    ;;
  kill-broker)
    need $# 1
    for n in "$@"; do
      running "$n" || fail "node $n is not running"
      end_group "$(node_directory "$n")/pid"
    done
    ;;
  pause-broker)
    need $# 1
    signal_node STOP "$1"
    ;;
  continue-broker)
    need $# 1
    signal_node CONT "$1"
    ;;
  create-topic)
    need $# 2
    settings=()
    for setting in "${@:3}"; do settings+=(--config "$setting"); done
    topics --create --topic "$1" --partitions "$2" --replication-factor "$nodes" "${settings[@]}"
    ;;
  delete-topic)
    need $# 1
    topics --delete --topic "$1"
    ;;
  add-partitions)
    need $# 2
    topics --alter --topic "$1" --partitions "$2"
    ;;
  move-leader)
    need $# 3
    move_leader "$@"
    ;;
  group-offsets)
    need $# 1
    rows=$(group_rows offsets "$1")
    awk '$3 ~ /^[0-9]+$/ { print $1, $2, $3 }' <<<"$rows"
    ;;
  group-state)
    need $# 1
    rows=$(group_rows state "$1")
    awk '{ print $(NF - 1), $NF }' <<<"$rows"
    ;;
  set-password)
    need $# 2
    set_password "$@"
    ;;
  allow)
    need $# 4
    acls --add "$@"
    ;;
  forbid)
    need $# 4
    acls --remove "$@"
    ;;
  tool)
    need $# 1
    tool "$@"
    ;;
  # The rest is for with-kafka.sh.
  wait-ready)
    until_ready "$((SECONDS + deadline))" || {
      for ((n = 1; n <= nodes; n++)); do show_logs "$n"; done
      exit 1
    }
    ;;
  guard) # Destroys the cluster if the process that started it is gone without having done so.
    while alive "$1"; do
      [[ -d $directory ]] || exit 0
      sleep 1
    done
    [[ ! -d $directory ]] || destroy
    ;;
  destroy)
    destroy
    ;;
  *) usage ;;
esac
