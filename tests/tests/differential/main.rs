//! The rules held against the linked librdkafka: for any configuration, our verdict is its verdict.
//!
//! Configurations are drawn from the whole table: valid, at the edges, just past them, of a wrong
//! type, and mixed, with settings that are related drawn together. Each goes two ways: through
//! [`Spec::read`](kafka_model_core::Spec::read) and [`rules::consumer`](kafka_model_core::rules::consumer),
//! and into the creation of a consumer. Where they differ, it must be for a reason on the list in
//! [`stricter`]; laxer we never are. The same configuration over a model's attributes, in part from code, in part from a
//! file and in part from variables, for the process, a model or a field, must have the same verdict.
//!
//! `KAFKA_MODEL_DRAWS` says how many configurations to draw, `KAFKA_MODEL_SEED` which.
//!
//! With TLS in the build, librdkafka opens the files that some properties name and parses the
//! lists that others hold. Neither can be known beforehand, so these are drawn only without it.

mod draw;
mod linked;
mod overridden;
mod stricter;
mod table;
mod verdict;

use std::collections::BTreeMap;
use std::env;
use std::sync::Mutex;
use std::thread;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use verdict::Outcome;

/// Dropping a consumer is mostly waiting, so many are dropped at once.
const THREADS: u64 = 128;

fn variable(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn our_verdict_is_librdkafkas() {
    let draws = variable("KAFKA_MODEL_DRAWS", 20_000);
    let seed = variable("KAFKA_MODEL_SEED", 0);
    let features = linked::features();
    let tally = Mutex::new(BTreeMap::<String, u64>::new());
    let count = |what: String| *tally.lock().unwrap().entry(what).or_default() += 1;

    thread::scope(|scope| {
        for index in 0..THREADS {
            let count = &count;
            scope.spawn(move || {
                let cases = u32::try_from(draws.div_ceil(THREADS)).expect("fewer draws");
                let config = Config {
                    cases,
                    failure_persistence: None,
                    ..Config::default()
                };
                let mut bytes = [0; 32];
                bytes[..8].copy_from_slice(&seed.to_le_bytes());
                bytes[8..16].copy_from_slice(&index.to_le_bytes());
                let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
                let result = TestRunner::new_with_rng(config, rng).run(
                    &draw::configuration(features),
                    |drafts| {
                        match verdict::compare(&drafts, features) {
                            Outcome::Same(verdict) => count(format!("both {verdict}")),
                            Outcome::Stricter(reasons) => {
                                for reason in reasons {
                                    count(format!("stricter: {reason}"));
                                }
                            }
                            Outcome::Different(how) => return Err(TestCaseError::fail(how)),
                        }
                        Ok(())
                    },
                );
                if let Err(error) = result {
                    panic!("{error}");
                }
            });
        }
    });

    overridden::clean_up();
    let tally = tally.into_inner().unwrap();
    for (what, count) in &tally {
        println!("{count:>8}  {what}");
    }
    // A draw that only ever says yes, or no, proves nothing.
    let same = |verdict: &str| {
        tally
            .get(&format!("both {verdict}"))
            .copied()
            .unwrap_or_default()
    };
    assert!(
        same("accept") > draws / 10 && same("refuse") > draws / 10,
        "{tally:#?}"
    );
}
