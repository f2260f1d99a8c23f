//! Texts that are read when a client is made: `env("NAME")`, `file("/path")`, `secret("name")`.

use std::env::{self, VarError};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use kafka_model_core::setting::SPECS;
use kafka_model_core::{Effective, Level, Setting, Source, SourceKind, Value};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::bounded::{self, NoAnswer};
use crate::error::SourceProblem;

/// Where a program keeps the secrets that attributes name with `secret("name")`: a vault.
///
/// A closure will do, too.
///
/// ```
/// use kafka_model::{Kafka, SecretString};
///
/// let kafka = Kafka::builder()
///     .bootstrap_servers("localhost:9092")
///     .secrets(|name: &str| match name {
///         // Of course it asks a vault.
///         "kafka/alerts" => Ok(SecretString::from("…")),
///         _ => Err(format!("there is no `{name}`").into()),
///     })
///     .build();
/// ```
pub trait SecretProvider: Send + Sync + 'static {
    /// The secret of this name.
    ///
    /// It is asked each time that a client is made, and again when a broker refuses what it said last, so that a
    /// secret can be changed while the program runs. It is called on a thread of its own, where it may block, and has
    /// as long as a client has to connect
    /// ([`connect_timeout`](crate::KafkaBuilder::connect_timeout)).
    ///
    /// # Errors
    /// Any. Its text is shown and logged, so it must not have the secret in it; the client is made again later.
    fn secret(&self, name: &str) -> Result<SecretString, Box<dyn std::error::Error + Send + Sync>>;
}

impl<F> SecretProvider for F
where
    F: Fn(&str) -> Result<SecretString, Box<dyn std::error::Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
{
    fn secret(&self, name: &str) -> Result<SecretString, Box<dyn std::error::Error + Send + Sync>> {
        self(name)
    }
}

/// Reads what settings name.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    pub(crate) provider: Option<Arc<dyn SecretProvider>>,
}

impl Sources {
    /// The text at `source`. The provider of secrets gets `timeout` for its answer.
    ///
    /// # Errors
    /// If there is none that could be given to a client.
    pub(crate) fn read(
        &self,
        source: Source<'_>,
        timeout: Duration,
    ) -> Result<SecretString, SourceProblem> {
        let text = match source.kind {
            SourceKind::Env => read_variable(source.name)?,
            SourceKind::File => read_file(source.name)?,
            SourceKind::Secret => self.ask(source.name, timeout)?,
        };
        match text.expose_secret() {
            "" => Err(SourceProblem::Empty),
            text if text.contains('\0') => Err(SourceProblem::Nul),
            _ => Ok(text),
        }
    }

    /// What can be known to be wrong with `source` without asking the provider of secrets.
    pub(crate) fn look(&self, source: Source<'_>) -> Result<(), SourceProblem> {
        match (source.kind, &self.provider) {
            (SourceKind::Secret, None) => Err(SourceProblem::NoProvider),
            (SourceKind::Secret, Some(_)) => Ok(()),
            (SourceKind::Env | SourceKind::File, _) => self.read(source, Duration::ZERO).map(drop),
        }
    }

    fn ask(&self, name: &str, timeout: Duration) -> Result<SecretString, SourceProblem> {
        let provider = self.provider.clone().ok_or(SourceProblem::NoProvider)?;
        let asked = name.to_owned();
        match bounded::call("kafka-secret", timeout, move || provider.secret(&asked)) {
            Ok(Ok(secret)) => Ok(secret),
            Ok(Err(error)) => Err(SourceProblem::Refused(error.to_string())),
            Err(NoAnswer::TooLate) => Err(SourceProblem::TooLate(timeout)),
            Err(NoAnswer::Failed(reason)) => Err(SourceProblem::Refused(reason)),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("provider", &self.provider.is_some())
            .finish()
    }
}

fn read_variable(name: &str) -> Result<SecretString, SourceProblem> {
    match env::var(name) {
        Ok(value) => Ok(value.into()),
        Err(VarError::NotPresent) => Err(SourceProblem::Unset),
        Err(VarError::NotUnicode(_)) => Err(SourceProblem::NotUnicode),
    }
}

/// The text of a file, without the line end that editors and `kubectl` leave behind it.
fn read_file(path: &str) -> Result<SecretString, SourceProblem> {
    let text = match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(SourceProblem::NotUnicode);
        }
        Err(error) => return Err(SourceProblem::Unreadable(error.to_string())),
    };
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(line.into())
}

/// The settings in force that are read from elsewhere, and the level that names where.
pub(crate) fn sources(
    settings: &Effective<'static>,
) -> impl Iterator<Item = (Setting, Source<'static>, Level)> {
    SPECS
        .iter()
        .filter_map(|spec| match settings.find(spec.setting) {
            Some((Value::From(source), level)) => Some((spec.setting, source, level)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn read(sources: &Sources, kind: SourceKind, name: &str) -> Result<String, SourceProblem> {
        sources
            .read(Source { kind, name }, SOON)
            .map(|text| text.expose_secret().to_owned())
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_line_end() {
        let directory = std::env::temp_dir().join(format!("kafka-model-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("secret");
        let name = path.to_str().unwrap();
        for (content, text) in [
            ("s3cret", Ok("s3cret")),
            ("s3cret\n", Ok("s3cret")),
            ("s3cret\r\n", Ok("s3cret")),
            (" s3 \ncret\n\n", Ok(" s3 \ncret\n")),
            ("\n", Err(SourceProblem::Empty)),
            ("a\0b", Err(SourceProblem::Nul)),
        ] {
            fs::write(&path, content).unwrap();
            let read = read(&Sources::default(), SourceKind::File, name);
            assert_eq!(read, text.map(str::to_owned), "{content:?}");
        }
        fs::write(&path, b"\xff").unwrap();
        let wrong = read(&Sources::default(), SourceKind::File, name);
        assert_eq!(wrong, Err(SourceProblem::NotUnicode));
        fs::remove_dir_all(&directory).unwrap();
        let gone = read(&Sources::default(), SourceKind::File, name).unwrap_err();
        assert!(gone.to_string().contains("No such file"), "{gone}");
    }

    #[test]
    fn a_provider_that_fails_panics_or_hangs_is_a_problem_and_no_more() {
        let none = Sources::default();
        assert_eq!(
            read(&none, SourceKind::Secret, "x"),
            Err(SourceProblem::NoProvider)
        );
        let sources = Sources {
            provider: Some(Arc::new(|name: &str| match name {
                "right" => Ok(SecretString::from("s3cret")),
                "empty" => Ok(SecretString::from("")),
                "panic" => panic!("the vault is on fire"),
                "hang" => loop {
                    std::thread::park();
                },
                _ => Err("the vault is sealed".into()),
            })),
        };
        let ask = |name| read(&sources, SourceKind::Secret, name);
        assert_eq!(ask("right"), Ok("s3cret".to_owned()));
        assert_eq!(ask("empty"), Err(SourceProblem::Empty));
        assert_eq!(
            ask("other"),
            Err(SourceProblem::Refused("the vault is sealed".to_owned()))
        );
        assert!(
            matches!(ask("panic"), Err(SourceProblem::Refused(reason)) if reason.contains("on fire"))
        );
        let name = "hang";
        let kind = SourceKind::Secret;
        let timeout = Duration::from_millis(20);
        let hangs = sources.read(Source { kind, name }, timeout).map(drop);
        assert_eq!(hangs, Err(SourceProblem::TooLate(timeout)));
    }
}
