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
//! accepts, and then quietly does not do what was asked for. (It also takes values in ways that
//! [`Spec::read`](crate::Spec::read) does not: see there.)
//!
//! | rule | why |
//! |---|---|
//! | `heartbeat_interval_ms` below `session_timeout_ms` | a member that is alive is thrown out of the group between two heartbeats |
//! | `retry_backoff_ms` not above `retry_backoff_max_ms` | the smaller one is used instead (librdkafka warns) |
//! | `topic_metadata_refresh_fast_interval_ms` not above `retry_backoff_max_ms` | the same |
//! | `fetch_wait_max_ms` at least a second below `socket_timeout_ms` | an idle fetch can time out, and the requests behind it (librdkafka warns) |
//! | SASL settings need a SASL protocol | they have no effect: what was to be authenticated is not |
//! | TLS settings need a TLS protocol | they have no effect: what was to be encrypted is not |
//! | a SASL protocol needs `sasl_mechanism` | the default is GSSAPI, which is hardly ever meant |
//! | credentials that the mechanism does not use | they have no effect |
//! | OAUTHBEARER needs `enable_sasl_oauthbearer_unsecure_jwt` | nothing else here makes tokens, so the client would wait for one for ever |
//! | `group_remote_assignor` needs `group_protocol = "consumer"` | it has no effect |
//! | a setting for Kerberos needs the feature `gssapi` | it has no effect |

mod attribute;
mod delivery;
mod features;
mod fetch;
mod group;
mod merged;
mod model;
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
