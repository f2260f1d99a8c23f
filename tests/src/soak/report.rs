//! What is printed of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checker::{Rule, Verdict};
use super::clock::seconds;
use super::log::Outcome as Ended;
use super::run::Outcome;
use super::stream::Stream;

/// The table of a run, without its last line.
#[must_use]
pub fn table(outcome: &Outcome) -> String {
    let mut text = String::new();
    faults(&mut text, outcome);
    records(&mut text, outcome);
    findings(&mut text, outcome);
    text
}

fn faults(text: &mut String, Outcome { history, findings }: &Outcome) {
    // By kind: how many, how many with effect, the longest recovery.
    let mut kinds: BTreeMap<&str, (u32, u32, u64)> = BTreeMap::new();
    for fault in &history.faults {
        let kind = kinds.entry(&fault.kind).or_default();
        kind.0 += 1;
        kind.1 += u32::from(fault.evidence.is_ok());
        let recovery = findings.recovery.get(&fault.number).copied();
        kind.2 = kind.2.max(recovery.unwrap_or(0));
    }
    let _ = writeln!(
        text,
        "{:<28} {:>6} {:>9} {:>17}",
        "fault", "times", "effective", "longest recovery"
    );
    for (kind, (times, effective, recovery)) in kinds {
        let recovery = format!("{:.1} s", seconds(recovery));
        let _ = writeln!(text, "{kind:<28} {times:>6} {effective:>9} {recovery:>17}");
    }
}

fn records(text: &mut String, Outcome { history, .. }: &Outcome) {
    let _ = writeln!(
        text,
        "\n{:<28} {:>6} {:>9} {:>12} {:>9} {:>12} {:>6}",
        "topic", "parts", "records", "acknowledged", "handled", "dead letters", "lost"
    );
    for stream in Stream::ALL {
        let lanes: Vec<_> = history
            .lanes
            .iter()
            .filter(|(partition, _)| partition.stream == stream)
            .map(|(_, lane)| lane)
            .collect();
        let records = || lanes.iter().flat_map(|lane| lane.records.values());
        let lost: usize = lanes
            .iter()
            .flat_map(|lane| lane.records.range(lane.deleted_below..))
            .filter(|(_, record)| record.acknowledged.is_some() && record.settled.is_none())
            .count();
        let _ = writeln!(
            text,
            "{:<28} {:>6} {:>9} {:>12} {:>9} {:>12} {:>6}",
            stream.topic(),
            lanes.len(),
            records().count(),
            records()
                .filter(|record| record.acknowledged.is_some())
                .count(),
            records().filter(|record| record.settled.is_some()).count(),
            records().filter(|record| !record.dead.is_empty()).count(),
            lost,
        );
    }
}

fn findings(text: &mut String, Outcome { history, findings }: &Outcome) {
    let done = history
        .handlings
        .iter()
        .filter(|handling| matches!(handling.ended, Some((_, Ended::Done))));
    let commits: usize = history.lanes.values().map(|lane| lane.commits.len()).sum();
    let _ = writeln!(
        text,
        "\n{:<28} {:>12}",
        "handlers that ended well",
        done.count()
    );
    let _ = writeln!(text, "{:<28} {:>12}", "commits of partitions", commits);
    let _ = writeln!(
        text,
        "{:<28} {:>12}",
        "service processes",
        history.processes.len()
    );
    let (stall, at) = &findings.longest_stall;
    let stall = format!("{:.1} s", seconds(*stall));
    let _ = writeln!(text, "{:<28} {stall:>12}  {at}", "longest stall");
    let _ = writeln!(
        text,
        "{:<28} {:>12}  of {} MiB",
        "peak memory of a service",
        format!("{} MiB", peak_mib(history)),
        history.promises.memory_kib / 1024
    );
    let _ = writeln!(
        text,
        "{:<28} {:>12}",
        "commits that came late", findings.late_commits
    );
    let _ = writeln!(text, "\nduplicates by cause");
    for (cause, times) in &findings.duplicates {
        let _ = writeln!(text, "  {cause:<26} {times:>12}");
    }
    if findings.duplicates.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for (rule, broken) in &findings.broken {
        let _ = writeln!(text, "\nBROKEN {rule}: {} times", broken.times);
        for case in &broken.cases {
            let _ = writeln!(text, "  {case}");
        }
    }
    if !findings.invalid.is_empty() {
        let _ = writeln!(text, "\nINVALID");
        for reason in &findings.invalid {
            let _ = writeln!(text, "  {reason}");
        }
    }
    if findings.verdict() != Verdict::Pass {
        let troubles = history.told.iter().filter(|(_, _, text)| {
            !text.contains("assigned") && !text.contains("back to the group")
        });
        for (process, at, trouble) in troubles.take(20) {
            let _ = writeln!(text, "process {process} at {:.3}: {trouble}", seconds(*at));
        }
    }
}

fn peak_mib(history: &super::history::History) -> u64 {
    let peaks = history.processes.values().map(|process| process.peak_kib);
    peaks.max().unwrap_or(0) / 1024
}

/// The last line.
#[must_use]
pub fn last_line(outcome: &Outcome) -> String {
    let Outcome { history, findings } = outcome;
    let verdict = match findings.verdict() {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Invalid => "INVALID",
    };
    let records: usize = history.lanes.values().map(|lane| lane.records.len()).sum();
    let duplicates: u64 = findings.duplicates.values().sum();
    let broken: Vec<_> = findings.broken.keys().map(Rule::to_string).collect();
    let mut line = format!(
        "soak: {verdict} lost={} records={records} faults={} duplicates={duplicates} unexplained={} stall={:.1}s \
         memory={}MiB seed={}",
        findings.times(Rule::Lost),
        history.faults.len(),
        findings.times(Rule::Duplicate),
        seconds(findings.longest_stall.0),
        peak_mib(history),
        history.seed,
    );
    if !broken.is_empty() {
        let _ = write!(line, " broken={}", broken.join(","));
    }
    line
}
