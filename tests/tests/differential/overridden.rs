//! The third way of a configuration: over the attributes of a model, from code, from a file and from variables.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use kafka_model::private::with_variables;
use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, ModelDescription, SettingValue, Topic};
use kafka_model_core::setting::Written;
use serde::{Deserialize, Serialize};

use crate::draw::{Draft, Spelling};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "differential")]
struct Event {
    id: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "g")]
#[allow(dead_code)]
struct Drawn {
    events: Topic<Event>,
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "differential", dedicated(group_id = "g"))]
struct Own {
    id: u64,
}

#[derive(KafkaModel)]
#[allow(dead_code)]
struct Alone {
    events: Topic<Own>,
}

/// For whom all of a configuration is given. Not for several at once, since what a weaker one says may be without effect
/// where a stronger one speaks.
#[derive(Clone, Copy)]
enum Scope {
    Process,
    Model,
    /// The process, of which there is nothing but a dedicated consumer.
    ProcessOfOne,
    ModelOfOne,
    Field,
}

impl Scope {
    const ALL: [Self; 5] = [
        Self::Process,
        Self::Model,
        Self::ProcessOfOne,
        Self::ModelOfOne,
        Self::Field,
    ];

    /// The parts of a key before the setting.
    fn path(self) -> &'static [&'static str] {
        match self {
            Self::Process | Self::ProcessOfOne => &[],
            Self::Model => &["drawn"],
            Self::ModelOfOne => &["alone"],
            Self::Field => &["alone", "events"],
        }
    }

    fn describe(self, kafka: &Kafka) -> Result<ModelDescription, Error> {
        match self {
            Self::Process | Self::Model => Drawn::describe(kafka),
            Self::ProcessOfOne | Self::ModelOfOne | Self::Field => Alone::describe(kafka),
        }
    }
}

/// What is said of `drafts` as overrides; `None` if they cannot be written as such.
pub fn verdict(drafts: &[Draft]) -> Option<Result<(), String>> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let twice = |draft: &Draft| {
        let same = |other: &&Draft| other.spec().canonical() == draft.spec().canonical();
        drafts.iter().filter(same).count() > 1
    };
    if drafts.iter().any(twice) {
        return None;
    }
    let scope = Scope::ALL[number % Scope::ALL.len()];
    let mut builder = Kafka::builder();
    let mut variables = Vec::new();
    let mut file = match scope.path() {
        [] => String::new(),
        path => format!("[{}]\n", path.join(".")),
    };
    for (index, draft) in drafts.iter().enumerate() {
        let (name, written) = (draft.name, &draft.written);
        let key = |separator: &str| {
            let parts = scope.path().iter().copied().chain([name]);
            parts.collect::<Vec<_>>().join(separator)
        };
        match ((number / Scope::ALL.len() + index) % 3, text(draft)) {
            (0, Some(text)) => {
                let name = format!("DRAWN_{}", key("__").to_ascii_uppercase());
                variables.push((name.into(), text.into()));
            }
            (1, _) => builder = builder.set(&key("."), value(written)?),
            _ => file += &format!("{name} = {}\n", toml(written)?),
        }
    }
    let path = directory().join(format!("{number}.toml"));
    fs::write(&path, file).expect("a file");
    let builder = with_variables(builder.settings_file(&path), "DRAWN_", variables);
    let described = scope.describe(&builder.build());
    fs::remove_file(&path).expect("the file");
    Some(match described {
        Ok(_) => Ok(()),
        Err(Error::Register(error)) => Err(error.to_string()),
        Err(error) => panic!("{error}"),
    })
}

/// What a variable has to be set to, to mean the same; `None` if none does.
fn text(draft: &Draft) -> Option<String> {
    let spec = draft.spec();
    let text = match &draft.written {
        // A variable that has a secret is what names it.
        Spelling::Env => return spec.is_secret().then(|| "hunter2".to_owned()),
        _ if spec.is_secret() => return None,
        Spelling::Bool(flag) => flag.to_string(),
        Spelling::Int(number) => number.to_string(),
        Spelling::Str(text) => text.clone(),
    };
    let means_the_same = Written::of_text(spec.kind, &text) == draft.written.as_written();
    // An empty one counts as unset.
    (means_the_same && !text.is_empty()).then_some(text)
}

fn directory() -> PathBuf {
    let directory = std::env::temp_dir().join(format!("kafka-model-drawn-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Removes what the files were in.
pub fn clean_up() {
    fs::remove_dir_all(directory()).expect("the directory");
}

fn value(written: &Spelling) -> Option<SettingValue> {
    Some(match written {
        Spelling::Bool(flag) => (*flag).into(),
        Spelling::Int(number) => i64::try_from(*number).ok()?.into(),
        Spelling::Str(text) => text.as_str().into(),
        Spelling::Env => SettingValue::env("NAME"),
    })
}

fn toml(written: &Spelling) -> Option<String> {
    Some(match written {
        Spelling::Bool(flag) => flag.to_string(),
        Spelling::Int(number) => i64::try_from(*number).ok()?.to_string(),
        Spelling::Env => "{ env = \"NAME\" }".to_owned(),
        Spelling::Str(text) => {
            let escaped: String = text
                .chars()
                .map(|c| match c {
                    '"' | '\\' => format!("\\{c}"),
                    c if c.is_control() => format!("\\U{:08X}", u32::from(c)),
                    c => c.to_string(),
                })
                .collect();
            format!("\"{escaped}\"")
        }
    })
}
