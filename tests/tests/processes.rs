//! Two processes of one service share its partitions; one is killed, or each is restarted in turn.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use kafka_model_tests::{Broker, Load, WorkerProcess, times_handled, until};

const PARTITIONS: i32 = 8;

fn start(broker: &Broker, model: &str, number: usize) -> WorkerProcess {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    WorkerProcess::start(
        env!("CARGO_BIN_EXE_worker"),
        broker,
        model,
        directory,
        number,
    )
}

/// Asks a process to end, and waits until it has.
async fn end(mut worker: WorkerProcess) -> WorkerProcess {
    worker.terminate();
    let mut status = None;
    until(
        "the end of a process",
        || {
            status = worker.ended();
            status.is_some()
        },
        || "it still runs",
    )
    .await;
    assert!(status.unwrap().success(), "an unclean shutdown: {status:?}");
    worker
}

/// Of how many partitions a process has handled records since it had `before` lines.
fn partitions_since(worker: &WorkerProcess, before: usize) -> usize {
    worker.lines()[before..]
        .iter()
        .map(|line| line.partition)
        .collect::<HashSet<_>>()
        .len()
}

/// Fails unless each record was handled; returns how many were handled more than once.
fn check(workers: &[WorkerProcess], each: i64) -> usize {
    let lines: Vec<_> = workers.iter().map(WorkerProcess::lines).collect();
    let times = times_handled(lines.iter().flatten());
    for partition in 0..PARTITIONS {
        let missing: Vec<_> = (0..each)
            .filter(|offset| !times.contains_key(&(partition, *offset)))
            .collect();
        assert!(
            missing.is_empty(),
            "of partition {partition}, never handled: {missing:?}"
        );
    }
    times.values().filter(|times| **times > 1).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_takes_over_what_a_killed_one_has_not_committed() {
    const NAME: &str = "processes-killed";
    let broker = Broker::with(&[(NAME, 8)]).await;
    let plain = broker.plain();
    let load = Load::start(broker.plain(), NAME, PARTITIONS);
    let mut killed = start(&broker, NAME, 0);
    until(
        "one at work",
        || partitions_since(&killed, 0) == 8,
        || killed.lines().len(),
    )
    .await;
    let survivor = start(&broker, NAME, 1);
    until(
        "another at work",
        || partitions_since(&survivor, 0) == 4,
        || survivor.lines().len(),
    )
    .await;
    let before = killed.lines().len();
    until(
        "both at work",
        || killed.lines().len() > before + 500,
        || killed.lines().len(),
    )
    .await;

    let committed = plain.committed(NAME, NAME, PARTITIONS);
    killed.kill();
    let before = survivor.lines().len();
    until(
        "a takeover",
        || partitions_since(&survivor, before) == 8,
        || survivor.lines().len(),
    )
    .await;
    let each = load.stop();
    until(
        "everything committed",
        || plain.committed(NAME, NAME, PARTITIONS) == [Some(each); 8],
        || (each, plain.committed(NAME, NAME, PARTITIONS)),
    )
    .await;
    let survivor = end(survivor).await;

    // What was handled again was not committed when the process was killed.
    let of_killed = times_handled(&killed.lines());
    let lines = survivor.lines();
    let again: Vec<_> = lines[before..]
        .iter()
        .filter(|line| of_killed.contains_key(&(line.partition, line.offset)))
        .collect();
    for line in &again {
        let committed = committed[usize::try_from(line.partition).unwrap()];
        assert!(
            committed.is_none_or(|next| next <= line.offset),
            "{line:?}: {committed:?} was committed"
        );
    }
    let twice = check(&[killed, survivor], each);
    assert!(
        twice == again.len() || !broker.is_real(),
        "{twice} twice, of which {} by the kill",
        again.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_nothing() {
    const NAME: &str = "processes-rolling";
    let broker = Broker::with(&[(NAME, 8)]).await;
    let plain = broker.plain();
    let load = Load::start(broker.plain(), NAME, PARTITIONS);
    let mut running = vec![start(&broker, NAME, 0)];
    until(
        "one at work",
        || partitions_since(&running[0], 0) == 8,
        || running[0].lines().len(),
    )
    .await;
    running.push(start(&broker, NAME, 1));
    let mut ended = Vec::new();
    for number in 2..4 {
        let newest = running.last().unwrap();
        until(
            "another at work",
            || partitions_since(newest, 0) == 4,
            || newest.lines().len(),
        )
        .await;
        ended.push(end(running.remove(0)).await);
        running.push(start(&broker, NAME, number));
    }
    let newest = running.last().unwrap();
    until(
        "the last at work",
        || partitions_since(newest, 0) == 4,
        || newest.lines().len(),
    )
    .await;
    let each = load.stop();
    until(
        "everything committed",
        || plain.committed(NAME, NAME, PARTITIONS) == [Some(each); 8],
        || (each, plain.committed(NAME, NAME, PARTITIONS)),
    )
    .await;
    for worker in running {
        ended.push(end(worker).await);
    }
    let twice = check(&ended, each);
    assert!(
        twice == 0 || !broker.is_real(),
        "{twice} records were handled twice"
    );
}

/// As Kubernetes sends it: what is begun is finished, what is finished is committed, and nothing comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_gets_sigterm_finishes_commits_and_ends_with_zero() {
    const NAME: &str = "processes-signalled";
    let broker = Broker::with(&[(NAME, 8)]).await;
    let plain = broker.plain();
    let load = Load::start(broker.plain(), NAME, PARTITIONS);
    let first = start(&broker, NAME, 0);
    until(
        "it at work",
        || partitions_since(&first, 0) == 8 && first.lines().len() > 500,
        || first.lines().len(),
    )
    .await;
    let first = end(first).await;
    // Under load, with a handler always at work: whatever was begun was handled and committed.
    let times = times_handled(&first.lines());
    let handled = (0..PARTITIONS)
        .map(|partition| times.keys().filter(|(of, _)| *of == partition).count())
        .map(|count| i64::try_from(count).ok())
        .collect::<Vec<_>>();
    assert_eq!(plain.committed(NAME, NAME, PARTITIONS), handled);
    let each = load.stop();
    let second = start(&broker, NAME, 1);
    until(
        "everything committed",
        || plain.committed(NAME, NAME, PARTITIONS) == [Some(each); 8],
        || (each, plain.committed(NAME, NAME, PARTITIONS)),
    )
    .await;
    let second = end(second).await;
    assert_eq!(check(&[first, second], each), 0, "records handled twice");
}

/// Who sends it again does not want to wait for handlers; what they did not finish is said, and comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_gets_sigterm_twice_ends_at_once_and_not_with_zero() {
    const NAME: &str = "processes-impatient";
    let broker = Broker::with(&[(NAME, 8)]).await;
    let plain = broker.plain();
    let load = Load::start(broker.plain(), NAME, PARTITIONS);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Far longer than the `drain_timeout_ms` of 10 s.
    let takes = Duration::from_secs(600);
    let binary = env!("CARGO_BIN_EXE_worker");
    let mut worker = WorkerProcess::start_slow(binary, &broker, NAME, directory, 0, takes);
    until(
        "handlers at work",
        || partitions_since(&worker, 0) == 8,
        || worker.lines().len(),
    )
    .await;
    let _ = load.stop();
    worker.terminate();
    let drains_until = Instant::now() + Duration::from_secs(2);
    until(
        "a drain",
        || {
            assert!(
                worker.ended().is_none(),
                "it does not wait for its handlers"
            );
            Instant::now() > drains_until
        },
        || (),
    )
    .await;
    let again = Instant::now();
    worker.terminate();
    let mut status = None;
    until(
        "the end of the process",
        || {
            status = worker.ended();
            status.is_some()
        },
        || "it still runs",
    )
    .await;
    let took = again.elapsed();
    assert!(took < Duration::from_secs(6), "it took {took:?}");
    assert_eq!(status.unwrap().code(), Some(1), "{status:?}");
    assert_eq!(plain.committed(NAME, NAME, PARTITIONS), [None; 8]);
}

/// Also before it has reached a broker.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_gets_sigterm_while_it_starts_ends_with_zero() {
    let nobody = Broker::Real("127.0.0.1:1".to_owned());
    let worker = start(&nobody, "processes-rolling", 7);
    until("a signal handler", || worker.listens_to_sigterm(), || ()).await;
    let told = Instant::now();
    end(worker).await;
    // The `connect_timeout` is 10 s.
    let took = told.elapsed();
    assert!(took < Duration::from_secs(6), "it took {took:?}");
}
