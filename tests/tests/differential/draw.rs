//! Drawing configurations.

use kafka_model_core::setting::{SPECS, Written, look_up};
use kafka_model_core::{Feature, Features, Kind, Side, Source, Spec, Standing, Unit};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

/// One setting, as an attribute would spell it and as librdkafka would be told.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: &'static str,
    pub written: Spelling,
    pub native: String,
}

/// A [`Written`] that owns its text.
#[derive(Clone, Debug)]
pub enum Spelling {
    Bool(bool),
    Int(i128),
    Str(String),
    Env,
}

impl Spelling {
    pub fn as_written(&self) -> Written<'_> {
        match self {
            Self::Bool(flag) => Written::Bool(*flag),
            Self::Int(number) => Written::Int(*number),
            Self::Str(text) => Written::Str(text),
            Self::Env => Written::From(Source::env("NAME")),
        }
    }
}

impl Draft {
    pub fn spec(&self) -> &'static Spec {
        look_up(self.name).expect("a name of the table")
    }
}

/// Settings that rules relate to each other.
const THEMES: &[&[&str]] = &[
    &[
        "session_timeout_ms",
        "max_poll_interval_ms",
        "heartbeat_interval_ms",
    ],
    &[
        "group_protocol",
        "session_timeout_ms",
        "max_poll_interval_ms",
        "heartbeat_interval_ms",
        "partition_assignment_strategy",
        "group_remote_assignor",
    ],
    &[
        "fetch_max_bytes",
        "message_max_bytes",
        "receive_message_max_bytes",
        "queued_max_messages_kbytes",
    ],
    &["reconnect_backoff_ms", "reconnect_backoff_max_ms"],
    &[
        "retry_backoff_ms",
        "retry_backoff_max_ms",
        "topic_metadata_refresh_fast_interval_ms",
    ],
    &["fetch_wait_max_ms", "socket_timeout_ms"],
    &[
        "security_protocol",
        "sasl_mechanism",
        "sasl_username",
        "sasl_password",
    ],
    &[
        "security_protocol",
        "sasl_mechanism",
        "sasl_username",
        "sasl_password",
        "enable_sasl_oauthbearer_unsecure_jwt",
        "sasl_oauthbearer_config",
        "sasl_kerberos_service_name",
        "ssl_ca_location",
        "ssl_endpoint_identification_algorithm",
    ],
    &["topic_blacklist", "debug", "check_crcs"],
    &["bootstrap_servers", "client_id", "group_id", "client_rack"],
    &[
        "partition_assignment_strategy",
        "debug",
        "metadata_broker_list",
    ],
];

/// Numbers at which rules change their mind.
const PIVOTS: &[i64] = &[
    0,
    1,
    100,
    500,
    1_000,
    1_500,
    3_000,
    6_000,
    10_000,
    45_000,
    60_000,
    300_000,
    1_000_000,
    52_428_800,
    52_429_312,
    100_000_000,
    65_536,
    51_200,
    976,
];

/// A configuration: settings of the whole table, each at most once.
pub fn configuration(features: Features) -> impl Strategy<Value = Vec<Draft>> {
    let all: Vec<_> = SPECS
        .iter()
        .filter(|spec| is_drawn(spec, features))
        .collect();
    let few = proptest::collection::vec(any::<Index>(), 0..=4).prop_map(move |indices| {
        indices
            .iter()
            .map(|index| *index.get(&all))
            .collect::<Vec<_>>()
    });
    let themes = select(THEMES)
        .prop_flat_map(|theme| subsequence(theme.to_vec(), 1..=theme.len()))
        .prop_map(move |names| {
            let specs = names
                .into_iter()
                .map(|name| look_up(name).expect("a name of the table"));
            specs
                .filter(|spec| is_drawn(spec, features))
                .collect::<Vec<_>>()
        });
    let mixed = (themes.clone(), few.clone()).prop_map(|(these, those)| [these, those].concat());
    // Half of all draws leave mistakes aside, or else hardly anything would ever be accepted.
    (
        prop_oneof![3 => themes, 2 => few, 1 => mixed],
        any::<bool>(),
    )
        .prop_flat_map(move |(mut specs, tame)| {
            if tame {
                specs.retain(|spec| spec.feature.is_none_or(|feature| features.has(feature)));
            }
            let mut seen = Vec::new();
            specs.retain(|spec| {
                let first = !seen.contains(&spec.canonical());
                seen.push(spec.canonical());
                first
            });
            specs
                .into_iter()
                .map(|spec| draft(spec, tame, features))
                .collect::<Vec<_>>()
        })
}

