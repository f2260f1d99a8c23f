#!/usr/bin/env bash
# with-kafka.sh [--nodes 1|3] [--timeout SECONDS] [--proxied] [--secured] [--set KEY=VALUE]... -- COMMAND [ARG...]
#
# Runs COMMAND beside an Apache Kafka of its own, on loopback, in a throw-away directory; see README.md.
#
# Functions are called from traps and by `attended`, which shellcheck does not see:
# shellcheck disable=SC2317,SC2329
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

usage() {
  echo 'usage: with-kafka.sh [--nodes 1|3] [--timeout SECONDS] [--proxied] [--secured] [--set KEY=VALUE]... \
    -- COMMAND [ARG...]' >&2
  exit 2
}

say() {
  printf 'kafka: %s\n' "$*" >&2
}

nodes=1
deadline=240
proxied=
secured=
settings=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --nodes)
      nodes=${2-}
      shift 2 || usage
      ;;
    --timeout)
      deadline=${2-}
      shift 2 || usage
      ;;
    --proxied)
      proxied=yes
      shift
      ;;
    --secured)
      secured=yes
      shift
      ;;
    --set)
      [[ ${2-} == ?*=* ]] || usage
      settings+=("$2")
      shift 2
      ;;
    --)
      shift
      break
      ;;
    *) usage ;;
  esac
