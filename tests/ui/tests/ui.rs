//! What the compiler must refuse, in `fail/`, and what it must accept, in `pass/`.
//!
//! `TRYBUILD=overwrite cargo test -p kafka-model-ui-tests` writes the `.stderr` files anew: read each
//! of them as a user would.

use std::path::Path;

use kafka_model_ui_tests::expect::{Case, files, has_notes};
use kafka_model_ui_tests::project::check;
use kafka_model_ui_tests::report::difference;

/// Where every word is ours: the whole output.
#[test]
fn refused_in_our_words() {
    let cases = trybuild::TestCases::new();
    for path in files(Path::new("fail")).unwrap() {
        if !has_notes(&path).unwrap() {
            // trybuild would write one, and be content.
            let written =
                path.with_extension("stderr").exists() || std::env::var_os("TRYBUILD").is_some();
            assert!(
                written,
                "{} has neither notes nor a `.stderr`",
                path.display()
            );
            cases.compile_fail(path);
        }
    }
}

/// Where rustc words a part: the parts that are ours, their lines, and how many errors there are.
#[test]
fn refused_in_part_in_our_words_and_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = root.ancestors().nth(2).unwrap();
    let mut cases = Vec::new();
    for path in files(&root.join("pass")).unwrap() {
        cases.push(Case::read(root, &path).unwrap());
    }
    for path in files(&root.join("fail")).unwrap() {
        if has_notes(&path).unwrap() {
            cases.push(Case::read(root, &path).unwrap());
        }
    }
    let mut features: Vec<Option<&str>> =
        cases.iter().map(|case| case.feature.as_deref()).collect();
    features.sort_unstable();
    features.dedup();
    let mut differences = Vec::new();
    for feature in features {
        let of_feature: Vec<&Case> = cases
            .iter()
            .filter(|case| case.feature.as_deref() == feature)
            .collect();
        let reported = check(workspace, &of_feature, feature).unwrap();
        for case in of_feature {
            let own = reported
                .iter()
                .filter(|(name, _)| *name == case.name)
                .map(|(_, found)| found.clone());
            differences.extend(difference(case, own.collect()));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
