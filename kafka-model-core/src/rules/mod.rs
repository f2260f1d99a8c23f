//! The rules: which settings cannot be combined.
//!
//! Every function here is `const`, so that a generated assertion can call it. There are three
//! kinds:
//!
//! - of one attribute ([`message`], [`model_attribute`], [`field_attribute`]): only what is given in
//!   it, since what is not may come from elsewhere;
//! - of one consumer, with all levels merged ([`consumer`], [`processing`]): what is not given has
//!   its default;
//! - of a model ([`field`], [`shared`], [`model`]): each consumer of it, and what concerns several.
//!
//! # Where the rules are stricter than librdkafka
//!
//! librdkafka 2.12.1 refuses to create a consumer only where it cannot go on. What follows it
//! accepts, and then quietly does not do what was asked for. ([`Spec::read`](crate::Spec::read) has
//! such a list of its own, for values.) Everywhere else, its verdict is ours: that is what the test
//! `tests/tests/differential` is for. Laxer the rules never are, but for what cannot be known
//! beforehand: whether the files that TLS settings name are there, and what is in them.
//!
//! | rule | why |
//! |---|---|
//! | `heartbeat_interval_ms` below `session_timeout_ms` | a member that is alive is thrown out of its group between two heartbeats |
//! | `retry_backoff_ms` and, if given, `topic_metadata_refresh_fast_interval_ms` not above `retry_backoff_max_ms` | the smaller value is used instead (librdkafka warns) |
//! | `fetch_wait_max_ms` at least a second below `socket_timeout_ms` | an idle fetch can time out, and the requests behind it (librdkafka warns) |
//! | SASL settings need a SASL protocol, TLS settings a TLS protocol | they have no effect: what was to be authenticated or encrypted is not |
//! | a SASL protocol needs `sasl_mechanism` | the default is GSSAPI, which is hardly ever meant |
//! | no credentials that the mechanism does not use | they have no effect |
//! | `group_remote_assignor` needs `group_protocol = "consumer"` | it has no effect |
//!
//! Of a topic's settings the broker refuses what the rules of `topic(...)` do, but for `topic(min_insync_replicas)` above
//! `topic(replication)`: that topic it creates, and then takes no record that is to be acknowledged by all.
//!
//! What a weaker level gives may be without effect at a stronger one: a model's credentials, say,
//! on a dedicated consumer with `security_protocol = "plaintext"`.

mod attribute;
mod delivery;
mod failure;
mod features;
mod fetch;
mod group;
mod merged;
mod model;
mod provision;
mod security;
mod timing;
mod tls;
mod topic;
mod view;

pub use attribute::{field_attribute, message, model_attribute};
pub use delivery::drain_timeout_ms;
pub use merged::{consumer, processing};
pub use model::{field, model, shared};
pub use topic::topic_name;
