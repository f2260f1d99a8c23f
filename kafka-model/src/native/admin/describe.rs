//! What the cluster says of topics, groups and configs.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char};

use rdkafka::consumer::ConsumerContext;

use super::super::describe::{Allowed, TopicFacts, allowed, topics};
use super::super::sys;
use super::{Admin, AdminError, code, error, items, text};

/// One group, as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupFacts {
    pub(crate) group: String,
    /// What this client may do with it; `None` if the broker did not say.
    pub(crate) allowed: Option<Allowed>,
    pub(crate) error: Option<AdminError>,
}

/// The configs of one topic, as the cluster has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigFacts {
    pub(crate) topic: String,
    /// Kafka's names and values, defaults included.
    pub(crate) configs: Result<BTreeMap<String, String>, AdminError>,
}

/// The texts that C takes. A name with a NUL byte is none of Kafka's.
fn c_strings<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<CString> {
    names
        .into_iter()
        .filter_map(|name| CString::new(name).ok())
        .collect()
}

impl<C: ConsumerContext> Admin<'_, C> {
    /// What there is of `topics`, of which none may be there twice, and what may be done with them.
    pub(crate) fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicFacts>, AdminError> {
        let names = c_strings(names.iter().copied());
        let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            |rk, options, queue| {
                // SAFETY: the names live until the collection has copied them; client, options and queue are alive.
                // The collection is ours, and destroyed after its last use.
                unsafe {
                    let collection = sys::rd_kafka_TopicCollection_of_topic_names(
                        pointers.as_mut_ptr(),
                        pointers.len(),
                    );
                    sys::rd_kafka_DescribeTopics(rk, collection, options, queue);
                    sys::rd_kafka_TopicCollection_destroy(collection);
                }
            },
            // SAFETY: the event is alive, and nothing of it is kept.
            |event| unsafe { topics(event) },
        )
    }

    /// What there is of `groups`, of which none may be there twice, and what may be done with them.
    pub(crate) fn describe_groups(&self, names: &[&str]) -> Result<Vec<GroupFacts>, AdminError> {
        let names = c_strings(names.iter().copied());
        let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
            |rk, options, queue| {
                // SAFETY: the names live through the call, which copies them; client, options and queue are alive.
                unsafe {
                    sys::rd_kafka_DescribeConsumerGroups(
                        rk,
                        pointers.as_mut_ptr(),
                        pointers.len(),
                        options,
                        queue,
                    );
                }
            },
            |event| {
                let mut count = 0;
                // SAFETY: the event is alive and of this kind (null otherwise); what it gives lives as long, and
                // `count` is how many groups there are.
                unsafe {
                    let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event.as_ptr());
                    if result.is_null() {
                        return Vec::new();
                    }
                    let groups =
                        sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &raw mut count);
                    let groups = items(groups.cast_const(), count).into_iter();
                    groups
                        .filter_map(|group| {
                            let mut count = 0;
                            let operations =
                                sys::rd_kafka_ConsumerGroupDescription_authorized_operations(
                                    group,
                                    &raw mut count,
                                );
                            Some(GroupFacts {
                                group: text(sys::rd_kafka_ConsumerGroupDescription_group_id(
                                    group,
                                ))?,
                                allowed: allowed(operations, count),
                                error: error(sys::rd_kafka_ConsumerGroupDescription_error(group)),
                            })
                        })
                        .collect()
                }
            },
        )
    }

    /// The configs of `topics`, of which none may be there twice.
    pub(crate) fn describe_configs(&self, topics: &[&str]) -> Result<Vec<ConfigFacts>, AdminError> {
        let mut resources = Resources::of(topics.iter().copied());
        self.request(
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
            |rk, options, queue| {
                // SAFETY: the resources live through the call, which copies them; client, options and queue are
                // alive.
                unsafe {
                    sys::rd_kafka_DescribeConfigs(
                        rk,
                        resources.0.as_mut_ptr(),
                        resources.0.len(),
                        options,
                        queue,
                    );
                }
            },
            |event| {
                let mut count = 0;
                // SAFETY: the event is alive and of this kind (null otherwise); what it gives lives as long, and
                // each count is how many items there are.
                unsafe {
                    let result = sys::rd_kafka_event_DescribeConfigs_result(event.as_ptr());
                    if result.is_null() {
                        return Vec::new();
                    }
                    let resources =
                        sys::rd_kafka_DescribeConfigs_result_resources(result, &raw mut count);
                    let resources = items(resources.cast_const(), count).into_iter();
                    resources
                        .filter_map(|resource| {
                            let topic = text(sys::rd_kafka_ConfigResource_name(resource))?;
                            let configs = match resource_error(resource) {
                                Some(error) => Err(error),
                                None => Ok(configs(resource)),
                            };
                            Some(ConfigFacts { topic, configs })
                        })
                        .collect()
                }
            },
        )
    }
}

/// Topics as resources whose configs are asked for or altered, destroyed on drop.
pub(super) struct Resources(pub(super) Vec<*mut sys::rd_kafka_ConfigResource_t>);

impl Resources {
    pub(super) fn of<'n>(topics: impl IntoIterator<Item = &'n str>) -> Self {
        let resources = c_strings(topics).into_iter().map(|topic| {
            // SAFETY: the name is a C string, which is copied.
            unsafe {
                sys::rd_kafka_ConfigResource_new(
                    sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
                    topic.as_ptr(),
                )
            }
        });
        Self(resources.filter(|resource| !resource.is_null()).collect())
    }
}

impl Drop for Resources {
    fn drop(&mut self) {
        for resource in &self.0 {
            // SAFETY: they are ours, and this is their only owner.
            unsafe { sys::rd_kafka_ConfigResource_destroy(*resource) }
        }
    }
}

/// Why a resource was refused, if it was.
///
/// # Safety
/// The resource must be alive.
pub(super) unsafe fn resource_error(
    resource: *const sys::rd_kafka_ConfigResource_t,
) -> Option<AdminError> {
    // SAFETY: the resource is alive, and its text lives as long.
    unsafe {
        let code = code(sys::rd_kafka_ConfigResource_error(resource))?;
        let reason = text(sys::rd_kafka_ConfigResource_error_string(resource));
        Some(AdminError {
            code: Some(code),
            reason: reason.unwrap_or_else(|| code.to_string()),
        })
    }
}

/// # Safety
/// The resource must be alive.
unsafe fn configs(resource: *const sys::rd_kafka_ConfigResource_t) -> BTreeMap<String, String> {
    let mut count = 0;
    // SAFETY: the resource is alive, and so are its entries and their texts; `count` is how many there are.
    unsafe {
        let entries = sys::rd_kafka_ConfigResource_configs(resource, &raw mut count);
        items(entries.cast_const(), count)
            .into_iter()
            .filter_map(|entry| {
                let name = text(sys::rd_kafka_ConfigEntry_name(entry))?;
                Some((name, text(sys::rd_kafka_ConfigEntry_value(entry))?))
            })
            .collect()
    }
}
