//! Compiling many small files in one go: a generated package with one binary for each.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::expect::Case;
use crate::report::{Reported, reported};

/// Checks `cases` with the feature `feature` of the derives, and returns what the compiler reported,
/// each with the name of its case.
///
/// The package is written into the workspace's own target directory and built there too, so that all
/// that it depends on, librdkafka above all, is there already.
///
/// # Errors
/// If the package cannot be written, or Cargo not be run.
pub fn check(
    workspace: &Path,
    cases: &[&Case],
    feature: Option<&str>,
) -> io::Result<Vec<(String, Reported)>> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => workspace.join(target),
        None => workspace.join("target"),
    };
    let package = target
        .join("tests")
        .join("ui")
        .join(feature.unwrap_or("default"));
    std::fs::create_dir_all(&package)?;
    std::fs::write(
        package.join("Cargo.toml"),
        manifest(workspace, cases, feature),
    )?;
    std::fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock"))?;
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "check",
            "--quiet",
            "--bins",
            "--keep-going",
            "--message-format=json",
            "--target-dir",
        ])
        .arg(&target)
        .current_dir(&package)
        .stderr(Stdio::piped())
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let found = reported(&stdout);
    // What the cases need must compile; else each of them would only seem to be without errors.
    let is_case = |name: &str| cases.iter().any(|case| case.name == name);
    let elsewhere = found
        .iter()
        .find(|(name, found)| found.level == "error" && !is_case(name));
    if let Some((name, found)) = elsewhere {
        return Err(io::Error::other(format!(
            "{name} does not compile: {}",
            found.text
        )));
    }
    if !output.status.success() && !found.iter().any(|(_, found)| found.level == "error") {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(text.into_owned()));
    }
    Ok(found)
}

fn manifest(workspace: &Path, cases: &[&Case], feature: Option<&str>) -> String {
    let path = |member: &str| format!("{:?}", workspace.join(member));
    let mut manifest = format!(
        "[package]\nname = \"ui-cases\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\n\
         kafka-model = {{ path = {} }}\nkafka-model-derive = {{ path = {}, features = {:?} }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n",
        path("kafka-model"),
        path("kafka-model-derive"),
        feature.into_iter().collect::<Vec<_>>(),
    );
    for case in cases {
        // A `String` takes all that is written to it.
        let _ = write!(
            manifest,
            "\n[[bin]]\nname = {:?}\npath = {:?}\n",
            case.name, case.path
        );
    }
    manifest
}
