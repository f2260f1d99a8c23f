//! The runtime: what is registered, started, looked at and shut down.

mod event;
mod health;
mod kafka;
mod missing;
mod probes;
mod producers;
mod registration;
mod report;
mod running;
mod service_state;
mod settings;
mod signals;
mod status;
mod topic_state;

pub use event::{Event, Events};
pub use health::Problem;
pub use kafka::{Kafka, KafkaBuilder};
pub use probes::{NotLive, NotReady};
pub use registration::{Registration, register_all};
pub use report::{PartitionReport, ServiceReport, ShutdownReport};
pub use running::Running;
pub use service_state::ServicePhase;
pub use status::{
    HaltStatus, HungStatus, KafkaStatus, PartitionStatus, RefusalStatus, ServiceStatus, TopicStatus,
};

pub(crate) use kafka::Inner;
pub(crate) use producers::{Producer, published_with};
pub(crate) use service_state::ServiceState;
pub(crate) use settings::{Backpressure, Delivery, OnFailure, Order, Processing, ServiceSettings};
pub(crate) use topic_state::{Consumer, TopicState};
