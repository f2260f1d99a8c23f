//! The description as a table.

use std::fmt;

use kafka_model_core::setting::{Unit, in_words};

use super::{ModelDescription, SettingDescription, TopicDescription};

/// How wide the columns are.
struct Widths {
    setting: usize,
    value: usize,
}

impl Widths {
    fn of(model: &ModelDescription) -> Self {
        let settings = || {
            let services = model.services.iter();
            let consumed = services.flat_map(|service| {
                let topics = service.topics.iter().flat_map(|topic| &topic.settings);
                service.settings.iter().chain(topics)
            });
            let published = model.published.iter();
            consumed.chain(published.flat_map(|published| &published.settings))
        };
        let widest = |text: fn(&SettingDescription) -> &str| {
            settings()
                .map(|setting| text(setting).chars().count())
                .max()
                .unwrap_or(0)
        };
        Self {
            setting: widest(|setting| &setting.setting),
            value: widest(|setting| &setting.value),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>, settings: &[SettingDescription]) -> fmt::Result {
        for setting in settings {
            write!(
                f,
                "\n    {:<name$}  {:<value$}  {}",
                setting.setting,
                setting.value,
                setting.from,
                name = self.setting,
                value = self.value
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ModelDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = match self.services.len() {
            1 => "1 service".to_owned(),
            many => format!("{many} services"),
        };
        write!(
            f,
            "{}: {services}; at most {} records buffered, {} of memory",
            self.model,
            self.max_buffered,
            bytes(self.memory_budget)
        )?;
        let widths = Widths::of(self);
        for service in &self.services {
            write!(
                f,
                "\n\n{}  group {}, at most {}",
                service.service,
                service.group,
                bytes(service.memory_budget)
            )?;
            widths.show(f, &service.settings)?;
            for topic in &service.topics {
                write!(f, "\n  {topic}")?;
                widths.show(f, &topic.settings)?;
            }
        }
        for (index, published) in self.published.iter().enumerate() {
            let heading = if index == 0 {
                "\n\nonly published to"
            } else {
                ""
            };
            write!(
                f,
                "{heading}\n  {}: {} to {}",
                published.field, published.message, published.topic
            )?;
            widths.show(f, &published.settings)?;
        }
        Ok(())
    }
}

impl fmt::Display for TopicDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} from {}", self.field, self.message, self.topic)?;
        for topic in &self.retry_topics {
            write!(f, ", {topic}")?;
        }
        write!(f, ", at most {} buffered", self.max_buffered)
    }
}

fn bytes(bytes: u64) -> String {
    in_words(i64::try_from(bytes).unwrap_or(i64::MAX), Unit::Bytes)
}
