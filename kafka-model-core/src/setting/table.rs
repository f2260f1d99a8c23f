//! The table: every property of librdkafka 2.12.1, the framework's own settings, and Kafka's configs of a topic.
//!
//! The rows follow the order of librdkafka's own table (`rdkafka_conf.c`), which is where ranges,
//! values, defaults, aliases, deprecations and secrets come from. Two names differ from it: where
//! librdkafka calls `bootstrap.servers` and `sasl.mechanism` the aliases, they are the names to use
//! here. Where a property exists for the client and for a topic, the row is the one that counts for
//! a consumer. A row that the linked librdkafka does not agree with fails the test
//! `tests/tests/differential`.

use super::Kind::{Bool, Callback, Flags, Float, Int, Patterns, Text};
use super::{Choice, Kind, Side, Spec, Standing, Unit, Value};
use crate::features::Feature::{self, Curl, Gssapi, Ssl, Zstd};

/// What a row says, but for its names.
#[derive(Clone, Copy)]
struct Row {
    kind: Kind,
    default: Option<Value<'static>>,
    side: Side,
    standing: Standing,
    sensitive: bool,
    feature: Option<Feature>,
}

impl Row {
    const fn new(side: Side, kind: Kind) -> Self {
        Self {
            kind,
            default: None,
            side,
            standing: Standing::Open,
            sensitive: false,
            feature: None,
        }
    }

    const fn default(mut self, value: Value<'static>) -> Self {
        self.default = Some(value);
        self
    }

    const fn on(self) -> Self {
        self.default(Value::Bool(true))
    }

    const fn off(self) -> Self {
        self.default(Value::Bool(false))
    }

    const fn int(self, value: i64) -> Self {
        self.default(Value::Int(value))
    }

    const fn float(self, value: f64) -> Self {
        self.default(Value::Float(value))
    }

    const fn text(self, value: &'static str) -> Self {
        self.default(Value::Str(value))
    }

    const fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    const fn alias(self, of: Setting) -> Self {
        self.standing(Standing::Alias(of))
    }

    const fn deprecated(self, instead: &'static str) -> Self {
        self.standing(Standing::Deprecated(instead))
    }

    const fn owned(self, instead: &'static str) -> Self {
        self.standing(Standing::Owned(instead))
    }

    const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    const fn needs(mut self, feature: Feature) -> Self {
        self.feature = Some(feature);
        self
    }

    /// The row under `name`, which is librdkafka's if the row is about one of its properties.
    const fn named(self, setting: Setting, property: &'static str, name: &'static str) -> Spec {
        let Self {
            kind,
            default,
            side,
            standing,
            sensitive,
            feature,
        } = self;
        let property = match (side, setting) {
            (Side::Processing | Side::Service, _)
            | (_, Setting::TopicPartitions | Setting::TopicReplication) => None,
            (Side::Client | Side::Consumer | Side::Producer, _) => Some(property),
            (Side::Topic, _) => Some(in_group(property)),
        };
        Spec {
            setting,
            name,
            property,
            kind,
            default,
            side,
            standing,
            sensitive,
            feature,
        }
    }
}

const fn client(kind: Kind) -> Row {
    Row::new(Side::Client, kind)
}

const fn consumer(kind: Kind) -> Row {
    Row::new(Side::Consumer, kind)
}

const fn producer(kind: Kind) -> Row {
    Row::new(Side::Producer, kind)
}

const fn processing(kind: Kind) -> Row {
    Row::new(Side::Processing, kind)
}

const fn service(kind: Kind) -> Row {
    Row::new(Side::Service, kind)
}

const fn topic(kind: Kind) -> Row {
    Row::new(Side::Topic, kind)
}

