//! What a shutdown could and could not finish.

use std::fmt;

use crate::Error;

/// What a shutdown could and could not finish, by service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Each service, in the order of registration.
    pub services: Vec<ServiceReport>,
}

impl ShutdownReport {
    /// Whether everything was finished: nothing under way was cut off, everything settled was
    /// committed, and every consumer left its group.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.services.iter().all(ServiceReport::is_clean)
    }
}

impl ShutdownReport {
    /// # Errors
    /// [`Error::Unclean`] if something was left undone.
    pub(crate) fn into_result(self) -> Result<(), Error> {
        if self.is_clean() {
            Ok(())
        } else {
            Err(Error::Unclean(self))
        }
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for service in &self.services {
            write!(f, "{separator}  - {}: ", service.service)?;
            separator = "\n";
            if service.is_clean() {
                f.write_str("clean")?;
                continue;
            }
            if !service.closed {
                f.write_str("its client did not close in time and was left behind")?;
            }
            let mut separator = if service.closed { "" } else { "; " };
            for partition in &service.partitions {
                write!(f, "{separator}{partition}")?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

/// What one poll service could not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceReport {
    /// The service: `Model.shared`, or `Model.field`.
    pub service: String,
    /// Whether the client was closed, so that it left its group.
    pub closed: bool,
    /// The partitions of which something was left undone.
    pub partitions: Vec<PartitionReport>,
}

impl ServiceReport {
    /// Whether nothing was left undone.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.closed && self.partitions.is_empty()
    }
}

/// What was left undone of one partition. Its records will be delivered again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionReport {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Whether a handler was still at work at the deadline.
    pub in_flight: bool,
    /// The offset that should have been committed, if that was not acknowledged.
    pub uncommitted: Option<i64>,
    /// Why it was not committed, if the broker or the client said so.
    pub reason: Option<String>,
}

impl fmt::Display for PartitionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)?;
        if self.in_flight {
            f.write_str(" still had a record in a handler")?;
        }
        if let Some(offset) = self.uncommitted {
            let and = if self.in_flight { " and" } else { "" };
            write!(f, "{and} could not commit offset {offset}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, " ({reason})")?;
        }
        Ok(())
    }
}
