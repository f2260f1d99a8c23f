//! The life of a poll thread: it keeps a client alive, through failures too.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::introduction::Introduction;
use super::session::{End, Session};
use crate::config::Connection;
use crate::error::ServiceError;
use crate::handler::FailureReason;
use crate::runtime::{ServicePhase, ServiceState};

const SHORTEST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// A client that lived so long has recovered: the next failure starts anew.
const RECOVERED: Duration = Duration::from_secs(60);

/// Runs a poll service on this thread until it is shut down.
pub(crate) fn run(
    service: &Arc<ServiceState>,
    connection: &Connection,
    introduction: Arc<Introduction>,
) {
    service.waker.attach();
    // Who begins later has its own.
    let mut introduction = Some(introduction).filter(|_| !service.is_idle());
    let mut attempts = 0;
    loop {
        if !wait_until_wanted(service) {
            break;
        }
        if attempts == 0 {
            service.enter(ServicePhase::Connecting);
        }
        let began = Instant::now();
        // A panic here is a defect of this crate; it must not take the service's partitions with it.
        let result = panic::catch_unwind(AssertUnwindSafe(|| {
            let session = Session::connect(service, connection, introduction.as_deref());
            introduction = None;
            let session = session?;
            service.enter(ServicePhase::Running);
            Ok(session.run())
        }));
        let error = match result {
            Ok(Ok(End::Shutdown)) => break,
            Ok(Ok(End::Idle)) => {
                attempts = 0;
                continue;
            }
            Ok(Ok(End::Failed(error)) | Err(error)) => error,
            Err(panic) => ServiceError::Panic {
                reason: FailureReason::panic(&*panic).to_string(),
            },
        };
        if service.shutdown_deadline().is_some() {
            break;
        }
        if matches!(error, ServiceError::Fenced { .. }) {
            service.note_error(error.clone());
            service.enter(ServicePhase::Fenced { error });
            while service.shutdown_deadline().is_none() {
                service.waker.wait(Duration::from_secs(1));
            }
            break;
        }
        attempts = if began.elapsed() > RECOVERED {
            1
        } else {
            attempts + 1
        };
        if !back_off(service, error, attempts) {
            break;
        }
    }
    for topic in &service.topics {
        topic.buffer.close();
    }
    service.enter(ServicePhase::Stopped);
}

/// Waits until something of the service is to be consumed. `false`: it is to shut down.
fn wait_until_wanted(service: &ServiceState) -> bool {
    loop {
        if service.shutdown_deadline().is_some() {
            return false;
        }
        if !service.is_idle() {
            return true;
        }
        if *service.phase.borrow() != ServicePhase::Idle {
            service.enter(ServicePhase::Idle);
        }
        service.waker.wait(Duration::from_secs(1));
    }
}

/// Reports a failure and waits before the next attempt. `false`: the service is to shut down.
fn back_off(service: &ServiceState, error: ServiceError, attempts: u32) -> bool {
    let doublings = attempts.saturating_sub(1).min(10);
    let retry_in = (SHORTEST_BACKOFF * 2_u32.pow(doublings)).min(LONGEST_BACKOFF);
    service.note_error(error.clone());
    service.enter(ServicePhase::Failed {
        error,
        attempts,
        retry_in,
    });
    let until = Instant::now() + retry_in;
    loop {
        if service.shutdown_deadline().is_some() {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        service.waker.wait(left);
    }
}
