//! What is needed, held against what the cluster says: a pure function.

use super::look::{Facts, GroupFact, TopicFact};
use super::needs::{Cluster, TopicNeed};
use super::report::{CheckProblem, CheckReport, CheckedTopic, Operation, Resource};
use super::spec::{TopicDifference, TopicPurpose};

/// What `facts` mean for those who need `cluster`.
pub(super) fn judge(cluster: &Cluster, facts: &Facts) -> CheckReport {
    let mut report = CheckReport::default();
    if let Some(error) = &facts.unreachable {
        report.problem(CheckProblem::Unreachable {
            services: cluster.services(),
            reason: error.to_string(),
        });
        return report;
    }
    for need in &cluster.groups {
        let allowed = match facts.groups.get(&need.group) {
            Some(GroupFact::Hidden) => Some(false),
            Some(GroupFact::Known(allowed)) => *allowed,
            Some(GroupFact::Unknown(reason)) => {
                let what = format!("what is allowed on the group `{}`", need.group);
                report.not_checked_is(what, reason.clone());
                continue;
            }
            // It is said why no group was answered for.
            None => continue,
        };
        match allowed {
            Some(true) => {}
            Some(false) => report.problem(CheckProblem::NotAllowed {
                service: need.service.clone(),
                operation: Operation::Read,
                resource: Resource::Group,
                name: need.group.clone(),
            }),
            None => {
                let what = format!("what is allowed on the group `{}`", need.group);
                report.not_checked_is(what, "the broker does not say".to_owned());
            }
        }
    }
    for need in &cluster.topics {
        topic(need, facts, &mut report);
    }
    for (what, reason) in &facts.unanswered {
        report.not_checked_is(what.clone(), reason.clone());
    }
    report
}

fn topic(need: &TopicNeed, facts: &Facts, report: &mut CheckReport) {
    let refuse = |operation| CheckProblem::NotAllowed {
        service: need.service.clone(),
        operation,
        resource: Resource::Topic,
        name: need.topic.clone(),
    };
    match facts.topics.get(&need.topic) {
        Some(TopicFact::Missing) => report.problem(CheckProblem::Missing {
            service: need.service.clone(),
            topic: need.topic.clone(),
            purpose: need.purpose,
        }),
        // Who may read or write may see it, too.
        Some(TopicFact::Hidden) => {
            if need.read {
                report.problem(refuse(Operation::Read));
            }
            if need.write {
                report.problem(refuse(Operation::Write));
            }
        }
        Some(TopicFact::Exists {
            partitions,
            replication,
            allowed,
        }) => {
            if let Some(allowed) = allowed {
                if need.read && !allowed.read {
                    report.problem(refuse(Operation::Read));
                }
                if need.write && !allowed.write {
                    report.problem(refuse(Operation::Write));
                }
            }
            report.topic(CheckedTopic {
                topic: need.topic.clone(),
                field: need.field.clone(),
                purpose: need.purpose,
                partitions: *partitions,
            });
            let configs = facts.configs.get(&need.topic);
            if matches!(
                need.purpose,
                TopicPurpose::Consumed | TopicPurpose::Published
            ) {
                for difference in need.spec.differences(*partitions, *replication, configs) {
                    report.difference(TopicDifference {
                        topic: need.topic.clone(),
                        field: need.field.clone(),
                        difference,
                    });
                }
            }
            if let Some(configs) = configs {
                keeps(need, configs, report);
            }
        }
        Some(TopicFact::Unknown(reason)) => {
            let what = format!("the topic `{}`", need.topic);
            report.not_checked_is(what, reason.clone());
        }
        None => {
            let what = format!("the topic `{}`", need.topic);
            report.not_checked_is(what, "the cluster did not answer for it".to_owned());
        }
    }
}