/// What stands in the parentheses of `group(what)`.
const fn in_group(name: &'static str) -> &'static str {
    let (mut start, bytes) = (0, name.as_bytes());
    while bytes[start] != b'(' {
        start += 1;
    }
    let (inner, _) = name.split_at(bytes.len() - 1);
    inner.split_at(start + 1).1
}

const fn number(min: i64, max: i64) -> Kind {
    Int {
        min,
        max,
        unit: Unit::Plain,
    }
}

const fn millis(min: i64, max: i64) -> Kind {
    Int {
        min,
        max,
        unit: Unit::Millis,
    }
}

const fn seconds(min: i64, max: i64) -> Kind {
    Int {
        min,
        max,
        unit: Unit::Seconds,
    }
}

const fn bytes(min: i64, max: i64) -> Kind {
    Int {
        min,
        max,
        unit: Unit::Bytes,
    }
}

const fn kibibytes(min: i64, max: i64) -> Kind {
    Int {
        min,
        max,
        unit: Unit::Kibibytes,
    }
}

const fn float_millis(min: f64, max: f64) -> Kind {
    Float {
        min,
        max,
        unit: Unit::Millis,
    }
}

/// A [`Kind::Choice`]; `"name" if Feature` is a value that needs a crate feature.
macro_rules! choice {
    ($($name:literal $(if $feature:ident)?),+) => {
        Kind::Choice(&[$(Choice { name: $name, feature: choice!(@feature $($feature)?) }),+])
    };
    (@feature $feature:ident) => { Some($feature) };
    (@feature) => { None };
}

/// The name in an attribute of `property`: with `_` for `.`.
const fn underscored<const LEN: usize>(property: &str) -> [u8; LEN] {
    let property = property.as_bytes();
    let mut name = [0; LEN];
    let mut i = 0;
    while i < LEN {
        name[i] = if property[i] == b'.' {
            b'_'
        } else {
            property[i]
        };
        i += 1;
    }
    name
}

/// Rows of the form `Variant = "its.property": row`.
macro_rules! table {
    ($($setting:ident = $property:literal: $row:expr),+ $(,)?) => {
        /// A setting: a property of librdkafka, or one of the framework's own.
        ///
        /// The name of a variant is the setting's name in an attribute, in camel case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Setting {
            $(#[doc = concat!("`", $property, "`")] $setting),+
        }

        /// The table: one row for each [`Setting`], in its order.
        pub static SPECS: &[Spec] = {
            use Setting::*;
            &[$({
                const NAME: &[u8] = &underscored::<{ $property.len() }>($property);
                match core::str::from_utf8(NAME) {
                    Ok(name) => $row.named($setting, $property, name),
                    Err(_) => panic!("a property's name is ASCII"),
                }
            }),+]
        };
    };
}

const CALLBACK: &str = "it is a callback or a pointer, which cannot be given in an attribute";

const THROTTLED: &str = "the tools that move partitions set it, and remove it when they are done";

const BUILTIN_FEATURES: Kind = Flags(&[
    "gzip",
    "snappy",
    "ssl",
    "sasl",
    "regex",
    "lz4",
    "sasl_gssapi",
    "sasl_plain",
    "sasl_scram",
    "plugins",
    "zstd",
    "sasl_oauthbearer",
    "http",
    "oidc",
]);

const DEBUG_CONTEXTS: Kind = Flags(&[
    "generic",
    "broker",
    "topic",
    "metadata",
    "feature",
    "queue",
    "msg",
    "protocol",
    "cgrp",
    "security",
    "fetch",
    "interceptor",
    "plugin",
    "consumer",
    "admin",
    "eos",
    "mock",
    "assignor",
    "conf",
    "telemetry",
    "all",
]);

const MECHANISM: Kind = choice!["GSSAPI" if Gssapi, "PLAIN", "SCRAM-SHA-256" if Ssl, "SCRAM-SHA-512" if Ssl, "OAUTHBEARER" if Ssl];

const COMPRESSION: Kind = choice!["none", "gzip", "snappy", "lz4", "zstd" if Zstd];

table! {
    // The client, its brokers and their metadata.
    BuiltinFeatures = "builtin.features": client(BUILTIN_FEATURES)
            .owned("it is a fact about the build: choose the crate features of kafka-model instead"),
    ClientId = "client.id": client(Text).text("rdkafka"),
    ClientSoftwareName = "client.software.name": client(Text).text("librdkafka")
            .owned("it names the client library; to name this service, use `client_id`"),
    ClientSoftwareVersion = "client.software.version": client(Text)
            .owned("it names the client library; to name this service, use `client_id`"),
    MetadataBrokerList = "metadata.broker.list": client(Text).alias(BootstrapServers),
    BootstrapServers = "bootstrap.servers": client(Text),
    MessageMaxBytes = "message.max.bytes": client(bytes(1_000, 1_000_000_000)).int(1_000_000),
    MessageCopyMaxBytes = "message.copy.max.bytes": client(bytes(0, 1_000_000_000)).int(65_535),
    ReceiveMessageMaxBytes = "receive.message.max.bytes": client(bytes(1_000, 2_147_483_647))
            .int(100_000_000),
    MaxInFlightRequestsPerConnection = "max.in.flight.requests.per.connection": client(number(1, 1_000_000))
            .int(1_000_000),
    MaxInFlight = "max.in.flight": client(number(1, 1_000_000)).int(1_000_000)
            .alias(MaxInFlightRequestsPerConnection),
    MetadataRecoveryStrategy = "metadata.recovery.strategy": client(choice!["none", "rebootstrap"])
            .text("rebootstrap"),
    MetadataRecoveryRebootstrapTriggerMs = "metadata.recovery.rebootstrap.trigger.ms":
        client(millis(0, 2_147_483_647)).int(300_000),
    MetadataRequestTimeoutMs = "metadata.request.timeout.ms": client(millis(10, 900_000)).int(10)
            .deprecated("it has no effect; use `socket_timeout_ms`"),
    TopicMetadataRefreshIntervalMs = "topic.metadata.refresh.interval.ms": client(millis(-1, 3_600_000))
            .int(300_000),
    MetadataMaxAgeMs = "metadata.max.age.ms": client(millis(1, 86_400_000)).int(900_000),
    TopicMetadataRefreshFastIntervalMs = "topic.metadata.refresh.fast.interval.ms": client(millis(1, 60_000))
            .int(100),
    TopicMetadataRefreshFastCnt = "topic.metadata.refresh.fast.cnt": client(number(0, 1_000)).int(10)
            .deprecated("it has no effect; use `topic_metadata_refresh_fast_interval_ms`"),
    TopicMetadataRefreshSparse = "topic.metadata.refresh.sparse": client(Bool).on(),
    TopicMetadataPropagationMaxMs = "topic.metadata.propagation.max.ms": client(millis(0, 3_600_000))
            .int(30_000),
    TopicBlacklist = "topic.blacklist": client(Patterns),
    Debug = "debug": client(DEBUG_CONTEXTS),

    // Sockets and reconnecting.
    SocketTimeoutMs = "socket.timeout.ms": client(millis(10, 300_000)).int(60_000),
    SocketBlockingMaxMs = "socket.blocking.max.ms": client(millis(1, 60_000)).int(1_000)
            .deprecated("it has no effect; use `socket_timeout_ms`"),
    SocketSendBufferBytes = "socket.send.buffer.bytes": client(bytes(0, 100_000_000)).int(0),
    SocketReceiveBufferBytes = "socket.receive.buffer.bytes": client(bytes(0, 100_000_000)).int(0),
    SocketKeepaliveEnable = "socket.keepalive.enable": client(Bool).off(),
    SocketNagleDisable = "socket.nagle.disable": client(Bool).on(),
    SocketMaxFails = "socket.max.fails": client(number(0, 1_000_000)).int(1),
    BrokerAddressTtl = "broker.address.ttl": client(millis(0, 86_400_000)).int(1_000),
    BrokerAddressFamily = "broker.address.family": client(choice!["any", "v4", "v6"]).text("any"),
    SocketConnectionSetupTimeoutMs = "socket.connection.setup.timeout.ms":
        client(millis(1_000, 2_147_483_647)).int(30_000),
    ConnectionsMaxIdleMs = "connections.max.idle.ms": client(millis(0, 2_147_483_647)).int(0),
    EnableSparseConnections = "enable.sparse.connections": client(Bool).on()
            .owned("librdkafka keeps it for its own tests"),
    ReconnectBackoffJitterMs = "reconnect.backoff.jitter.ms": client(millis(0, 3_600_000)).int(0)
            .deprecated("it has no effect; use `reconnect_backoff_ms` and `reconnect_backoff_max_ms`"),
    ReconnectBackoffMs = "reconnect.backoff.ms": client(millis(0, 3_600_000)).int(100),
    ReconnectBackoffMaxMs = "reconnect.backoff.max.ms": client(millis(0, 3_600_000)).int(10_000),

    // Statistics, logs, callbacks.
    StatisticsIntervalMs = "statistics.interval.ms": client(millis(0, 86_400_000)).int(0),
    EnabledEvents = "enabled_events": client(number(0, 2_147_483_647)).int(0)
            .owned("events arrive as tracing events and in `status()`"),
    ErrorCb = "error_cb": client(Callback).owned("errors arrive as tracing events and in `status()`"),
    ThrottleCb = "throttle_cb": client(Callback).owned("throttling is reported as a tracing event"),
    StatsCb = "stats_cb": client(Callback).owned("figures are in `status()`"),
    LogCb = "log_cb": client(Callback)
            .owned("librdkafka's log lines go to tracing; choose how many with `log_level` and `debug`"),
    LogLevel = "log_level": client(number(0, 7)).int(6),
    LogQueue = "log.queue": client(Bool).off()
            .owned("librdkafka's log lines go to tracing; choose how many with `log_level` and `debug`"),
    LogThreadName = "log.thread.name": client(Bool).on(),
    EnableRandomSeed = "enable.random.seed": client(Bool).on(),
    LogConnectionClose = "log.connection.close": client(Bool).on(),
    BackgroundEventCb = "background_event_cb": client(Callback).owned(CALLBACK),
    SocketCb = "socket_cb": client(Callback).owned(CALLBACK),
    ConnectCb = "connect_cb": client(Callback).owned(CALLBACK),
    ClosesocketCb = "closesocket_cb": client(Callback).owned(CALLBACK),
    OpenCb = "open_cb": client(Callback).owned(CALLBACK),
    ResolveCb = "resolve_cb": client(Callback).owned(CALLBACK),
    Opaque = "opaque": client(Callback).owned(CALLBACK),
    DefaultTopicConf = "default_topic_conf": client(Callback)
            .owned("write the topic's properties as settings of their own, for instance `auto_offset_reset`"),
    InternalTerminationSignal = "internal.termination.signal": client(number(0, 128)).int(0)
            .owned("it installs a signal handler for the whole process, and nothing here needs it"),

    // Versions.
    ApiVersionRequest = "api.version.request": client(Bool).on()
            .deprecated("leave it out: brokers since 0.10 tell their versions"),
    ApiVersionRequestTimeoutMs = "api.version.request.timeout.ms": client(millis(1, 300_000)).int(10_000),
    ApiVersionFallbackMs = "api.version.fallback.ms": client(millis(0, 604_800_000)).int(0)
            .deprecated("leave it out: brokers since 0.10 tell their versions"),
    BrokerVersionFallback = "broker.version.fallback": client(Text).text("0.10.0")
            .deprecated("leave it out: brokers since 0.10 tell their versions"),
    AllowAutoCreateTopics = "allow.auto.create.topics": client(Bool).off(),

    // Security: TLS.
    SecurityProtocol = "security.protocol":
        client(choice!["plaintext", "ssl" if Ssl, "sasl_plaintext", "sasl_ssl" if Ssl]).text("plaintext"),
    SslCipherSuites = "ssl.cipher.suites": client(Text).needs(Ssl),
    SslCurvesList = "ssl.curves.list": client(Text).needs(Ssl),
    SslSigalgsList = "ssl.sigalgs.list": client(Text).needs(Ssl),
    SslKeyLocation = "ssl.key.location": client(Text).needs(Ssl).sensitive(),
    SslKeyPassword = "ssl.key.password": client(Text).needs(Ssl).sensitive(),
    SslKeyPem = "ssl.key.pem": client(Text).needs(Ssl).sensitive(),
    SslKey = "ssl_key": client(Callback).needs(Ssl).sensitive()
            .owned("use `ssl_key_location`, or `ssl_key_pem = env(\"NAME\")`"),
    SslCertificateLocation = "ssl.certificate.location": client(Text).needs(Ssl),
    SslCertificatePem = "ssl.certificate.pem": client(Text).needs(Ssl),
    SslCertificate = "ssl_certificate": client(Callback).needs(Ssl)
            .owned("use `ssl_certificate_location` or `ssl_certificate_pem`"),
    SslCaLocation = "ssl.ca.location": client(Text).needs(Ssl),
    HttpsCaLocation = "https.ca.location": client(Text).needs(Curl),
    HttpsCaPem = "https.ca.pem": client(Text).needs(Curl),
    SslCaPem = "ssl.ca.pem": client(Text).needs(Ssl).sensitive(),
    SslCa = "ssl_ca": client(Callback).needs(Ssl).owned("use `ssl_ca_location` or `ssl_ca_pem`"),
    SslCaCertificateStores = "ssl.ca.certificate.stores": client(Text).text("Root")
            .owned("certificate stores exist on Windows only: use `ssl_ca_location`"),
    SslCrlLocation = "ssl.crl.location": client(Text).needs(Ssl),
    SslKeystoreLocation = "ssl.keystore.location": client(Text).needs(Ssl),
    SslKeystorePassword = "ssl.keystore.password": client(Text).needs(Ssl).sensitive(),
    SslProviders = "ssl.providers": client(Text).needs(Ssl),
    SslEngineLocation = "ssl.engine.location": client(Text).needs(Ssl).deprecated("use `ssl_providers`"),
    SslEngineId = "ssl.engine.id": client(Text).text("dynamic").needs(Ssl)
            .deprecated("it belongs to `ssl_engine_location`; use `ssl_providers`"),
    SslEngineCallbackData = "ssl_engine_callback_data": client(Callback).needs(Ssl)
            .owned("use `ssl_providers`"),
    EnableSslCertificateVerification = "enable.ssl.certificate.verification": client(Bool).on().needs(Ssl),
    SslEndpointIdentificationAlgorithm = "ssl.endpoint.identification.algorithm":
        client(choice!["none", "https"]).text("https").needs(Ssl),
    SslCertificateVerifyCb = "ssl.certificate.verify_cb": client(Callback).needs(Ssl)
            .owned("use `enable_ssl_certificate_verification` and `ssl_ca_location`"),

    // Security: SASL.
    SaslMechanisms = "sasl.mechanisms": client(MECHANISM).text("GSSAPI").alias(SaslMechanism),
    SaslMechanism = "sasl.mechanism": client(MECHANISM).text("GSSAPI"),
    SaslKerberosServiceName = "sasl.kerberos.service.name": client(Text).text("kafka").needs(Gssapi),
    SaslKerberosPrincipal = "sasl.kerberos.principal": client(Text).text("kafkaclient").needs(Gssapi),
    SaslKerberosKinitCmd = "sasl.kerberos.kinit.cmd": client(Text)
            .text("kinit -R -t \"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal} || kinit -t \"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal}")
            .needs(Gssapi),
    SaslKerberosKeytab = "sasl.kerberos.keytab": client(Text).needs(Gssapi),
    SaslKerberosMinTimeBeforeRelogin = "sasl.kerberos.min.time.before.relogin": client(millis(0, 86_400_000))
            .int(60_000).needs(Gssapi),
    SaslUsername = "sasl.username": client(Text).sensitive(),
    SaslPassword = "sasl.password": client(Text).sensitive(),
    SaslOauthbearerConfig = "sasl.oauthbearer.config": client(Text).needs(Ssl).sensitive(),
    EnableSaslOauthbearerUnsecureJwt = "enable.sasl.oauthbearer.unsecure.jwt": client(Bool).off().needs(Ssl),
    OauthbearerTokenRefreshCb = "oauthbearer_token_refresh_cb": client(Callback).needs(Ssl)
            .owned("give the program's provider of tokens with `Kafka::builder().oauth_tokens(…)`"),
    EnableSaslQueue = "enable_sasl_queue": client(Bool).off()
            .owned("tokens are refreshed by the poll service"),
    SaslOauthbearerMethod = "sasl.oauthbearer.method": client(choice!["default", "oidc"]).text("default")
            .needs(Curl),
    SaslOauthbearerClientId = "sasl.oauthbearer.client.id": client(Text).needs(Curl),
    SaslOauthbearerClientCredentialsClientId = "sasl.oauthbearer.client.credentials.client.id": client(Text)
            .needs(Curl).alias(SaslOauthbearerClientId),
    SaslOauthbearerClientCredentialsClientSecret = "sasl.oauthbearer.client.credentials.client.secret":
        client(Text).needs(Curl).sensitive().alias(SaslOauthbearerClientSecret),
    SaslOauthbearerClientSecret = "sasl.oauthbearer.client.secret": client(Text).needs(Curl).sensitive(),
    SaslOauthbearerScope = "sasl.oauthbearer.scope": client(Text).needs(Curl),
    SaslOauthbearerExtensions = "sasl.oauthbearer.extensions": client(Text).needs(Curl),
    SaslOauthbearerTokenEndpointUrl = "sasl.oauthbearer.token.endpoint.url": client(Text).needs(Curl),
    SaslOauthbearerGrantType = "sasl.oauthbearer.grant.type":
        client(choice!["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"])
            .text("client_credentials").needs(Curl),
    SaslOauthbearerAssertionAlgorithm = "sasl.oauthbearer.assertion.algorithm":
        client(choice!["RS256", "ES256"]).text("RS256").needs(Curl),
    SaslOauthbearerAssertionPrivateKeyFile = "sasl.oauthbearer.assertion.private.key.file": client(Text)
            .needs(Curl).sensitive(),
    SaslOauthbearerAssertionPrivateKeyPassphrase = "sasl.oauthbearer.assertion.private.key.passphrase":
        client(Text).needs(Curl).sensitive(),
    SaslOauthbearerAssertionPrivateKeyPem = "sasl.oauthbearer.assertion.private.key.pem": client(Text)
            .needs(Curl).sensitive(),
    SaslOauthbearerAssertionFile = "sasl.oauthbearer.assertion.file": client(Text).needs(Curl),
    SaslOauthbearerAssertionClaimAud = "sasl.oauthbearer.assertion.claim.aud": client(Text).needs(Curl),
    SaslOauthbearerAssertionClaimExpSeconds = "sasl.oauthbearer.assertion.claim.exp.seconds":
        client(seconds(1, 2_147_483_647)).int(300).needs(Curl),
    SaslOauthbearerAssertionClaimIss = "sasl.oauthbearer.assertion.claim.iss": client(Text).needs(Curl),
    SaslOauthbearerAssertionClaimJtiInclude = "sasl.oauthbearer.assertion.claim.jti.include": client(Bool)
            .off().needs(Curl),
    SaslOauthbearerAssertionClaimNbfSeconds = "sasl.oauthbearer.assertion.claim.nbf.seconds":
        client(seconds(0, 2_147_483_647)).int(60).needs(Curl),
    SaslOauthbearerAssertionClaimSub = "sasl.oauthbearer.assertion.claim.sub": client(Text).needs(Curl),
    SaslOauthbearerAssertionJwtTemplateFile = "sasl.oauthbearer.assertion.jwt.template.file": client(Text)
            .needs(Curl),
    SaslOauthbearerMetadataAuthenticationType = "sasl.oauthbearer.metadata.authentication.type":
        client(choice!["none", "azure_imds"]).text("none").needs(Curl),

    // Plugins and tests.
    PluginLibraryPaths = "plugin.library.paths": client(Text)
            .owned("a plugin can change any property behind the back of the checks"),
    Interceptors = "interceptors": client(Callback).owned("they exist in the C interface only"),
    TestMockNumBrokers = "test.mock.num.brokers": client(number(0, 10_000)).int(0)
            .owned("for tests, use `EmbeddedKafka`"),
    TestMockBrokerRtt = "test.mock.broker.rtt": client(number(0, 3_600_000)).int(0)
            .owned("for tests, use `EmbeddedKafka`"),

    // The consumer group.
    GroupId = "group.id": consumer(Text),
    GroupInstanceId = "group.instance.id": consumer(Text),
    PartitionAssignmentStrategy = "partition.assignment.strategy":
        consumer(Flags(&["range", "roundrobin", "cooperative-sticky"])).text("range,roundrobin"),
    SessionTimeoutMs = "session.timeout.ms": consumer(millis(1, 3_600_000)).int(45_000),
    HeartbeatIntervalMs = "heartbeat.interval.ms": consumer(millis(1, 3_600_000)).int(3_000),
    GroupProtocolType = "group.protocol.type": consumer(Text).text("consumer")
            .owned("`consumer` is the only type there is: leave it out"),
    GroupProtocol = "group.protocol": consumer(choice!["classic", "consumer"]).text("classic"),
    GroupRemoteAssignor = "group.remote.assignor": consumer(Text),
    CoordinatorQueryIntervalMs = "coordinator.query.interval.ms": consumer(millis(1, 3_600_000)).int(600_000),
    MaxPollIntervalMs = "max.poll.interval.ms": consumer(millis(1, 86_400_000)).int(300_000),

    // Offsets.
    EnableAutoCommit = "enable.auto.commit": consumer(Bool).on()
            .owned("offsets are committed when their records are handled: use `delivery` and `commit_interval_ms`"),
    AutoCommitIntervalMs = "auto.commit.interval.ms": consumer(millis(0, 86_400_000)).int(5_000)
            .owned("use `commit_interval_ms`"),
    EnableAutoOffsetStore = "enable.auto.offset.store": consumer(Bool).on()
            .owned("offsets are committed when their records are handled: use `delivery`"),

    // Fetching.
    QueuedMinMessages = "queued.min.messages": consumer(number(1, 10_000_000)).int(100_000),
    QueuedMaxMessagesKbytes = "queued.max.messages.kbytes": consumer(kibibytes(1, 2_097_151)).int(65_536),
    FetchWaitMaxMs = "fetch.wait.max.ms": consumer(millis(0, 300_000)).int(500),
    FetchQueueBackoffMs = "fetch.queue.backoff.ms": consumer(millis(0, 300_000)).int(1_000),
    FetchMessageMaxBytes = "fetch.message.max.bytes": consumer(bytes(1, 1_000_000_000)).int(1_048_576),
    MaxPartitionFetchBytes = "max.partition.fetch.bytes": consumer(bytes(1, 1_000_000_000)).int(1_048_576)
            .alias(FetchMessageMaxBytes),
    FetchMaxBytes = "fetch.max.bytes": consumer(bytes(0, 2_147_483_135)).int(52_428_800),
    FetchMinBytes = "fetch.min.bytes": consumer(bytes(1, 100_000_000)).int(1),
    FetchErrorBackoffMs = "fetch.error.backoff.ms": consumer(millis(0, 300_000)).int(500),
    OffsetStoreMethod = "offset.store.method": consumer(choice!["none", "file", "broker"]).text("broker")
            .deprecated("leave it out: offsets are stored on the broker"),
    IsolationLevel = "isolation.level": consumer(choice!["read_uncommitted", "read_committed"])
            .text("read_committed"),
    ConsumeCb = "consume_cb": consumer(Callback).owned("records arrive at the handler"),
    RebalanceCb = "rebalance_cb": consumer(Callback)
            .owned("kafka-model drains and commits at each rebalance: use `drain_timeout_ms`"),
    OffsetCommitCb = "offset_commit_cb": consumer(Callback).owned("the result of commits is in `status()`"),
    EnablePartitionEof = "enable.partition.eof": consumer(Bool).off()
            .owned("how far behind a topic is, is in `status()`"),
    CheckCrcs = "check.crcs": consumer(Bool).off(),
    ClientRack = "client.rack": client(Text),

    // Producers.
    TransactionalId = "transactional.id": producer(Text),
    TransactionTimeoutMs = "transaction.timeout.ms": producer(millis(1_000, 2_147_483_647)).int(60_000),
    EnableIdempotence = "enable.idempotence": producer(Bool).off(),
    EnableGaplessGuarantee = "enable.gapless.guarantee": producer(Bool).off(),
    QueueBufferingMaxMessages = "queue.buffering.max.messages": producer(number(0, 2_147_483_647))
            .int(100_000),
    QueueBufferingMaxKbytes = "queue.buffering.max.kbytes": producer(kibibytes(1, 2_147_483_647))
            .int(1_048_576),
    QueueBufferingMaxMs = "queue.buffering.max.ms": producer(float_millis(0.0, 900_000.0)).float(5.0),
    LingerMs = "linger.ms": producer(float_millis(0.0, 900_000.0)).float(5.0).alias(QueueBufferingMaxMs),
    MessageSendMaxRetries = "message.send.max.retries": producer(number(0, 2_147_483_647)).int(2_147_483_647),
    Retries = "retries": producer(number(0, 2_147_483_647)).int(2_147_483_647).alias(MessageSendMaxRetries),
    RetryBackoffMs = "retry.backoff.ms": client(millis(1, 300_000)).int(100),
    RetryBackoffMaxMs = "retry.backoff.max.ms": client(millis(1, 300_000)).int(1_000),
    QueueBufferingBackpressureThreshold = "queue.buffering.backpressure.threshold":
        producer(number(1, 1_000_000)).int(1),
    CompressionCodec = "compression.codec": producer(COMPRESSION).text("none"),
    CompressionType = "compression.type": producer(COMPRESSION).text("none").alias(CompressionCodec),
    BatchNumMessages = "batch.num.messages": producer(number(1, 1_000_000)).int(10_000),
    BatchSize = "batch.size": producer(bytes(1, 2_147_483_647)).int(1_000_000),
    DeliveryReportOnlyError = "delivery.report.only.error": producer(Bool).off(),
    DrCb = "dr_cb": producer(Callback).owned(CALLBACK),
    DrMsgCb = "dr_msg_cb": producer(Callback).owned(CALLBACK),
    StickyPartitioningLingerMs = "sticky.partitioning.linger.ms": producer(millis(0, 900_000)).int(10),

    // Clients again.
    ClientDnsLookup = "client.dns.lookup":
        client(choice!["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])
            .text("use_all_dns_ips"),
    EnableMetricsPush = "enable.metrics.push": client(Bool).on(),

    // Topics, of producers.
    RequestRequiredAcks = "request.required.acks": producer(number(-1, 1_000)).int(-1),
    Acks = "acks": producer(number(-1, 1_000)).int(-1).alias(RequestRequiredAcks),
    RequestTimeoutMs = "request.timeout.ms": producer(millis(1, 900_000)).int(30_000),
    MessageTimeoutMs = "message.timeout.ms": producer(millis(0, 2_147_483_647)).int(300_000),
    DeliveryTimeoutMs = "delivery.timeout.ms": producer(millis(0, 2_147_483_647)).int(300_000)
            .alias(MessageTimeoutMs),
    QueuingStrategy = "queuing.strategy": producer(choice!["fifo", "lifo"]).text("fifo")
            .deprecated("leave it out: producers keep the order"),
    ProduceOffsetReport = "produce.offset.report": producer(Bool).off().deprecated("it has no effect"),
    Partitioner = "partitioner":
        producer(choice!["random", "consistent", "consistent_random", "murmur2", "murmur2_random", "fnv1a", "fnv1a_random"])
            .text("consistent_random"),
    PartitionerCb = "partitioner_cb": producer(Callback).owned(CALLBACK),
    MsgOrderCmp = "msg_order_cmp": producer(Callback).deprecated("leave it out: producers keep the order"),
    CompressionLevel = "compression.level": producer(number(-1, 12)).int(-1),

    // Topics, of consumers.
    AutoCommitEnable = "auto.commit.enable": consumer(Bool).on()
            .deprecated("offsets are committed when their records are handled: use `delivery` and `commit_interval_ms`"),
    AutoOffsetReset = "auto.offset.reset":
        consumer(choice!["smallest", "earliest", "beginning", "largest", "latest", "end", "error"])
            .text("largest"),
    OffsetStorePath = "offset.store.path": consumer(Text).text(".")
            .deprecated("leave it out: offsets are stored on the broker"),
    OffsetStoreSyncIntervalMs = "offset.store.sync.interval.ms": consumer(millis(-1, 86_400_000)).int(-1)
            .deprecated("leave it out: offsets are stored on the broker"),
    ConsumeCallbackMaxMessages = "consume.callback.max.messages": consumer(number(0, 1_000_000)).int(0)
            .owned("use `max_buffered`"),

    // How one type's records are buffered and handled.
    MaxBuffered = "max_buffered": processing(number(1, 10_000_000)).int(10_000),
    Backpressure = "backpressure": processing(choice!["pause", "drop_oldest", "drop_newest"]).text("pause"),
    Concurrency = "concurrency": processing(number(1, 4_096)).int(16),
    Order = "order": processing(choice!["partition", "key", "none"]).text("partition"),
    StartImmediately = "start_immediately": processing(Bool).on(),
    OnFailure = "on_failure": processing(choice!["halt", "skip", "dead_letter"]).text("halt"),
    Delivery = "delivery": processing(choice!["at_least_once", "at_most_once"]).text("at_least_once"),
    MaxHandlingMs = "max_handling_ms": processing(millis(1, 86_400_000)).int(300_000),

    // What is tried before a record has failed for good, and where it goes then.
    RetryAttempts = "retry(attempts)": processing(number(1, 1_000)).int(1),
    RetryBackoff = "retry(backoff)": processing(Kind::Backoff).text("100ms..10s"),
    RetryJitter = "retry(jitter)": processing(Bool).off(),
    RetryTopics = "retry(topics)": processing(Kind::Delays),
    DeadLetter = "dead_letter": processing(Kind::Topic),
    DeadLetterLimit = "dead_letter(limit)": processing(Kind::Limit),

    // One poll service.
    CommitIntervalMs = "commit_interval_ms": service(millis(10, 3_600_000)).int(1_000),
    DrainTimeoutMs = "drain_timeout_ms": service(millis(0, 3_600_000)).int(10_000),
    MemoryBudget = "memory_budget": service(bytes(1 << 20, 1 << 40)).int(64 << 20),
    StallTimeoutMs = "stall_timeout_ms": service(millis(0, 86_400_000)).int(60_000),

    // A topic: how it is created, and Kafka's configs of it (`LogConfig` of Kafka 4.3, which is where the ranges come
    // from). What is not given is the broker's business, so there are no defaults.
    TopicPartitions = "topic(partitions)": topic(number(1, 1_000_000)),
    TopicReplication = "topic(replication)": topic(number(1, 32_767)),
    TopicCleanupPolicy = "topic(cleanup.policy)": topic(Flags(&["delete", "compact"])),
    TopicCompressionGzipLevel = "topic(compression.gzip.level)": topic(number(-1, 9)),
    TopicCompressionLz4Level = "topic(compression.lz4.level)": topic(number(1, 17)),
    // A broker writes what it takes with this codec, so a consumer must be able to read it.
    TopicCompressionType = "topic(compression.type)":
        topic(choice!["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd" if Zstd]),
    TopicCompressionZstdLevel = "topic(compression.zstd.level)": topic(number(-131_072, 22)),
    TopicDeleteRetentionMs = "topic(delete.retention.ms)": topic(millis(0, i64::MAX)),
    TopicFileDeleteDelayMs = "topic(file.delete.delay.ms)": topic(millis(0, i64::MAX)),
    TopicFlushMessages = "topic(flush.messages)": topic(number(1, i64::MAX)),
    TopicFlushMs = "topic(flush.ms)": topic(millis(0, i64::MAX)),
    TopicFollowerReplicationThrottledReplicas = "topic(follower.replication.throttled.replicas)":
        topic(Text).owned(THROTTLED),
    TopicIndexIntervalBytes = "topic(index.interval.bytes)": topic(bytes(0, 2_147_483_647)),
    TopicLeaderReplicationThrottledReplicas = "topic(leader.replication.throttled.replicas)":
        topic(Text).owned(THROTTLED),
    TopicLocalRetentionBytes = "topic(local.retention.bytes)": topic(bytes(-2, i64::MAX)),
    TopicLocalRetentionMs = "topic(local.retention.ms)": topic(millis(-2, i64::MAX)),
    TopicMaxCompactionLagMs = "topic(max.compaction.lag.ms)": topic(millis(1, i64::MAX)),
    TopicMaxMessageBytes = "topic(max.message.bytes)": topic(bytes(0, 2_147_483_647)),
    TopicMessageTimestampAfterMaxMs = "topic(message.timestamp.after.max.ms)": topic(millis(0, i64::MAX)),
    TopicMessageTimestampBeforeMaxMs = "topic(message.timestamp.before.max.ms)": topic(millis(0, i64::MAX)),
    TopicMessageTimestampType = "topic(message.timestamp.type)": topic(choice!["CreateTime", "LogAppendTime"]),
    TopicMinCleanableDirtyRatio = "topic(min.cleanable.dirty.ratio)":
        topic(Float { min: 0.0, max: 1.0, unit: Unit::Plain }),
    TopicMinCompactionLagMs = "topic(min.compaction.lag.ms)": topic(millis(0, i64::MAX)),
    TopicMinInsyncReplicas = "topic(min.insync.replicas)": topic(number(1, 32_767)),
    TopicPreallocate = "topic(preallocate)": topic(Bool),
    TopicRemoteLogCopyDisable = "topic(remote.log.copy.disable)": topic(Bool),
    TopicRemoteLogDeleteOnDisable = "topic(remote.log.delete.on.disable)": topic(Bool),
    TopicRemoteStorageEnable = "topic(remote.storage.enable)": topic(Bool),
    TopicRetentionBytes = "topic(retention.bytes)": topic(bytes(-1, i64::MAX)),
    TopicRetentionMs = "topic(retention.ms)": topic(millis(-1, i64::MAX)),
    TopicSegmentBytes = "topic(segment.bytes)": topic(bytes(1_048_576, 2_147_483_647)),
    TopicSegmentIndexBytes = "topic(segment.index.bytes)": topic(bytes(4, 2_147_483_647)),
    TopicSegmentJitterMs = "topic(segment.jitter.ms)": topic(millis(0, i64::MAX)),
    TopicSegmentMs = "topic(segment.ms)": topic(millis(1, i64::MAX)),
    TopicUncleanLeaderElectionEnable = "topic(unclean.leader.election.enable)": topic(Bool),
}

const _: () = {
    let mut i = 0;
    while i < SPECS.len() {
        assert!(SPECS[i].setting as usize == i, "a row is out of place");
        i += 1;
    }
};
