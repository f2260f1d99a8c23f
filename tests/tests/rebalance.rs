//! Members of a group come and go under load.
//!
//! The members are two runtimes of one model in this process. What a rebalance must never do is checked on
//! every broker; that it delivers nothing twice can only be seen on a real one, since the embedded one
//! refuses the commit of a member that gives partitions up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kafka_model::{Kafka, Running};
use kafka_model_tests::{Broker, Load, Plain, random_work, some_records, until};
use tokio::sync::Semaphore;

/// Groups that differ in how partitions are assigned: each has a topic of its name.
macro_rules! groups {
    ($($module:ident = $name:tt { $($setting:tt)* })*) => {$(
        mod $module {
            use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
            use kafka_model_tests::Broker;
            use serde::{Deserialize, Serialize};

            use super::{Handle, Handled, Member, rebalances};

            pub(super) const NAME: &str = $name;

            #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
            #[kafka(topic = $name)]
            struct Event {
                id: u64,
            }

            #[derive(KafkaModel)]
            #[kafka(group_id = $name, commit_interval_ms = 50, $($setting)*)]
            struct Model {
                events: Topic<Event>,
            }

            /// A new member of the group.
            pub(super) async fn join(broker: &Broker, member: u64, handle: Handle) -> Member {
                let kafka = broker.kafka();
                let model = Model::register_all(&kafka).unwrap();
                let handler = {
                    let kafka = kafka.clone();
                    move |record: Record<Event>| {
                        handle(Handled {
                            member,
                            rebalances: rebalances(&kafka),
                            partition: record.partition(),
                            offset: record.offset(),
                        })
                    }
                };
                model.events.handle(handler).unwrap();
                let running = kafka.start().await.unwrap();
                Member { kafka, running }
            }
        }
    )*};
}

groups! {
    eager_load = "rebalance-eager-load" { partition_assignment_strategy = "range" }
    eager_hold = "rebalance-eager-hold" { partition_assignment_strategy = "range" }
    eager_late = "rebalance-eager-late" { partition_assignment_strategy = "range", drain_timeout_ms = 200 }
    cooperative_load = "rebalance-cooperative-load" { partition_assignment_strategy = "cooperative-sticky" }
    cooperative_hold = "rebalance-cooperative-hold" { partition_assignment_strategy = "cooperative-sticky" }
    cooperative_late = "rebalance-cooperative-late" {
        partition_assignment_strategy = "cooperative-sticky", drain_timeout_ms = 200
    }
    consumer_load = "rebalance-consumer-load" { group_protocol = "consumer" }
    consumer_hold = "rebalance-consumer-hold" { group_protocol = "consumer" }
    consumer_late = "rebalance-consumer-late" { group_protocol = "consumer", drain_timeout_ms = 200 }
}

