//! What a model with many message types costs the compiler, over the same types with serde's derives alone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;

use crate::table::{Column, Figures, Runs};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many message types.
    #[arg(long, default_value_t = 100)]
    types: usize,
    /// The directory in which cargo builds; the dependencies are built there first.
    #[arg(long, default_value = "target/bench-compile")]
    target_dir: PathBuf,
    /// Optimised.
    #[arg(long)]
    release: bool,
    /// How often each is compiled.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

const SERDE: &str = "serde-only";
const MODEL: &str = "kafka-model";

pub async fn run(options: &Options) {
    let directory = std::env::temp_dir().join(format!("kafka-model-bench-{}", std::process::id()));
    println!(
        "compile: {} message types of six fields, {}",
        options.types,
        if options.release {
            "optimised"
        } else {
            "not optimised"
        }
    );
    fs::create_dir_all(&options.target_dir).expect("the target directory");
    let target = options.target_dir.canonicalize().expect("it is there");
    let crates = [SERDE, MODEL].map(|name| {
        let throw_away = ThrowAway {
            name,
            directory: directory.join(name),
            target: target.clone(),
            release: options.release,
        };
        throw_away.write(options.types);
        eprintln!("{name}: its dependencies, and a first time");
        throw_away.build(&[]);
        throw_away
    });
    let mut runs = Runs::default();
    for round in 0..options.rounds {
        for step in 0..crates.len() {
            let throw_away = &crates[(round + step) % crates.len()];
            let figures = throw_away.measure();
            eprintln!("round {round}: {}: {}", throw_away.name, figures.to_line());
            runs.add(throw_away.name, figures);
        }
    }
    let columns = [
        Column::new("lib_s", "library, s", 2),
        Column::new("lib_kib", "rlib, KiB", 0),
        Column::new("bin_s", "program, s", 2),
        Column::new("bin_kib", "program, KiB", 0),
    ];
    print!("{}", runs.table(&columns));
    for Column { figure, title, .. } in columns {
        println!("{title}: {}", runs.ratio_line(figure, MODEL, SERDE));
    }
    fs::remove_dir_all(&directory).expect("removed");
}

/// A crate of the types, and a program that decodes and encodes each.
struct ThrowAway {
    name: &'static str,
    directory: PathBuf,
    target: PathBuf,
    release: bool,
}

impl ThrowAway {
    fn write(&self, types: usize) {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let workspace = workspace.canonicalize().expect("the workspace");
        fs::create_dir_all(self.directory.join("src")).expect("a directory");
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             kafka-model = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
             serde_json = \"1\"\n\n[profile.release]\ndebug = \"line-tables-only\"\n",
            self.crate_name(),
            workspace.join("kafka-model").display()
        );
        self.file("Cargo.toml", &manifest);
        // The same versions.
        let lock = fs::read(workspace.join("Cargo.lock")).expect("Cargo.lock");
        fs::write(self.directory.join("Cargo.lock"), lock).expect("written");
        let (library, program) = self.sources(types);
        self.file("src/lib.rs", &library);
        self.file("src/main.rs", &program);
    }

    fn sources(&self, types: usize) -> (String, String) {
        let model = self.name == MODEL;
        let mut library = "use serde::{Deserialize, Serialize};\n".to_owned();
        let mut topics = String::new();
        let mut uses = String::new();
        for number in 0..types {
            let attribute = if model {
                format!(
                    "#[derive(kafka_model::KafkaMessage)]\n#[kafka(topic = \"topic-{number}\", key = name)]\n"
                )
            } else {
                String::new()
            };
            let _ = write!(
                library,
                "{attribute}#[derive(Debug, Serialize, Deserialize)]\npub struct Event{number} {{\n    pub id: u64,\n    \
                 pub name: String,\n    pub text: Option<String>,\n    pub amount: f64,\n    pub tags: Vec<String>,\n    \
                 pub done: bool,\n}}\n"
            );
            let _ = writeln!(
                topics,
                "    pub topic{number}: kafka_model::Topic<Event{number}>,"
            );
            let line = if model {
                format!(
                    "model.topic{number}.handle(async |event: types::Event{number}| drop(event))?;"
                )
            } else {
                // What a loop would have for each.
                format!(
                    "let event: types::Event{number} = serde_json::from_slice(&input)?; length += \
                     serde_json::to_vec(&event)?.len();"
                )
            };
            let _ = writeln!(uses, "    {line}");
        }
        if model {
            let _ = write!(
                library,
                "#[derive(kafka_model::KafkaModel)]\n#[kafka(group_id = \"compile\")]\npub struct Model {{\n{topics}}}\n"
            );
        }
        // Both link the runtime, so that the difference is what the types add.
        let one = "#[derive(serde::Serialize, serde::Deserialize, kafka_model::KafkaMessage)]\n#[kafka(topic = \
                   \"one\")]\nstruct One { id: u64 }\n#[derive(kafka_model::KafkaModel)]\n#[kafka(group_id = \
                   \"one\")]\nstruct Single { one: kafka_model::Topic<One> }\n";
        let begin = "    let kafka = kafka_model::Kafka::from_env()?;\n    let single = \
                     Single::register_all(&kafka)?;\n    single.one.handle(async |one: One| drop(one.id))?;\n";
        let more = if model {
            "    let model = types::Model::register_all(&kafka)?;\n"
        } else {
            "    let input = std::fs::read(\"input\")?;\n    let mut length = 0;\n"
        };
        let end = if model {
            "    drop(kafka);\n    Ok(())\n"
        } else {
            "    println!(\"{length}\");\n    drop(kafka);\n    Ok(())\n"
        };
        let program = format!(
            "use {} as types;\n{one}fn main() -> Result<(), Box<dyn std::error::Error>> {{\n{begin}{more}{uses}{end}}}\n",
            self.crate_name().replace('-', "_")
        );
        (library, program)
    }

    fn crate_name(&self) -> String {
        format!("compile-{}", self.name)
    }

    fn file(&self, path: &str, text: &str) {
        fs::write(self.directory.join(path), text).expect("written");
    }

    fn build(&self, arguments: &[&str]) -> Duration {
        let start = Instant::now();
        let mut command = Command::new("cargo");
        command
            .arg("build")
            .args(arguments)
            .args(self.release.then_some("--release"))
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "0")
            .stdout(Stdio::null());
        let output = command.output().expect("cargo");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", self.name);
        start.elapsed()
    }

    /// Compiles the crate alone: everything else is there.
    fn measure(&self) -> Figures {
        let touch = |path: &str| {
            let path = self.directory.join(path);
            let text = fs::read(&path).expect("a source");
            fs::write(&path, text).expect("written");
        };
        touch("src/lib.rs");
        let library = self.build(&["--lib"]).as_secs_f64();
        touch("src/main.rs");
        let program = self.build(&[]).as_secs_f64();
        let profile = if self.release { "release" } else { "debug" };
        let built = self.target.join(profile);
        #[allow(clippy::cast_precision_loss)]
        let kib = |path: PathBuf| fs::metadata(path).expect("it was built").len() as f64 / 1024.0;
        let rlib = format!("lib{}.rlib", self.crate_name().replace('-', "_"));
        Figures::default()
            .with("lib_s", library)
            .with("lib_kib", kib(built.join(rlib)))
            .with("bin_s", program)
            .with("bin_kib", kib(built.join(self.crate_name())))
    }
}
