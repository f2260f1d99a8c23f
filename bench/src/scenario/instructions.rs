//! Instructions of a record's way, which are the same however busy the machine is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use tokio::process::Command;

/// What was counted when the file was written last, in instructions for each record.
const FILE: &str = "instructions.json";
/// By how much a count may exceed that. Compilers differ by some percent.
const MARGIN: f64 = 0.10;
/// With fewer records and with more: the difference has nothing of start and end in it.
const RECORDS: [u64; 2] = [20_000, 60_000];

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Write down what is counted, instead of comparing with it.
    #[arg(long)]
    update: bool,
}

/// # Panics
/// If a count is too high, or cannot be had.
pub async fn run(options: &Options) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let mut counted = BTreeMap::new();
    for order in ["partition", "key", "none"] {
        counted.insert(order.to_owned(), of_record(order).await);
    }
    if options.update {
        let text = serde_json::to_string_pretty(&counted).expect("JSON");
        fs::write(&file, text + "\n").expect("a file that can be written");
    }
    let text = fs::read_to_string(&file).expect("a file of counts: write it with --update");
    let allowed: BTreeMap<String, u64> = serde_json::from_str(&text).expect("counts, by order");
    println!("order      instructions/record  when written down");
    let mut too_many = Vec::new();
    for (order, count) in &counted {
        let before = allowed.get(order).copied().unwrap_or(0);
        println!("{order:<9}  {count:>19}  {before:>17}");
        #[allow(clippy::cast_precision_loss)]
        let ratio = *count as f64 / before as f64;
        if ratio > 1.0 + MARGIN {
            too_many.push(format!("order = \"{order}\": {ratio:.2} times as many"));
        }
        if ratio < 1.0 - MARGIN {
            println!("fewer than before: write that down with --update");
        }
    }
    assert!(
        too_many.is_empty(),
        "more instructions than {FILE} has, by more than {:.0} %: {}. If that must be, say why, and write it down with --update",
        MARGIN * 100.0,
        too_many.join("; ")
    );
    println!(
        "instructions: none has more than {:.0} % above what was written down",
        MARGIN * 100.0
    );
}

async fn of_record(order: &str) -> u64 {
    let [few, many] = RECORDS;
    let more = count(order, many).await - count(order, few).await;
    more / (many - few)
}

/// The instructions of a whole run.
async fn count(order: &str, records: u64) -> u64 {
    let program: PathBuf = std::env::current_exe()
        .expect("this program's path")
        .with_file_name("hot-path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(&program)
        .args([order, &records.to_string()])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("valgrind: on Debian or Ubuntu, apt-get install valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "hot-path {order} {records}: {text}"
    );
    text.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
        .unwrap_or_else(|| panic!("valgrind says nothing of instructions: {text}"))
}