/// What a consumer takes, and an attribute may give.
fn is_drawn(spec: &Spec, features: Features) -> bool {
    let open = matches!(spec.standing, Standing::Open | Standing::Alias(_));
    let ours = matches!(spec.side, Side::Client | Side::Consumer);
    let reads_files = features.ssl
        && spec.kind == Kind::Text
        && matches!(spec.feature, Some(Feature::Ssl | Feature::Gssapi));
    open && ours && !reads_files
}

fn draft(spec: &'static Spec, tame: bool, features: Features) -> BoxedStrategy<Draft> {
    let name = spec.name;
    let value = match spec.kind {
        Kind::Bool => any::<bool>()
            .prop_map(|flag| (Spelling::Bool(flag), flag.to_string()))
            .boxed(),
        Kind::Int { min, max, unit } => int(min, max, unit, tame),
        Kind::Choice(choices) => {
            let taken = |feature: Option<Feature>| {
                !tame || feature.is_none_or(|feature| features.has(feature))
            };
            let names = choices
                .iter()
                .filter(|choice| taken(choice.feature))
                .map(|choice| choice.name.to_owned());
            let names: Vec<_> = names.collect();
            choice(names, tame)
        }
        Kind::Flags(flags) => flag_list(flags, tame),
        Kind::Patterns => pattern_list(tame),
        Kind::Text if spec.is_secret() => Just((Spelling::Env, "secret".to_owned())).boxed(),
        Kind::Text => text(spec, tame),
        Kind::Float { .. }
        | Kind::Topic
        | Kind::Backoff
        | Kind::Delays
        | Kind::Limit
        | Kind::Callback => unreachable!("no consumer takes {name}"),
    };
    let value = if tame {
        value
    } else {
        prop_oneof![15 => value, 1 => wrong_type(spec)].boxed()
    };
    value
        .prop_map(move |(written, native)| Draft {
            name,
            written,
            native,
        })
        .boxed()
}

type Value = (Spelling, String);

fn plain(text: impl Into<String>) -> Value {
    let text = text.into();
    (Spelling::Str(text.clone()), text)
}

fn int(min: i64, max: i64, unit: Unit, tame: bool) -> BoxedStrategy<Value> {
    let near = (
        select(PIVOTS),
        -1_i64..=1,
        select(&[0, 511, 512, 513, -512, 1_000][..]),
    )
        .prop_map(|(pivot, step, gap)| pivot + step + gap);
    let edge = select(vec![min, max, min + 1, max - 1]);
    let past = select(vec![
        min - 1,
        max + 1,
        min - 1_000,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
    ]);
    let number = if tame {
        prop_oneof![4 => near.prop_map(move |n| n.clamp(min, max)), 1 => min..=max, 2 => edge]
            .boxed()
    } else {
        prop_oneof![4 => near, 2 => min..=max, 3 => edge, 2 => past].boxed()
    };
    (number, any::<u8>())
        .prop_map(move |(number, roll)| spell(number, unit, roll))
        .boxed()
}

/// `number` plain, or in a unit that makes it whole.
fn spell(number: i64, unit: Unit, roll: u8) -> Value {
    let units: &[(&str, i64)] = match unit {
        Unit::Plain => &[],
        Unit::Millis => &[("ms", 1), ("s", 1_000), ("m", 60_000)],
        Unit::Seconds => &[("s", 1), ("m", 60)],
        Unit::Bytes => &[("B", 1), ("kB", 1_000), ("KiB", 1 << 10), ("MiB", 1 << 20)],
        Unit::Kibibytes => &[("KiB", 1), ("MiB", 1 << 10)],
    };
    let fits: Vec<_> = units
        .iter()
        .filter(|(_, factor)| number % factor == 0)
        .collect();
    let written = match fits.get(usize::from(roll) % (2 * fits.len() + 1)) {
        Some((suffix, factor)) => Spelling::Str(format!("{}{suffix}", number / factor)),
        None => Spelling::Int(number.into()),
    };
    (written, number.to_string())
}

