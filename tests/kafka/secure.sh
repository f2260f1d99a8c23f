#!/usr/bin/env bash
# secure.sh certificates|settings|users DIRECTORY|CONTROL
#
# What `with-kafka.sh --secured` needs beside what every cluster does: certificates, the brokers' settings, and users
# with what they may do. The passwords are a test's own, on loopback, in a directory that is thrown away.
set -euo pipefail

usage() {
  echo 'usage: secure.sh certificates|settings DIRECTORY | users CONTROL' >&2
  exit 2
}

[[ $# -eq 2 ]] || usage

# authority NAME: a certificate authority, NAME.pem with NAME.key.
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# certificate NAME SUBJECT NAMES: signed by the authority `ca`, from the beginning of FROM to the end of UNTIL.
certificate() {
  local now=${from:-now} then=${until:-now + 30 days}
  now=$(date -u -d "$now" +%Y%m%d%H%M%SZ)
  then=$(date -u -d "$then" +%Y%m%d%H%M%SZ)
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2"
  printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" >"$1.extensions"
  openssl ca -batch -config authority.cnf -in "$1.csr" -out "$1.pem" -notext -startdate "$now" -enddate "$then" \
    -extfile "$1.extensions"
  # The form in which Kafka takes a key with its certificate.
  openssl pkcs8 -topk8 -nocrypt -in "$1.key" -out "$1.p8"
  cat "$1.p8" "$1.pem" ca.pem >"$1.keystore.pem"
}

certificates() {
  cd "$1"
  cat >authority.cnf <<'END'
[ca]
default_ca = ca
[ca]
new_certs_dir = .
database = issued
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = policy
unique_subject = no
copy_extensions = none
[policy]
commonName = supplied
END
  : >issued
  echo 01 >serial
  authority ca
  authority other-ca
  certificate broker /CN=broker DNS:localhost,IP:127.0.0.1
  certificate other-host /CN=elsewhere DNS:elsewhere.example
  certificate alice /CN=alice DNS:alice
  from='40 days ago' until='2 days ago' certificate expired-broker /CN=broker DNS:localhost,IP:127.0.0.1
  from='40 days ago' until='2 days ago' certificate expired-alice /CN=alice DNS:alice
  # Nobody's: no broker trusts who signed it.
  openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -out stranger.pem -days 30 -subj /CN=stranger
}

# A broker's settings. The listeners' names and protocols are with-kafka.sh's.
settings() {
  local listener jaas=org.apache.kafka.common.security
  cat <<END

# Who comes by PLAINTEXT may do all; whoever else, only what an ACL says.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.principal.mapping.rules=RULE:^CN=(.*)\$/\$1/,DEFAULT
ssl.truststore.type=PEM
ssl.truststore.location=$1/ca.pem
ssl.keystore.type=PEM
ssl.keystore.location=$1/broker.keystore.pem
ssl.client.auth=none
listener.name.mtls.ssl.client.auth=required
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location=$1/expired-broker.keystore.pem
listener.name.otherhost.ssl.keystore.type=PEM
listener.name.otherhost.ssl.keystore.location=$1/other-host.keystore.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
# A client that fails to authenticate is told so at once.
connection.failed.authentication.delay.ms=0
END
  for listener in sasl rotating; do
    cat <<END
listener.name.$listener.plain.sasl.jaas.config=$jaas.plain.PlainLoginModule required \\
  user_alice="alice-secret" user_bob="bob-secret";
listener.name.$listener.scram-sha-256.sasl.jaas.config=$jaas.scram.ScramLoginModule required;
listener.name.$listener.scram-sha-512.sasl.jaas.config=$jaas.scram.ScramLoginModule required;
listener.name.$listener.oauthbearer.sasl.jaas.config=$jaas.oauthbearer.OAuthBearerLoginModule required \\
  unsecuredLoginStringClaim_sub="broker";
END
  done
  # There, clients have to show every few seconds that they still may come (KIP-368).
  local mechanism
  for mechanism in plain scram-sha-256 scram-sha-512 oauthbearer; do
    printf 'listener.name.rotating.%s.connections.max.reauth.ms=4000\n' "$mechanism"
  done
}

# Alice and bob may do everything with topics and groups whose names begin with `secured-`, and nothing else.
users() {
  local user waits=()
  for user in alice bob; do
    "$1" set-password "$user" "$user-secret" &
    waits+=("$!")
  done
  "$1" allow alice,bob all topic secured- prefixed &
  waits+=("$!")
  "$1" allow alice,bob all group secured- prefixed &
  waits+=("$!")
  for user in "${waits[@]}"; do wait "$user"; done
}

case $1 in
  certificates)
    mkdir -p "$2"
    # openssl says much when all is well.
    trap '(($? == 0)) || cat "$2/certificates.log" >&2' EXIT
    certificates "$2" >"$2/certificates.log" 2>&1
    ;;
  settings) settings "$2" ;;
  users) users "$2" ;;
  *) usage ;;
esac
