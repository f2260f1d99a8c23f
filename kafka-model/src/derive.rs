//! The derives. Their documentation is here and not beside their code, so that its examples are compiled.

/// Makes a struct or an enum the message of a Kafka topic.
///
/// ```
/// use kafka_model::KafkaMessage;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "orders", key = customer.id, order = "key", max_buffered = 5_000)]
/// #[kafka(dedicated(group_id = "order-processing", fetch_max_bytes = "50MiB"))]
/// struct OrderPlaced {
///     customer: Customer,
///     amount: u64,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Customer {
///     id: u64,
/// }
///
/// let order = OrderPlaced { customer: Customer { id: 7 }, amount: 1 };
/// assert_eq!(order.key().as_deref(), Some(&b"7"[..]));
/// ```
///
/// The type is serialised as JSON by serde, must own its data (no lifetimes), and be `Send + Sync`. Several
/// `#[kafka(...)]` on one type are read as one. Each of these may be given once:
///
/// | | |
/// |---|---|
/// | `topic = "name"` | required, unless it is in `topic(...)`. 1 to 249 letters, digits, `.`, `_` and `-` |
/// | `topic(name = "name", partitions = 6, …)` | the same, and how the topic is [created](crate::Kafka::plan_topics): `partitions`, `replication`, and Kafka's configs of a topic |
/// | `key = field` | the field whose value is the key of a record that is published, or a path: `customer.id`, `0`. Its type is a [`RecordKey`](crate::RecordKey). Of an enum, each variant must have the field |
/// | `dedicated(...)` | a consumer of its own, with the settings inside; `group_id` is required |
/// | `crate = path` | where kafka-model is, if it is not `::kafka_model` |
/// | `setting = value` | any [setting](crate#settings). Those of a consumer need a `dedicated(...)` on the same type |
///
/// A value is `true`, a number (`10_000`), a text (`"earliest"`, `"45s"`, `"50MiB"`), or, where a text is
/// wanted, `env("NAME")`. It is written out: constants cannot be read by a derive.
///
/// All mistakes of a type are reported at once, each at its own place. Rules that concern the settings of
/// several levels are checked by [`derive@KafkaModel`], which sees them all:
///
/// ```compile_fail
/// use kafka_model::{KafkaMessage, KafkaModel, Topic};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, KafkaMessage)]
/// #[kafka(topic = "alerts", dedicated(group_id = "alerts", max_poll_interval_ms = "10s"))]
/// struct Alert {
///     text: String,
/// }
///
/// #[derive(KafkaModel)]
/// struct Monitoring {
///     // session_timeout_ms (45000, the default) must not exceed max_poll_interval_ms (10000)
///     alerts: Topic<Alert>,
/// }
/// ```
pub use kafka_model_derive::KafkaMessage;

/// Makes a struct of [`Topic`](crate::Topic)s the model of a service, with a function that registers it:
///
/// ```text
/// impl Monitoring {
///     pub fn register_all(kafka: &Kafka) -> Result<Self, kafka_model::Error>;
/// }
/// ```
///
/// ```
/// use kafka_model::{KafkaMessage, KafkaModel, Topic};
/// use serde::{Deserialize, Serialize};
///
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "alerts")]
/// # struct Alert { text: String }
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "reports")]
/// # struct Report { text: String }
/// # #[derive(Serialize, Deserialize, KafkaMessage)]
/// # #[kafka(topic = "audit")]
/// # struct Audit { text: String }
/// #[derive(KafkaModel)]
/// #[kafka(group_id = "monitoring", max_poll_interval_ms = "5m")]
/// struct Monitoring {
///     alerts: Topic<Alert>,
///     #[kafka(max_buffered = 500, dedicated(group_id = "monitoring-reports"))]
///     reports: Topic<Report>,
///     #[kafka(publish_only)]
///     audit: Topic<Audit>,
/// }
/// # let _ = |monitoring: Monitoring| (monitoring.alerts, monitoring.reports, monitoring.audit);
/// ```
///
/// On the model stand the [settings](crate#settings) of the shared consumer, which are also the defaults of
/// its dedicated ones (but for `group_id`), and `crate = path`. `group_id` is required if a field shares.
///
/// On a field:
///
/// | | |
/// |---|---|
/// | `setting = value` | a setting for this service only; it goes over the message's own |
/// | `topic(partitions = 6, …)` | how the topic is created, but for its name; on the model, the defaults of all its topics |
/// | `dedicated(...)` | a consumer of its own for this service, or more settings for the one that the message asks for |
/// | `publish_only` | the topic is not consumed, and needs no handler |
///
/// What is checked here, with the settings of all levels together: each rule between settings; that no two
/// consumers are in one group; and that no topic and no type is there twice.
pub use kafka_model_derive::KafkaModel;