done
[[ $# -ge 1 && $nodes =~ ^[13]$ && $deadline =~ ^[1-9][0-9]*$ ]] || usage

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! java_version=$("$java" -version 2>&1); then
  say 'Java 17 or later is needed; on Debian or Ubuntu: apt-get install openjdk-17-jre-headless'
  exit 1
fi
if [[ ! $java_version =~ version\ \"([0-9]+) || ${BASH_REMATCH[1]} -lt 17 ]]; then
  say "Java 17 or later is needed; $java says: ${java_version%%$'\n'*}"
  exit 1
fi

version=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$here/pom.xml")
store=${CARGO_TARGET_DIR:-$root/target}/kafka-$version
libs=$store/libs
directory=

# Runs a command in a process group of its own (that is what job control does), which can be ended as a whole.
# In the background, so that a signal to this script is heard at once and not when the command is done.
attended() {
  set -m
  "$@" &
  set +m
  [[ -z $directory ]] || echo "$!" >"$directory/command.pid"
  wait "$!"
}

control() {
  "$here/control.sh" "$directory" "$@"
}

clean_up() {
  [[ -z $directory || ! -d $directory ]] || control destroy
}

interrupted() { # signal number
  local pid end=$((SECONDS + 10))
  trap '' INT TERM HUP
  for pid in $(jobs -p); do
    kill -s "$1" -- "-$pid" 2>/dev/null || true
    while kill -s 0 "$pid" 2>/dev/null && ((SECONDS < end)); do sleep 0.1; done
    kill -s KILL -- "-$pid" 2>/dev/null || true
  done
  exit "$((128 + $2))"
}

trap clean_up EXIT
trap 'interrupted INT 2' INT
trap 'interrupted TERM 15' TERM
trap 'interrupted HUP 1' HUP

# The jars appear under their name all at once, so a fetch that was cut off leaves nothing to be mistaken for
# them. The lock makes two first runs fetch once; a Maven that outlives its script holds it until it ends.
fetch() {
  [[ ! -d $libs ]] || return 0
  if ! command -v mvn >/dev/null; then
    say 'Maven is needed to fetch Kafka; on Debian or Ubuntu: apt-get install maven'
    return 1
  fi
  say "fetching Apache Kafka $version"
  mkdir -p "$store"
  (
    flock 9
    [[ ! -d $libs ]] || exit 0
    rm -rf "$store/partial"
    for attempt in 1 2 3; do
      if mvn -q -B --strict-checksums -f "$here/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$store/partial" </dev/null >"$store/fetch.log" 2>&1; then
        mv -T "$store/partial" "$libs"
        exit 0
      fi
      say "attempt $attempt failed"
      cat "$store/fetch.log" >&2
      sleep $((attempt * 3))
    done
    exit 1
  ) 9>"$store/lock"
}

# Below Linux's range for outgoing connections, so that only another server can be there.
ports=()
bootstrap=
proxies=
choose_ports() { # how many
  local port
  ports=()
  while ((${#ports[@]} < $1)); do
    port=$((RANDOM % 20000 + 10000))
    [[ " ${ports[*]} " != *" $port "* ]] || continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || ports+=("$port")
  done
}

# The secured listeners, whose ports come behind all others.
secured_listeners=(MTLS SASL ROTATING EXPIRED OTHERHOST)

configure() {
  local n broker advertised client voters='' minimum=1 listener protocols at
  local -A secured_at=()
  bootstrap=
  proxies=
  ((nodes == 1)) || minimum=2
  choose_ports $((nodes * (4 + ${#secured_listeners[@]})))
  for ((n = 1; n <= nodes; n++)); do
    bootstrap+=${bootstrap:+,}127.0.0.1:${ports[n - 1]}
    voters+=${voters:+,}$n@127.0.0.1:${ports[nodes + n - 1]}
  done

  for ((n = 1; n <= nodes; n++)); do
    broker=PLAINTEXT://127.0.0.1:${ports[n - 1]}
    advertised=$broker
    if [[ -n $proxied ]]; then
      client=127.0.0.1:${ports[nodes * 2 + n - 1]}
      broker+=,PROXIED://$client
      advertised+=,PROXIED://127.0.0.1:${ports[nodes * 3 + n - 1]}
      proxies+=${proxies:+,}127.0.0.1:${ports[nodes * 3 + n - 1]}=$client
    fi
    protocols=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
    if [[ -n $secured ]]; then
      at=$((nodes * 4 + (n - 1) * ${#secured_listeners[@]}))
      for listener in "${secured_listeners[@]}"; do
        broker+=,$listener://127.0.0.1:${ports[at]}
        advertised+=,$listener://127.0.0.1:${ports[at]}
        secured_at[$listener]+=${secured_at[$listener]:+,}127.0.0.1:${ports[at]}
        case $listener in
          SASL | ROTATING) protocols+=,$listener:SASL_SSL ;;
          *) protocols+=,$listener:SSL ;;
        esac
        at=$((at + 1))
      done
    fi
    rm -rf "$directory/node-$n"
    mkdir "$directory/node-$n"
    cat >"$directory/node-$n/server.properties" <<END
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=$broker,CONTROLLER://127.0.0.1:${ports[nodes + n - 1]}
advertised.listeners=$advertised
listener.security.protocol.map=$protocols
inter.broker.listener.name=PLAINTEXT
log.dirs=$directory/node-$n/data

# What a test does not create does not exist, and what it writes is not deleted for its age.
auto.create.topics.enable=false
log.retention.ms=-1
default.replication.factor=$nodes
min.insync.replicas=$minimum

offsets.topic.replication.factor=$nodes
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$nodes
transaction.state.log.min.isr=$minimum
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=$nodes
share.coordinator.state.topic.min.isr=$minimum
share.coordinator.state.topic.num.partitions=4

# Rebalances do not wait for members that may still come.
group.initial.rebalance.delay.ms=0
group.consumer.min.heartbeat.interval.ms=1000
group.consumer.heartbeat.interval.ms=1000

# Small: few threads, and no 128 MiB for the cleaner of compacted topics.
num.network.threads=2
num.io.threads=4
group.coordinator.threads=1
share.coordinator.threads=1
background.threads=2
log.cleaner.dedupe.buffer.size=10485760

# For machines that do other work at the same time.
initial.broker.registration.timeout.ms=180000
END
    [[ -z $secured ]] || "$here/secure.sh" settings "$directory/secured" >>"$directory/node-$n/server.properties"
    ((${#settings[@]} == 0)) || printf '%s\n' "${settings[@]}" >>"$directory/node-$n/server.properties"
  done

  if [[ -n $secured ]]; then
    for listener in "${secured_listeners[@]}"; do
      printf '%s=%s\n' "${listener,,}" "${secured_at[$listener]}"
    done >"$directory/secured/addresses"
  fi

  {
    printf 'nodes=%q\nbootstrap=%q\nlibs=%q\n' "$nodes" "$bootstrap" "$libs"
    printf 'java=%q\ndeadline=%q\n' "$java" "$deadline"
    printf 'heap=%q\n' "$( ((nodes == 1)) && echo 512m || echo 384m)"
  } >"$directory/cluster.env"
}

format() {
  local id n pids=()
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  for ((n = 1; n <= nodes; n++)); do
    "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
      "-Dlog4j2.configurationFile=$here/log4j2.properties" "-Dkafka.log=$directory/tools.log" \
      -cp "$libs/*" kafka.tools.StorageTool format -t "$id" -c "$directory/node-$n/server.properties" \
      </dev/null >"$directory/node-$n/console.log" 2>&1 &
    pids+=("$!")
  done
  for n in "${!pids[@]}"; do
    wait "${pids[n]}" && continue
    cat "$directory/node-$((n + 1))/console.log" >&2
    return 1
  done
}

start() {
  local attempt n errors=$directory/start.errors numbers
  mapfile -t numbers < <(seq "$nodes")
  for attempt in 1 2 3; do
    configure
    attended format || return 1
    if attended control start-broker "${numbers[@]}" 2>"$errors"; then
      attended control wait-ready
      return
    fi
    if ! grep -qsE 'Address already in use|BindException' "$directory"/node-*/{server,console}.log; then
      break
    fi
    say 'another process took one of the ports; trying others'
    for n in "${numbers[@]}"; do control kill-broker "$n" 2>/dev/null || true; done
  done
  cat "$errors" >&2
  return 1
}

attended fetch
directory=$(mktemp -d "${TMPDIR:-/tmp}/kafka-model.XXXXXXXX")
printf 'nodes=0\n' >"$directory/cluster.env"
# Should this script be killed outright, the brokers go too.
setsid "$here/control.sh" "$directory" guard "$$" </dev/null >/dev/null 2>&1 &
disown

[[ -z $secured ]] || "$here/secure.sh" certificates "$directory/secured"
start || {
  say 'Kafka could not be started'
  exit 1
}
printf '#!/usr/bin/env bash\nexec %q %q "$@"\n' "$here/control.sh" "$directory" >"$directory/control"
chmod +x "$directory/control"
export KAFKA_MODEL_TEST_BOOTSTRAP=$bootstrap KAFKA_MODEL_TEST_CONTROL=$directory/control
[[ -z $proxied ]] || export KAFKA_MODEL_TEST_PROXIES=$proxies
if [[ -n $secured ]]; then
  export KAFKA_MODEL_TEST_SECURED=$directory/secured KAFKA_MODEL_TEST_CA=$directory/secured/ca.pem
  export KAFKA_MODEL_TEST_ALICE_PASSWORD=alice-secret KAFKA_MODEL_TEST_BOB_PASSWORD=bob-secret
  attended "$here/secure.sh" users "$directory/control"
fi
say "Kafka $version with $nodes node(s) on $KAFKA_MODEL_TEST_BOOTSTRAP after $SECONDS s"

# A process group in the background must not read the terminal.
[[ ! -t 0 ]] || exec </dev/null
status=0
attended "$@" || status=$?
if ((status != 0)); then
  rm -rf "$store/logs"
  mkdir "$store/logs"
  (cd "$directory" && cp --parents node-*/*.log "$store/logs")
  say "the command ended with $status; the logs of the nodes are in $store/logs"
fi
exit "$status"
