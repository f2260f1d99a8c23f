//! The documents say what the code says.

use std::fs;
use std::path::Path;

use kafka_model_core::Side;
use kafka_model_core::setting::SPECS;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The fenced blocks of a document that begin with this line.
fn blocks<'a>(document: &'a str, fence: &str) -> Vec<&'a str> {
    let start = format!("\n{fence}\n");
    document
        .split(&start)
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

/// The lines of a text, wherever they begin.
fn lines(text: &str) -> String {
    text.lines()
        .map(|line| line.trim().to_owned() + "\n")
        .collect()
}

#[test]
fn the_readme_shows_the_examples_as_they_are() {
    let (readme, quickstart) = (read("../README.md"), read("quickstart.rs"));
    // Each is a part of an example; the other blocks are compiled by themselves.
    let shown = blocks(&readme, "```rust,ignore");
    assert_eq!(shown.len(), 3);
    assert!(shown[0].contains("#[tokio::main]"));
    for (block, example) in shown.into_iter().zip([
        quickstart.as_str(),
        &read("testing.rs"),
        &read("testing.rs"),
    ]) {
        assert!(
            lines(example).contains(&lines(block)),
            "README.md shows other code than the example; copy it from there:\n{block}"
        );
    }
}

#[test]
fn the_readme_names_every_example() {
    let (readme, manifest) = (read("../README.md"), read("Cargo.toml"));
    let paths = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'));
    for path in paths {
        assert!(readme.contains(&format!("(examples/{path})")), "{path}");
    }
}

#[test]
fn every_setting_of_the_framework_is_in_the_readme_and_in_the_documentation_of_the_crate() {
    for (name, document) in [
        ("README.md", read("../README.md")),
        ("lib.rs", read("../kafka-model/src/lib.rs")),
    ] {
        let own = SPECS
            .iter()
            .filter(|spec| matches!(spec.side, Side::Processing | Side::Service));
        for spec in own {
            assert!(
                document.contains(&format!("| `{}` |", spec.name)),
                "{}: {name}",
                spec.name
            );
        }
    }
}

#[test]
fn links_lead_to_files() {
    for (folder, path) in [
        ("..", "../README.md"),
        ("../docs", "../docs/dedicated-connections.md"),
    ] {
        let document = read(path);
        for target in document
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(folder)
                .join(file);
            assert!(file.exists(), "{path}: {target}");
        }
    }
}

#[path = "../describe.rs"]
mod describe;

/// What [`the_readme_shows_what_describe_prints`] starts, at another place and with a variable set.
#[test]
#[ignore = "is started by another test"]
fn print_the_description() {
    if std::env::var_os("KAFKA_MONITORING__REGULAR__CONCURRENCY").is_some() {
        describe::main().unwrap();
    }
}

#[test]
fn the_readme_shows_what_describe_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "print_the_description",
            "--ignored",
            "--nocapture",
        ])
        .env("KAFKA_MONITORING__REGULAR__CONCURRENCY", "32")
        .current_dir(root)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout)
        .unwrap()
        // How the compiler names the file of a module that is elsewhere.
        .replace("examples/tests/../describe.rs", "examples/describe.rs")
        .replace("tests/../describe.rs", "examples/describe.rs");
    let readme = read("../README.md");
    let shown = blocks(&readme, "```text")
        .into_iter()
        .find(|block| block.starts_with("Monitoring: "))
        .unwrap();
    // Columns are as wide as what is in them, and the name of the file is longer there.
    let words = |text: &str| {
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        words(&printed).contains(&words(shown)),
        "README.md shows something else than the example `describe` prints:\n{printed}"
    );
}
