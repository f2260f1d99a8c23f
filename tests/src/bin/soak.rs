//! The soak: services under load on a real Kafka, what can go wrong, and a verdict. See `tests/soak/README.md`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use kafka_model_tests::soak::checker::Verdict;
use kafka_model_tests::soak::plan::{Kind, all_kinds};
use kafka_model_tests::soak::run::{Outcome, Settings, judge, run};
use kafka_model_tests::soak::{report, service};

const USAGE: &str =
    "usage: soak run [--seed N] [--seconds N | --minutes N] [--rate RECORDS_A_SECOND]
                [--services N] [--faults all|none|KIND[,KIND...]] [--keep DIRECTORY]
       soak plan [--seed N] [--seconds N | --minutes N] [--faults ...]
       soak judge DIRECTORY";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match &*words {
        ["service", process, seed, bootstrap, directory] => {
            let process = process.parse().expect("a number");
            let seed = seed.parse().expect("a number");
            tokio::runtime::Runtime::new()
                .expect("a tokio runtime")
                .block_on(service::run(process, seed, bootstrap, Path::new(directory)));
            ExitCode::SUCCESS
        }
        ["run", options @ ..] => match Options::of(options) {
            Ok(options) => start(&options),
            Err(error) => usage(&error),
        },
        ["plan", options @ ..] => match Options::of(options) {
            Ok(Options { settings, .. }) => {
                let Settings {
                    seed,
                    seconds,
                    kinds,
                    ..
                } = settings;
                for step in kafka_model_tests::soak::plan::draw(seed, seconds, &kinds) {
                    match step.beside {
                        None => println!("{}", step.kind),
                        Some((beside, _)) => println!("{}, and {beside}", step.kind),
                    }
                }
                ExitCode::SUCCESS
            }
            Err(error) => usage(&error),
        },
        ["judge", directory] => print(judge(Path::new(directory))),
        _ => usage("what is to be done?"),
    }
}

fn usage(error: &str) -> ExitCode {
    eprintln!("soak: {error}\n{USAGE}");
    ExitCode::from(2)
}

struct Options {
    settings: Settings,
    keep: bool,
}

impl Options {
    fn of(words: &[&str]) -> Result<Self, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seed = now.map_or(1, |since| u64::from(since.subsec_nanos()));
        let mut settings = Settings {
            seed,
            seconds: 120,
            rate: 300,
            services: 3,
            kinds: all_kinds(),
            directory: PathBuf::new(),
        };
        let mut keep = false;
        for pair in words.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("{pair:?} has no value"));
            };
            let number = || value.parse().map_err(|_| format!("{name} takes a number"));
            match *name {
                "--seed" => settings.seed = number()?,
                "--seconds" => settings.seconds = number()?,
                "--minutes" => settings.seconds = number()? * 60,
                "--rate" => settings.rate = number()?.max(1),
                "--services" => {
                    settings.services =
                        u32::try_from(number()?).map_err(|error| error.to_string())?;
                }
                "--faults" => settings.kinds = faults(value)?,
                "--keep" => {
                    settings.directory = PathBuf::from(value);
                    keep = true;
                }
                _ => return Err(format!("{name}: no such option")),
            }
        }
        if !keep {
            let name = format!("kafka-model-soak-{}-{}", settings.seed, std::process::id());
            settings.directory = env::temp_dir().join(name);
        }
        Ok(Self { settings, keep })
    }
}

fn faults(value: &str) -> Result<Vec<Kind>, String> {
    match value {
        "all" => Ok(all_kinds()),
        "none" => Ok(Vec::new()),
        names => names
            .split(',')
            .map(|name| {
                let known = all_kinds();
                let kind = known
                    .iter()
                    .find(|kind| kind.to_string().replace(' ', "-") == name);
                let names: Vec<_> = known
                    .iter()
                    .map(|kind| kind.to_string().replace(' ', "-"))
                    .collect();
                kind.copied()
                    .ok_or_else(|| format!("{name} is none of {}", names.join(", ")))
            })
            .collect(),
    }
}

fn start(options: &Options) -> ExitCode {
    let settings = &options.settings;
    eprintln!(
        "soak: seed {}, the logs are in {}",
        settings.seed,
        settings.directory.display()
    );
    let outcome = run(settings);
    let passed = outcome
        .as_ref()
        .is_ok_and(|outcome| outcome.findings.verdict() == Verdict::Pass);
    if passed && !options.keep {
        let _ = std::fs::remove_dir_all(&settings.directory);
    } else {
        eprintln!(
            "soak: the logs are kept in {}",
            settings.directory.display()
        );
    }
    print(outcome)
}

fn print(outcome: Result<Outcome, String>) -> ExitCode {
    match outcome {
        Ok(outcome) => {
            println!("{}", report::table(&outcome));
            println!("{}", report::last_line(&outcome));
            match outcome.findings.verdict() {
                Verdict::Pass => ExitCode::SUCCESS,
                Verdict::Fail => ExitCode::from(1),
                Verdict::Invalid => ExitCode::from(3),
            }
        }
        Err(error) => {
            println!("soak: INVALID {error}");
            ExitCode::from(3)
        }
    }
}
