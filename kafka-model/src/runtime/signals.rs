//! The signals that end a process.

use std::panic::{self, AssertUnwindSafe};

use crate::error::StartError;

/// SIGINT and SIGTERM; where there is no such thing, ctrl-c.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on: none is missed, and none ends the process by itself any more.
    pub(super) fn listen() -> Result<Self, StartError> {
        // tokio panics if its runtime was made without `enable_io`.
        let listening = panic::catch_unwind(AssertUnwindSafe(Self::try_listen));
        match listening {
            Ok(Ok(signals)) => Ok(signals),
            Ok(Err(error)) => Err(StartError::Signals {
                reason: error.to_string(),
            }),
            Err(_) => Err(StartError::Signals {
                reason: "there is no tokio runtime here, or it was made without `enable_io()`"
                    .to_owned(),
            }),
        }
    }

    #[cfg(unix)]
    fn try_listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn try_listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Returns at the next signal, with its name.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Returns at the next ctrl-c.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "ctrl-c",
            // There will be none.
            Err(_) => std::future::pending().await,
        }
    }
}
