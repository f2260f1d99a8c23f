//! The third way of a configuration: over the attributes of a model, from code and from a file.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use kafka_model::{Error, Kafka, KafkaMessage, KafkaModel, SettingValue, Topic};
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

/// What is said of `drafts` as overrides; `None` if they cannot be written as such.
pub fn verdict(drafts: &[Draft]) -> Option<Result<(), String>> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let twice = |draft: &Draft| {
        let same = |other: &&Draft| other.spec().canonical() == draft.spec().canonical();
        drafts.iter().filter(same).count() > 1
    };
    if drafts.iter().any(twice) {
        return None;
    }
    let mut builder = Kafka::builder();
    // Of the process or of the model, which is the same with one model; not of both, since what a weaker level says
    // may be without effect at a stronger one.
    let of_model = number.is_multiple_of(2);
    let (mut file, prefix) = if of_model {
        ("[drawn]\n".to_owned(), "drawn.")
    } else {
        (String::new(), "")
    };
    for (index, draft) in (0..).zip(drafts) {
        let (name, written) = (draft.name, &draft.written);
        if (number / 2 + index).is_multiple_of(2) {
            builder = builder.set(&format!("{prefix}{name}"), value(written)?);
        } else {
            file += &format!("{name} = {}\n", toml(written)?);
        }
    }
    let path = directory().join(format!("{number}.toml"));
    fs::write(&path, file).expect("a file");
    let described = Drawn::describe(&builder.settings_file(&path).build());
    fs::remove_file(&path).expect("the file");
    Some(match described {
        Ok(_) => Ok(()),
        Err(Error::Register(error)) => Err(error.to_string()),
        Err(error) => panic!("{error}"),
    })
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
