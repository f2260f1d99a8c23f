//! Overrides from environment variables. They are given to another process, since they could not be to this one.

use std::env;
use std::process::Command;

use kafka_model::Kafka;

use crate::{File, ManyThings, pair};

/// What [`the_environment_goes_over_all_else`] starts, with an environment that it could not give to itself.
#[test]
#[ignore = "is started by another test, with variables set"]
fn in_an_environment() {
    if env::var_os("KAFKA_MODEL_TEST_ENVIRONMENT").is_none() {
        return;
    }
    match ManyThings::describe(&Kafka::from_env().unwrap()) {
        Ok(model) => println!("{}", serde_json::to_string(&model).unwrap()),
        Err(error) => println!("refused: {error}"),
    }
}

/// What the test above says with these variables and this file.
fn in_environment(file: &File, variables: &[(&str, &str)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "environment::in_an_environment", "--ignored"])
        .arg("--nocapture")
        .env("KAFKA_MODEL_TEST_ENVIRONMENT", "yes")
        .envs(variables.iter().copied())
        .env("KAFKA_CONFIG_FILE", &file.0)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn described(output: &str) -> serde_json::Value {
    let json = output
        .lines()
        .find_map(|line| line.find("{\"model\"").map(|at| &line[at..]))
        .unwrap_or_else(|| panic!("{output}"));
    serde_json::from_str(json).unwrap()
}

/// A setting of a service or of its first topic, and where it comes from.
fn found(model: &serde_json::Value, service: usize, name: &str) -> Option<(String, String)> {
    let service = &model["services"][service];
    let all = [&service["settings"], &service["topics"][0]["settings"]];
    all.into_iter()
        .flat_map(|settings| settings.as_array().unwrap())
        .find(|setting| setting["setting"] == name)
        .map(|setting| {
            let text = |key: &str| setting[key].as_str().unwrap().to_owned();
            (text("value"), text("from"))
        })
}

#[test]
fn the_environment_goes_over_all_else() {
    let file = File::with(
        "environment",
        "bootstrap_servers = \"file:9092\"\n\
         [many_things.alerts]\n\
         max_buffered = 70\n\
         concurrency = 3\n",
    );
    let output = in_environment(
        &file,
        &[
            ("KAFKA_BOOTSTRAP_SERVERS", "variable:9092"),
            ("KAFKA_MANY_THINGS__ALERTS__MAX_BUFFERED", "90"),
            ("KAFKA_MANY_THINGS__EVENTS__RETRY__ATTEMPTS", "4"),
            ("KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"),
            ("KAFKA_SASL_MECHANISM", "PLAIN"),
            ("KAFKA_SASL_USERNAME", "007"),
            ("KAFKA_SASL_PASSWORD", "hunter2"),
            ("KAFKA_PORT", "tcp://10.0.0.1:9092"),
        ],
    );
    let model = described(&output);
    let found = |service, name| found(&model, service, name);
    let variable = |value, name| pair(value, &format!("the environment variable {name}"));
    assert_eq!(
        found(0, "bootstrap_servers"),
        variable("variable:9092", "KAFKA_BOOTSTRAP_SERVERS")
    );
    assert_eq!(
        found(1, "max_buffered"),
        variable("90", "KAFKA_MANY_THINGS__ALERTS__MAX_BUFFERED")
    );
    assert_eq!(
        found(1, "concurrency"),
        pair("3", &format!("{}:4", file.0.display()))
    );
    assert_eq!(
        found(0, "retry(attempts)"),
        variable("4", "KAFKA_MANY_THINGS__EVENTS__RETRY__ATTEMPTS")
    );
    assert_eq!(
        found(0, "sasl_username"),
        variable("007", "KAFKA_SASL_USERNAME")
    );
    assert_eq!(
        found(0, "sasl_password"),
        variable("env(\"KAFKA_SASL_PASSWORD\")", "KAFKA_SASL_PASSWORD")
    );
    assert!(!output.contains("hunter2"), "{output}");
}

#[test]
fn a_mistake_in_a_variable_names_the_variable() {
    let file = File::with("variables", "bootstrap_servers = \"file:9092\"\n");
    let output = in_environment(
        &file,
        &[
            ("KAFKA_MANY_THINGS__ALERTS__MAX_BUFFERED", "many"),
            ("KAFKA_MANY_THINGS__EVENTS__CONCURENCY", "3"),
            ("KAFKA_SESION_TIMEOUT_MS", "30s"),
        ],
    );
    for expected in [
        "- the environment variable KAFKA_MANY_THINGS__ALERTS__MAX_BUFFERED: `max_buffered` is \"many\"",
        "- the environment variable KAFKA_MANY_THINGS__EVENTS__CONCURENCY: unknown setting `concurency`: did you mean \
         `concurrency`?",
        "- the environment variable KAFKA_SESION_TIMEOUT_MS: unknown setting `sesion_timeout_ms`: did you mean \
         `session_timeout_ms`?",
    ] {
        assert!(output.contains(expected), "{output}");
    }
}

#[test]
fn a_variable_with_the_name_of_a_model_takes_nothing_from_the_file() {
    let file = File::with(
        "table",
        "bootstrap_servers = \"file:9092\"\n\
         [many_things]\n\
         security_protocol = \"sasl_plaintext\"\n\
         sasl_mechanism = \"PLAIN\"\n\
         sasl_username = \"file\"\n\
         sasl_password = { env = \"MAIN_PASSWORD\" }\n",
    );
    let output = in_environment(&file, &[("KAFKA_MANY_THINGS", "x")]);
    let model = described(&output);
    let at = |line: u32| format!("{}:{line}", file.0.display());
    assert_eq!(
        found(&model, 0, "security_protocol"),
        pair("sasl_plaintext", &at(3))
    );
    assert_eq!(found(&model, 0, "sasl_username"), pair("file", &at(5)));
}

#[test]
fn a_text_and_the_file_of_it_cannot_both_be_given() {
    let file = File::with("both", "bootstrap_servers = \"file:9092\"\n");
    let output = in_environment(
        &file,
        &[
            ("KAFKA_SASL_PASSWORD", "hunter2"),
            ("KAFKA_SASL_PASSWORD_FILE", "/run/secrets/password"),
        ],
    );
    assert!(
        output.contains(
            "- the environment variables KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE both give `sasl_password`: \
             unset one of the two"
        ),
        "{output}"
    );
    assert!(!output.contains("hunter2"), "{output}");
}