fn choice(names: Vec<String>, tame: bool) -> BoxedStrategy<Value> {
    let good = select(names.clone());
    if tame {
        return good.prop_map(plain).boxed();
    }
    let cased = select(names.clone()).prop_map(|name| name.to_uppercase());
    let wrong = select(names)
        .prop_flat_map(|name| select(vec![format!("{name}x"), String::new(), "other".into()]));
    prop_oneof![6 => good, 1 => cased, 2 => wrong]
        .prop_map(plain)
        .boxed()
}

fn flag_list(flags: &'static [&'static str], tame: bool) -> BoxedStrategy<Value> {
    let separators: &[&str] = if tame {
        &[",", ", "]
    } else {
        &[",", ", ", ",,", " ,"]
    };
    let extra: &[&str] = if tame {
        &[""]
    } else {
        &[
            "", "", ",", " ", ",other", ",RANGE", ",BROKER", ",+all", ",-msg",
        ]
    };
    (
        subsequence(flags, 1..=flags.len().min(4)).prop_shuffle(),
        select(separators),
        select(extra),
    )
        .prop_map(|(items, separator, extra)| plain(items.join(separator) + extra))
        .boxed()
}

fn pattern_list(tame: bool) -> BoxedStrategy<Value> {
    let good = select(
        &[
            "^internal-.*$",
            "a,b",
            "^(a|b)+$",
            "[a-z0-9_.-]+",
            "[]a]",
            "a{2}",
            "a\\.b",
        ][..],
    );
    if tame {
        return good.prop_map(plain).boxed();
    }
    let bad = select(
        &[
            "(a",
            "[a",
            "a{2,3}",
            "a\\",
            "[z-a]",
            "[[:foo:]]",
            "(",
            "a,(b",
            "*",
        ][..],
    );
    let noise = "[ab\\[\\](){}*+?|^$.,\\\\0-9-]{1,8}";
    prop_oneof![2 => good.prop_map(plain), 1 => bad.prop_map(plain), 3 => noise.prop_map(plain)]
        .boxed()
}

fn text(spec: &'static Spec, tame: bool) -> BoxedStrategy<Value> {
    if spec.canonical() == kafka_model_core::Setting::BootstrapServers {
        // Addresses only: resolving a name can take longer than everything else.
        let good =
            select(&["127.0.0.1:1", "127.0.0.1:1, [::1]:1", "127.0.0.1"][..]).prop_map(plain);
        let odd = select(
            &[
                "127.0.0.1:1,,127.0.0.1:2",
                "ssl://127.0.0.1:1",
                "127.0.0.1:0",
                "127.0.0.1:x",
            ][..],
        );
        return if tame {
            good.boxed()
        } else {
            prop_oneof![2 => good, 1 => odd.prop_map(plain)].boxed()
        };
    }
    let good =
        select(&["a", "some-text", "A b", "ü", "1", " padded", "a,b", "%{x}"][..]).prop_map(plain);
    let env = Just((Spelling::Env, "from the environment".to_owned()));
    let odd = select(&["", " ", "\t"][..]).prop_map(plain);
    if tame {
        good.boxed()
    } else {
        prop_oneof![5 => good, 1 => env, 1 => odd].boxed()
    }
}

/// A value of another type, as librdkafka would see it.
fn wrong_type(spec: &'static Spec) -> BoxedStrategy<Value> {
    if matches!(spec.kind, Kind::Text | Kind::Patterns) {
        // To librdkafka, everything is a text.
        return prop_oneof![
            any::<i16>().prop_map(|number| (Spelling::Int(number.into()), number.to_string())),
            any::<bool>().prop_map(|flag| (Spelling::Bool(flag), flag.to_string())),
        ]
        .boxed();
    }
    let text = select(&["", "abc", "true", "1.5", "none-such"][..]).prop_map(plain);
    let number = any::<i8>().prop_map(|number| (Spelling::Int(number.into()), number.to_string()));
    let flag = any::<bool>().prop_map(|flag| (Spelling::Bool(flag), flag.to_string()));
    match spec.kind {
        Kind::Bool => prop_oneof![text, number].boxed(),
        Kind::Int { .. } => prop_oneof![text, flag].boxed(),
        _ => prop_oneof![number, flag].boxed(),
    }
}
