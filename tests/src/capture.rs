//! What this process logs, to be looked at by its tests.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Everything that was logged, down to the trace level, by all tests of this process.
#[derive(Debug, Default)]
pub struct Logs {
    text: Mutex<String>,
}

/// Has the process's logs kept from now on. It must come before the first [`Broker`](crate::Broker).
pub fn capture_logs() -> &'static Logs {
    static LOGS: LazyLock<Logs> = LazyLock::new(Logs::default);
    static INSTALLED: LazyLock<bool> = LazyLock::new(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("trace"))
            .with_ansi(false)
            .with_writer(&*LOGS)
            .try_init()
            .is_ok()
    });
    assert!(*INSTALLED, "something else takes the logs");
    &LOGS
}

impl Logs {
    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        self.text
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The lines with all of `parts`.
    #[must_use]
    pub fn lines(&self, parts: &[&str]) -> Vec<String> {
        self.text()
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)))
            .map(str::to_owned)
            .collect()
    }
}

/// Writes one event to the logs, and to the test's output if `RUST_LOG` asks for any.
#[derive(Debug)]
pub struct Line(&'static Logs);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if std::env::var_os("RUST_LOG").is_some() {
            print!("{text}");
        }
        self.0
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(&text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for &'static Logs {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self)
    }
}