/// Whether a retry topic keeps its records for long enough, and all of them.
fn keeps(
    need: &TopicNeed,
    configs: &std::collections::BTreeMap<String, String>,
    report: &mut CheckReport,
) {
    let Some(delay) = need.delay else {
        return;
    };
    let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    let policy = configs.get("cleanup.policy").map_or("", String::as_str);
    if policy.contains("compact") {
        report.problem(CheckProblem::Compacted {
            service: need.service.clone(),
            topic: need.topic.clone(),
            purpose: need.purpose,
        });
    }
    let retention = configs
        .get("retention.ms")
        .and_then(|text| text.parse().ok());
    if let Some(retention_ms) = retention
        && (0..=delay_ms).contains(&retention_ms)
        && policy.contains("delete")
    {
        report.problem(CheckProblem::RetentionTooShort {
            service: need.service.clone(),
            topic: need.topic.clone(),
            retention_ms,
            delay_ms,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use kafka_model_core::Effective;

    use super::super::needs::GroupNeed;
    use super::super::spec::TopicSpec;
    use super::*;
    use crate::error::ServiceError;
    use crate::native::Allowed;

    fn need(topic: &str, purpose: TopicPurpose) -> TopicNeed {
        TopicNeed {
            topic: topic.to_owned(),
            service: "Shop.shared".to_owned(),
            field: "Shop.orders".to_owned(),
            purpose,
            read: purpose != TopicPurpose::DeadLetter,
            write: purpose != TopicPurpose::Consumed,
            delay: (purpose == TopicPurpose::Retry).then(|| Duration::from_secs(60)),
            spec: TopicSpec::default(),
        }
    }

    fn cluster() -> Cluster {
        Cluster {
            settings: Effective::empty(),
            brokers: "localhost:9092".to_owned(),
            topics: vec![
                need("orders", TopicPurpose::Consumed),
                need("orders-retry", TopicPurpose::Retry),
                need("orders-dead", TopicPurpose::DeadLetter),
            ],
            groups: vec![GroupNeed {
                group: "shop".to_owned(),
                service: "Shop.shared".to_owned(),
            }],
        }
    }

    const ALL: Option<Allowed> = Some(Allowed {
        read: true,
        write: true,
    });
    const READ: Option<Allowed> = Some(Allowed {
        read: true,
        write: false,
    });

    fn exists(partitions: usize, allowed: Option<Allowed>) -> TopicFact {
        TopicFact::Exists {
            partitions,
            replication: Some(3),
            allowed,
        }
    }

    fn configs(retention: &str, policy: &str) -> BTreeMap<String, String> {
        [("retention.ms", retention), ("cleanup.policy", policy)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn facts(topics: [TopicFact; 3], group: GroupFact) -> Facts {
        let names = ["orders", "orders-retry", "orders-dead"].map(str::to_owned);
        Facts {
            topics: names.into_iter().zip(topics).collect(),
            groups: [("shop".to_owned(), group)].into(),
            configs: [("orders-retry".to_owned(), configs("604800000", "delete"))].into(),
            ..Facts::default()
        }
    }

    fn texts<T: ToString>(items: &[T]) -> Vec<String> {
        items.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_there_and_allowed_is_no_problem() {
        let topics = [exists(6, READ), exists(6, ALL), exists(6, ALL)];
        let report = judge(&cluster(), &facts(topics, GroupFact::Known(Some(true))));
        assert!(
            report.is_ok() && report.not_checked().is_empty(),
            "{report}"
        );
        assert_eq!(report.to_string(), "no problem; 3 topics found");
    }

    #[test]
    fn all_problems_are_in_one_report() {
        let topics = [TopicFact::Hidden, exists(6, READ), TopicFact::Missing];
        let mut facts = facts(topics, GroupFact::Hidden);
        let short = configs("60000", "compact,delete");
        facts.configs = [("orders-retry".to_owned(), short)].into();
        let report = judge(&cluster(), &facts);
        assert_eq!(
            texts(report.problems()),
            [
                "Shop.shared: its user is not allowed to be a member of the group `shop`: grant READ on the group",
                "Shop.shared: its user is not allowed to read the topic `orders`: grant READ on the topic",
                "Shop.shared: its user is not allowed to write to the topic `orders-retry`: grant WRITE on the topic",
                "Shop.shared: the retry topic `orders-retry` is compacted, so it keeps the last record of each key \
                 only, and takes none without a key: set its cleanup.policy to delete",
                "Shop.shared: the retry topic `orders-retry` deletes its records after 60000 ms, but they wait in it \
                 for 60000 ms: raise its retention.ms, for instance to 120000",
                "Shop.shared: the dead-letter topic `orders-dead` does not exist: create it, or have it created \
                 (`Kafka::plan_topics`)",
            ]
        );
        assert!(
            report
                .to_string()
                .starts_with("6 problems:\n  - Shop.shared")
        );
    }

    #[test]
    fn who_may_only_write_may_not_read() {
        let write = Some(Allowed {
            read: false,
            write: true,
        });
        let topics = [exists(1, write), exists(1, write), exists(1, write)];
        let report = judge(&cluster(), &facts(topics, GroupFact::Known(Some(false))));
        let refused: Vec<_> = report
            .problems()
            .iter()
            .map(|problem| match problem {
                CheckProblem::NotAllowed {
                    operation, name, ..
                } => (*operation, name.as_str()),
                other => panic!("{other}"),
            })
            .collect();
        let read = Operation::Read;
        assert_eq!(
            refused,
            [(read, "shop"), (read, "orders"), (read, "orders-retry")]
        );
    }

    #[test]
    fn what_the_cluster_does_not_say_is_not_checked_and_no_problem() {
        let topics = [
            exists(6, None),
            TopicFact::Unknown("busy".to_owned()),
            exists(6, None),
        ];
        let mut facts = facts(topics, GroupFact::Known(None));
        facts.topics.remove("orders-dead");
        facts.unanswered = vec![("the configs of topics".to_owned(), "no answer".to_owned())];
        let report = judge(&cluster(), &facts);
        assert!(report.is_ok(), "{report}");
        assert_eq!(
            texts(report.not_checked()),
            [
                "what is allowed on the group `shop`: the broker does not say",
                "the topic `orders-retry`: busy",
                "the topic `orders-dead`: the cluster did not answer for it",
                "the configs of topics: no answer",
            ]
        );
    }

    #[test]
    fn another_number_of_partitions_is_a_difference_and_no_problem() {
        let mut cluster = cluster();
        cluster.topics[0].spec.partitions = Some(12);
        // Of a retry topic, nothing was declared.
        cluster.topics[1].spec.partitions = Some(12);
        let topics = [exists(6, ALL), exists(6, ALL), exists(6, ALL)];
        let report = judge(&cluster, &facts(topics, GroupFact::Known(Some(true))));
        assert!(report.is_ok(), "{report}");
        assert_eq!(
            report.to_string(),
            "no problem; 3 topics found\nnot as declared:\n  - `orders` (Shop.orders): partitions: 6, declared 12"
        );
    }

    #[test]
    fn a_cluster_that_is_not_reached_is_one_problem_of_all_who_need_it() {
        let error = ServiceError::Client {
            reason: "nobody there".to_owned(),
        };
        let facts = Facts {
            unreachable: Some(error),
            ..Facts::default()
        };
        let report = judge(&cluster(), &facts);
        assert_eq!(texts(report.problems()), ["Shop.shared: nobody there"]);
        assert_eq!(report.problems()[0].service(), "Shop.shared");
    }

    #[test]
    fn a_report_is_data_too() {
        let topics = [TopicFact::Missing, exists(6, ALL), exists(6, ALL)];
        let report = judge(&cluster(), &facts(topics, GroupFact::Known(Some(true))));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["problems"][0]["problem"], "missing");
        assert_eq!(json["problems"][0]["topic"], "orders");
        assert_eq!(json["topics"][0]["purpose"], "retry");
    }
}
