//! How far each topic is, live, and whether everything is done.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka_model::{Kafka, KafkaStatus, Published, TopicStatus};
use tokio::time::{interval, sleep};

use crate::table;

/// How often the state is looked at, and the line redrawn on a terminal.
const TICK: Duration = Duration::from_millis(50);
/// How often a line is printed elsewhere.
const LINE_EVERY: Duration = Duration::from_millis(500);
/// Without any progress for so long, something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a topic may be missing before the user is told what to do.
const HINT_AFTER: Duration = Duration::from_secs(3);

/// Watches the topics of a runtime until all that was published is handled and committed.
#[derive(Debug)]
pub struct Progress {
    kafka: Kafka,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    goals: BTreeMap<String, Goal>,
    status: KafkaStatus,
}

/// What is to be handled of one topic.
#[derive(Debug, Default)]
pub(crate) struct Goal {
    pub(crate) published: u64,
    /// By partition: the offset behind the last record.
    ends: BTreeMap<i32, i64>,
    /// When the first record was published, and how long after it all were handled.
    began: Option<Instant>,
    pub(crate) reached: Option<Duration>,
}

impl Goal {
    fn is_handled(&self, topic: &TopicStatus) -> bool {
        topic.handled >= self.published
    }

    fn is_committed(&self, topic: &TopicStatus) -> bool {
        self.ends.iter().all(|(id, end)| {
            let partition = topic
                .partitions
                .iter()
                .find(|partition| partition.partition == *id);
            partition
                .and_then(|partition| partition.committed)
                .is_some_and(|next| next >= *end)
        })
    }
}

impl Progress {
    /// The progress of what `kafka` runs.
    #[must_use]
    pub fn of(kafka: &Kafka) -> Self {
        let state = State {
            goals: BTreeMap::new(),
            status: kafka.status(),
        };
        Self {
            kafka: kafka.clone(),
            started: Instant::now(),
            state: Mutex::new(state),
        }
    }

    /// A record was published to `topic`, and is to be handled.
    pub fn published(&self, topic: &str, at: Published) {
        let mut state = self.state();
        let goal = state.goals.entry(topic.to_owned()).or_default();
        goal.published += 1;
        goal.began.get_or_insert_with(Instant::now);
        let end = goal.ends.entry(at.partition).or_default();
        *end = (*end).max(at.offset + 1);
    }

    /// Shows how far each topic is until `publishing` is done, and all that it published is handled
    /// and committed.
    ///
    /// # Errors
    /// That of `publishing`; a partition was halted; or nothing moves any more.
    pub async fn watch<E: Error + 'static>(
        &self,
        publishing: impl Future<Output = Result<(), E>>,
    ) -> Result<(), Box<dyn Error>> {
        let mut screen = Screen::new();
        let result = async {
            let mut publishing = pin!(publishing);
            let mut tick = interval(TICK);
            loop {
                tokio::select! {
                    result = &mut publishing => break result?,
                    _ = tick.tick() => drop(self.look(&mut screen)?),
                }
            }
            while !self.look(&mut screen)? {
                sleep(TICK).await;
            }
            Ok(())
        }
        .await;
        screen.end();
        result
    }

    /// Prints the table of the last look, which `watch` takes while everything is still assigned.
    pub fn print_table(&self) {
        let state = self.state();
        print!("{}", table::of(&state.status, &state.goals));
    }

    /// Looks at all topics and shows them. `true`: everything is handled and committed.
    fn look(&self, screen: &mut Screen) -> Result<bool, Box<dyn Error>> {
        let mut state = self.state();
        state.status = self.kafka.status();
        let State { goals, status } = &mut *state;
        let mut line = String::new();
        let mut done = true;
        for topic in status.topics() {
            let goal = goals.entry(topic.topic.clone()).or_default();
            if !goal.is_handled(topic) {
                goal.reached = None;
            } else if let Some(began) = goal.began {
                goal.reached.get_or_insert_with(|| began.elapsed());
            }
            done &= goal.is_handled(topic) && goal.is_committed(topic);
            write!(
                line,
                "{} {:>4} of {:<6}",
                topic.field, topic.handled, goal.published
            )?;
            if let Some((partition, halt)) = topic.halted().next() {
                return Err(format!("{}[{partition}] {halt}", topic.topic).into());
            }
        }
        screen.show(&line)?;
        if self.started.elapsed() > HINT_AFTER {
            screen.hint(status.topics().filter(|topic| topic.missing));
        }
        if screen.changed.elapsed() > PATIENCE {
            return Err(format!("nothing moves: {line}").into());
        }
        Ok(done)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line that is redrawn on a terminal, and printed now and then elsewhere.
struct Screen {
    terminal: bool,
    shown: String,
    changed: Instant,
    printed: Option<Instant>,
    hinted: bool,
}

impl Screen {
    fn new() -> Self {
        Self {
            terminal: io::stdout().is_terminal(),
            shown: String::new(),
            changed: Instant::now(),
            printed: None,
            hinted: false,
        }
    }

    fn show(&mut self, line: &str) -> io::Result<()> {
        if line == self.shown {
            return Ok(());
        }
        line.clone_into(&mut self.shown);
        self.changed = Instant::now();
        if self.terminal {
            print!("\r\x1b[2K{line}");
            io::stdout().flush()
        } else {
            if self.printed.is_none_or(|at| at.elapsed() >= LINE_EVERY) {
                self.printed = Some(Instant::now());
                println!("{line}");
            }
            Ok(())
        }
    }

    /// Says once what to do about topics that do not exist.
    fn hint<'a>(&mut self, missing: impl Iterator<Item = &'a TopicStatus>) {
        let mut missing = missing.map(|topic| topic.topic.as_str()).peekable();
        if self.hinted || missing.peek().is_none() {
            return;
        }
        self.hinted = true;
        if self.terminal {
            println!();
        }
        println!("waiting for topics that do not exist; this creates them:");
        for topic in missing {
            println!(
                "  kafka-topics.sh --bootstrap-server $KAFKA_BOOTSTRAP_SERVERS --create \
                 --partitions 4 --topic {topic}"
            );
        }
    }

    /// Ends the line.
    fn end(&mut self) {
        if self.terminal {
            println!();
        } else {
            println!("{}", self.shown);
        }
    }
}
