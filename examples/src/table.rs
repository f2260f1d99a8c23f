//! What every topic came to, in columns.

use std::collections::BTreeMap;

use kafka_model::{KafkaStatus, ServiceStatus, TopicStatus};

use crate::progress::Goal;

const HEAD: [&str; 8] = [
    "type",
    "service",
    "group",
    "thread",
    "handled",
    "rate",
    "committed offsets",
    "lag",
];
/// The columns of numbers, which are aligned at the right.
const NUMBERS: [usize; 3] = [4, 5, 7];

pub(crate) fn of(status: &KafkaStatus, goals: &BTreeMap<String, Goal>) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    for service in &status.services {
        for topic in &service.topics {
            rows.push(row(service, topic, goals.get(&topic.topic)));
        }
    }
    let widths: [usize; HEAD.len()] =
        std::array::from_fn(|i| rows.iter().map(|row| row[i].len()).max().unwrap_or(0));
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn row(service: &ServiceStatus, topic: &TopicStatus, goal: Option<&Goal>) -> [String; HEAD.len()] {
    let committed: Vec<_> = topic
        .partitions
        .iter()
        .map(|partition| {
            partition
                .committed
                .map_or("-".to_owned(), |next| next.to_string())
        })
        .collect();
    let rate = goal
        .and_then(|goal| goal.reached)
        .map_or("-".to_owned(), |reached| {
            let millis = u64::try_from(reached.as_millis())
                .unwrap_or(u64::MAX)
                .max(1);
            format!("{}/s", topic.handled * 1_000 / millis)
        });
    [
        topic.message_type.clone(),
        service.service.clone(),
        service.group.clone(),
        service.thread.clone(),
        topic.handled.to_string(),
        rate,
        committed.join(" "),
        topic.lag().map_or("?".to_owned(), |lag| lag.to_string()),
    ]
}

fn line(row: &[String; HEAD.len()], widths: &[usize; HEAD.len()]) -> String {
    let mut line = String::new();
    for (i, (cell, width)) in row.iter().zip(widths).enumerate() {
        if NUMBERS.contains(&i) {
            line += &format!("{cell:>width$}  ");
        } else {
            line += &format!("{cell:<width$}  ");
        }
    }
    line.trim_end().to_owned() + "\n"
}