#[tokio::test(flavor = "multi_thread")]
async fn eager_members_come_and_go_under_load() {
    come_and_go_under_load(eager_load::NAME, eager_load::join).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eager_handlers_at_work_are_waited_for() {
    handlers_at_work_are_waited_for(eager_hold::NAME, eager_hold::join).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eager_late_acknowledgements_are_ignored() {
    late_acknowledgements_are_ignored(eager_late::NAME, eager_late::join).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cooperative_members_come_and_go_under_load() {
    come_and_go_under_load(cooperative_load::NAME, cooperative_load::join).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cooperative_handlers_at_work_are_waited_for() {
    handlers_at_work_are_waited_for(cooperative_hold::NAME, cooperative_hold::join).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cooperative_late_acknowledgements_are_ignored() {
    late_acknowledgements_are_ignored(cooperative_late::NAME, cooperative_late::join).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one takes most of a minute for it, and shows less"]
async fn members_of_the_consumer_protocol_come_and_go_under_load() {
    come_and_go_under_load(consumer_load::NAME, consumer_load::join).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one takes most of a minute for it, and shows less"]
async fn handlers_of_the_consumer_protocol_at_work_are_waited_for() {
    handlers_at_work_are_waited_for(consumer_hold::NAME, consumer_hold::join).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Kafka: the embedded one takes most of a minute for it, and shows less"]
async fn late_acknowledgements_of_the_consumer_protocol_are_ignored() {
    late_acknowledgements_are_ignored(consumer_late::NAME, consumer_late::join).await;
}

async fn come_and_go_under_load(
    name: &'static str,
    join: impl AsyncFn(&Broker, u64, Handle) -> Member,
) {
    const PARTITIONS: i32 = 8;
    let broker = Broker::with(&[(name, 8)]).await;
    let journal = Journal::default();
    let handle: Handle = {
        let journal = journal.clone();
        Arc::new(move |handled| {
            journal.note(handled);
            Box::pin(random_work(handled.offset.unsigned_abs()))
        })
    };
    let load = Load::start(broker.plain(), name, PARTITIONS);
    let watch = CommittedWatch::start(broker.plain(), name, PARTITIONS);

    let mut last = join(&broker, 0, Arc::clone(&handle)).await;
    for round in 1..=4 {
        let next = join(&broker, round, Arc::clone(&handle)).await;
        let (one, other) = (journal.of(round - 1), journal.of(round));
        until(
            "both at work",
            || {
                last.assigned() > 0
                    && next.assigned() > 0
                    && last.assigned() + next.assigned() == 8
                    && journal.of(round) > other + 200
            },
            || (last.kafka.status(), next.kafka.status(), one),
        )
        .await;
        // By turns the older and the newer one leaves.
        let leaving = if round % 2 == 0 {
            std::mem::replace(&mut last, next)
        } else {
            next
        };
        let report = leaving.running.shutdown().await;
        assert!(report.is_clean() || !broker.is_real(), "{report}");
        let before = journal.len();
        until(
            "one at work",
            || last.assigned() == 8 && journal.len() > before + 500,
            || last.kafka.status(),
        )
        .await;
    }

    let each = load.stop();
    let plain = broker.plain();
    until(
        "everything committed",
        || plain.committed(name, name, PARTITIONS) == [Some(each); 8],
        || {
            (
                each,
                plain.committed(name, name, PARTITIONS),
                last.kafka.status(),
            )
        },
    )
    .await;
    let report = last.running.shutdown().await;
    assert!(report.is_clean(), "{report}");
    watch.stop();
    let again = journal.check(PARTITIONS, each);
    assert!(
        again == 0 || !broker.is_real(),
        "{again} of {} were delivered again",
        journal.len()
    );
    assert!(journal.members() >= 3, "each of the members did some of it");
}

async fn handlers_at_work_are_waited_for(
    name: &'static str,
    join: impl AsyncFn(&Broker, u64, Handle) -> Member,
) {
    const PARTITIONS: i32 = 4;
    const EACH: i64 = 50;
    let broker = Broker::with(&[(name, 4)]).await;
    broker.plain().produce(name, some_records(PARTITIONS, EACH));
    let journal = Journal::default();
    let gate = Arc::new(Semaphore::new(0));
    let handle: Handle = {
        let (journal, gate) = (journal.clone(), Arc::clone(&gate));
        Arc::new(move |handled| {
            journal.note(handled);
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                if handled.offset == 10 {
                    let _ = gate.acquire().await.unwrap();
                }
            })
        })
    };
    // Of each partition, one record is at work when the group begins to rebalance.
    let first = join(&broker, 0, Arc::clone(&handle)).await;
    until(
        "all at work",
        || journal.len() == 4 * 11,
        || first.kafka.status(),
    )
    .await;
    let before = rebalances(&first.kafka);
    let second = join(&broker, 1, handle).await;
    until(
        "a revocation",
        || rebalances(&first.kafka) > before,
        || first.kafka.status(),
    )
    .await;
    assert_eq!(
        second.assigned(),
        0,
        "nothing is taken over before it is given up"
    );
    gate.add_permits(1_000);

    let plain = broker.plain();
    until(
        "everything committed",
        || plain.committed(name, name, PARTITIONS) == [Some(EACH); 4],
        || {
            (
                plain.committed(name, name, PARTITIONS),
                first.kafka.status(),
                second.kafka.status(),
            )
        },
    )
    .await;
    // The group may still be at it: when it is done, both have partitions.
    until(
        "both with partitions",
        || first.assigned() == 2 && second.assigned() == 2,
        || (first.kafka.status(), second.kafka.status()),
    )
    .await;
    let again = journal.check(PARTITIONS, EACH);
    assert!(
        again == 0 || !broker.is_real(),
        "{again} were delivered again: {:?}",
        journal.all()
    );
    for member in [first, second] {
        let report = member.running.shutdown().await;
        assert!(report.is_clean(), "{report}");
    }
}

async fn late_acknowledgements_are_ignored(
    name: &'static str,
    join: impl AsyncFn(&Broker, u64, Handle) -> Member,
) {
    const PARTITIONS: i32 = 4;
    const EACH: i64 = 50;
    let broker = Broker::with(&[(name, 4)]).await;
    broker.plain().produce(name, some_records(PARTITIONS, EACH));
    let journal = Journal::default();
    let gate = Arc::new(Semaphore::new(0));
    let handle: Handle = {
        let (journal, gate) = (journal.clone(), Arc::clone(&gate));
        Arc::new(move |handled| {
            journal.note(handled);
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                if handled.member == 0 && handled.offset == 10 {
                    let _ = gate.acquire().await.unwrap();
                }
            })
        })
    };
    let first = join(&broker, 0, Arc::clone(&handle)).await;
    until(
        "all at work",
        || journal.len() == 4 * 11,
        || first.kafka.status(),
    )
    .await;
    // The first member's handlers do not come to an end; its partitions are given up nevertheless.
    let second = join(&broker, 1, handle).await;
    let plain = broker.plain();
    let taken = || -> Vec<i32> { second.partitions() };
    let committed = |partitions: &[i32]| {
        let committed = plain.committed(name, name, PARTITIONS);
        let is_all =
            |partition: &i32| committed[usize::try_from(*partition).unwrap()] == Some(EACH);
        partitions
            .iter()
            .filter(|partition| is_all(partition))
            .count()
    };
    until(
        "partitions taken over and done",
        || taken().len() == 2 && committed(&taken()) == 2,
        || {
            (
                first.kafka.status(),
                second.kafka.status(),
                plain.committed(name, name, PARTITIONS),
            )
        },
    )
    .await;
    assert_eq!(late(&first.kafka), 0);

    gate.add_permits(1_000);
    until(
        "late acknowledgements",
        || late(&first.kafka) >= 2,
        || first.kafka.status(),
    )
    .await;
    // The first member has committed since then, and not what came late.
    until(
        "everything committed",
        || committed(&[0, 1, 2, 3]) == 4,
        || {
            (
                plain.committed(name, name, PARTITIONS),
                first.kafka.status(),
                second.kafka.status(),
            )
        },
    )
    .await;
    journal.check(PARTITIONS, EACH);
    for member in [first, second] {
        let report = member.running.shutdown().await;
        assert!(report.is_clean(), "{report}");
    }
    assert_eq!(committed(&[0, 1, 2, 3]), 4);
}

/// A record that is handled: by which member, after how many rebalances of that member, and where it was.
#[derive(Clone, Copy, Debug)]
struct Handled {
    member: u64,
    rebalances: u64,
    partition: i32,
    offset: i64,
}

type Handle = Arc<dyn Fn(Handled) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

struct Member {
    kafka: Kafka,
    running: Running,
}

impl Member {
    fn partitions(&self) -> Vec<i32> {
        let status = self.kafka.status();
        status
            .topics()
            .flat_map(|topic| &topic.partitions)
            .map(|partition| partition.partition)
            .collect()
    }

    fn assigned(&self) -> usize {
        self.partitions().len()
    }
}

fn rebalances(kafka: &Kafka) -> u64 {
    kafka
        .status()
        .services
        .iter()
        .map(|service| service.rebalances)
        .sum()
}

fn late(kafka: &Kafka) -> u64 {
    kafka
        .status()
        .topics()
        .map(|topic| topic.late_acknowledgements)
        .sum()
}

/// Everything that was handled, in the order in which it was begun.
#[derive(Clone, Default)]
struct Journal {
    handled: Arc<Mutex<Vec<Handled>>>,
}

impl Journal {
    fn note(&self, handled: Handled) {
        self.handled.lock().unwrap().push(handled);
    }

    fn len(&self) -> usize {
        self.handled.lock().unwrap().len()
    }

    /// How many of them a member handled.
    fn of(&self, member: u64) -> usize {
        self.handled
            .lock()
            .unwrap()
            .iter()
            .filter(|handled| handled.member == member)
            .count()
    }

    fn members(&self) -> usize {
        self.all()
            .iter()
            .map(|handled| handled.member)
            .collect::<HashSet<_>>()
            .len()
    }

    fn all(&self) -> Vec<Handled> {
        self.handled.lock().unwrap().clone()
    }

    /// Fails unless each of `each` records of `partitions` partitions was handled, and in the order of
    /// each assignment; returns how many were handled again.
    fn check(&self, partitions: i32, each: i64) -> usize {
        let mut last: HashMap<(u64, i32), Handled> = HashMap::new();
        let mut seen: BTreeMap<i32, HashSet<i64>> = BTreeMap::new();
        let mut again = 0;
        let all = self.all();
        for handled in all.iter().copied() {
            let lane = (handled.member, handled.partition);
            if let Some(before) = last.insert(lane, handled)
                && handled.offset != before.offset + 1
            {
                assert!(
                    handled.rebalances > before.rebalances,
                    "{handled:?} came after {before:?}, without a rebalance between them: {:?}",
                    all.iter()
                        .filter(|other| (other.member, other.partition) == lane)
                        .map(|other| (other.rebalances, other.offset))
                        .collect::<Vec<_>>(),
                );
            }
            if !seen
                .entry(handled.partition)
                .or_default()
                .insert(handled.offset)
            {
                again += 1;
            }
        }
        for partition in 0..partitions {
            let seen = seen.entry(partition).or_default();
            let missing: Vec<_> = (0..each).filter(|offset| !seen.contains(offset)).collect();
            assert!(
                missing.is_empty(),
                "of partition {partition}, never handled: {missing:?}"
            );
        }
        again
    }
}

/// Looks at what is committed, again and again, and fails if it ever goes back.
struct CommittedWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl CommittedWatch {
    fn start(plain: Plain, name: &'static str, partitions: i32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut looks, mut last) = (0, plain.committed(name, name, partitions));
            while !stopped.load(Ordering::SeqCst) {
                let now = plain.committed(name, name, partitions);
                for (partition, (before, now)) in last.iter().zip(&now).enumerate() {
                    assert!(
                        now >= before,
                        "partition {partition}: committed {now:?} after {before:?}"
                    );
                }
                (looks, last) = (looks + 1, now);
                std::thread::sleep(Duration::from_millis(10));
            }
            looks
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        let looks = self.thread.join().expect("offsets that only go up");
        assert!(looks > 10, "looked {looks} times");
    }
}
