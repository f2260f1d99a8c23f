//! Groups that are only known at start.

use kafka_model::{Kafka, KafkaModel};

use crate::{File, ManyThings};

#[test]
fn a_group_that_two_fields_get_by_overrides_says_from_where() {
    let file = File::with(
        "groups",
        "[many_things.audit]\ngroup_id = \"same\"\n[many_things.alerts]\ngroup_id = \"same\"\n",
    );
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .settings_file(&file.0)
        .build();
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert_eq!(
        file.shorten(&error),
        "the model `ManyThings` cannot be registered:\n  \
         - ManyThings: `alerts` and `audit` have consumers of their own, but the same group_id = \"same\": each dedicated \
         consumer needs a group of its own (group_id of `alerts` comes from kafka.toml:4; group_id of `audit` comes from \
         kafka.toml:2)"
    );
    let kafka = Kafka::builder()
        .bootstrap_servers("main:9092")
        .set("many_things.group_id", "overrides-audit")
        .build();
    let here = line!() - 2;
    let error = ManyThings::describe(&kafka).unwrap_err().to_string();
    assert!(
        error.ends_with(&format!(
            "(group_id of the shared consumer comes from {}:{here})",
            file!()
        )),
        "{error}"
    );
}
