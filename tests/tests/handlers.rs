//! Handlers of all shapes, and what they see of a record.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use kafka_model::{
    Handler, IntoOutcome, Kafka, KafkaMessage, KafkaModel, Outcome, Payload, Record, Timestamp,
    Topic,
};
use kafka_model_tests::{Broker, RawRecord, capture_logs, soon};
use serde::{Deserialize, Serialize};

/// The message types: one for each shape, each on a topic of its own.
macro_rules! messages {
    ($($name:ident = $topic:tt),* $(,)?) => {$(
        #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = $topic)]
        struct $name {
            id: u64,
        }
    )*};
}

messages! {
    Plain = "handlers-plain",
    Recorded = "handlers-recorded",
    AsyncClosure = "handlers-async-closure",
    Cloning = "handlers-cloning",
    Struct = "handlers-struct",
    Shared = "handlers-shared",
    Optional = "handlers-optional",
    OptionalRecord = "handlers-optional-record",
    Unit = "handlers-unit",
    Result1 = "handlers-result-string",
    Result2 = "handlers-result-io",
    Result3 = "handlers-result-boxed",
    Result4 = "handlers-result-enum",
    Result5 = "handlers-result-str",
    Outcomes = "handlers-outcomes",
    Own = "handlers-own-outcome",
}

#[derive(KafkaModel)]
#[kafka(group_id = "handlers", on_failure = "skip")]
struct Shapes {
    plain: Topic<Plain>,
    recorded: Topic<Recorded>,
    async_closure: Topic<AsyncClosure>,
    cloning: Topic<Cloning>,
    strukt: Topic<Struct>,
    shared: Topic<Shared>,
    optional: Topic<Optional>,
    optional_record: Topic<OptionalRecord>,
    unit: Topic<Unit>,
    result1: Topic<Result1>,
    result2: Topic<Result2>,
    result3: Topic<Result3>,
    result4: Topic<Result4>,
    result5: Topic<Result5>,
    outcomes: Topic<Outcomes>,
    own: Topic<Own>,
}

static PLAIN: AtomicU64 = AtomicU64::new(0);

async fn plain(event: Plain) {
    PLAIN.fetch_add(event.id, Ordering::SeqCst);
}

async fn recorded(event: Record<Recorded>) -> Result<(), fmt::Error> {
    assert_eq!(event.topic(), "handlers-recorded");
    PLAIN.fetch_add(event.value().id, Ordering::SeqCst);
    Ok(())
}

/// A handler with state and lifetimes of its own.
struct Store {
    sum: AtomicU64,
}

impl Handler<Struct> for Store {
    type Argument = Record<Struct>;

    async fn handle(&self, event: Record<Struct>) -> Outcome {
        let sum = &self.sum;
        tokio::task::yield_now().await;
        sum.fetch_add(event.id, Ordering::SeqCst);
        Outcome::Ack
    }
}

impl Handler<Shared> for Store {
    type Argument = Shared;

    fn handle(&self, event: Shared) -> impl Future<Output = Outcome> + Send {
        self.sum.fetch_add(event.id, Ordering::SeqCst);
        ready(Outcome::Ack)
    }
}

#[derive(Debug)]
enum Problem {
    NotFound { id: u64, source: io::Error },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NotFound { id, .. } = self;
        write!(f, "{id} was not found")
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let Self::NotFound { source, .. } = self;
        Some(source)
    }
}

/// Something of the user's own to return.
enum Verdict {
    Good,
    Bad,
}

impl IntoOutcome for Verdict {
    fn into_outcome(self) -> Outcome {
        match self {
            Self::Good => Outcome::Ack,
            Self::Bad => Outcome::fail("bad"),
        }
    }
}

fn unit(_: Unit) -> Ready<()> {
    ready(())
}

/// Every shape compiles without a type written down that could be inferred, runs, and has its failures counted.
#[tokio::test(flavor = "multi_thread")]
async fn every_shape_is_a_handler() {
    let logs = capture_logs();
    let names = [
        "plain",
        "recorded",
        "async-closure",
        "cloning",
        "struct",
        "shared",
        "optional",
        "optional-record",
        "unit",
        "result-string",
        "result-io",
        "result-boxed",
        "result-enum",
        "result-str",
        "outcomes",
        "own-outcome",
    ];
    let topics: Vec<String> = names
        .iter()
        .map(|name| format!("handlers-{name}"))
        .collect();
    let created: Vec<_> = topics.iter().map(|topic| (topic.as_str(), 1)).collect();
    let broker = Broker::with(&created).await;
    let plain_client = broker.plain();
    for topic in &topics {
        // An odd id is a failure, where there are any.
        plain_client.produce(
            topic,
            [2, 3].map(|id| RawRecord::of(0, format!("{{\"id\":{id}}}"))),
        );
    }

    let kafka = broker.kafka();
    let shapes = Shapes::register_all(&kafka).unwrap();
    let sum = Arc::new(AtomicU64::new(0));
    let store = || Store {
        sum: AtomicU64::new(0),
    };
    shapes.plain.handle(plain).unwrap();
    shapes.recorded.handle(recorded).unwrap();
    shapes
        .async_closure
        .handle(async |event: AsyncClosure| {
            tokio::task::yield_now().await;
            if event.id == 3 { Err("three") } else { Ok(()) }
        })
        .unwrap();
    let added = Arc::clone(&sum);
    shapes
        .cloning
        .handle(move |event: Record<Cloning>| {
            let added = Arc::clone(&added);
            async move {
                tokio::task::yield_now().await;
                added.fetch_add(event.id, Ordering::SeqCst);
                Ok::<_, io::Error>(())
            }
        })
        .unwrap();
    shapes.strukt.handle(store()).unwrap();
    shapes.shared.handle(store()).unwrap();
    shapes
        .optional
        .handle(async |event: Option<Optional>| assert!(event.is_some()))
        .unwrap();
    shapes
        .optional_record
        .handle(async |event: Record<Option<OptionalRecord>>| {
            let value = event.value().as_ref().ok_or("a tombstone")?;
            if value.id == 3 { Err("three") } else { Ok(()) }
        })
        .unwrap();
    shapes.unit.handle(unit).unwrap();
    shapes
        .result1
        .handle(async |event: Result1| {
            if event.id == 3 {
                Err("three".to_owned())
            } else {
                Ok(())
            }
        })
        .unwrap();
    shapes
        .result2
        .handle(async |event: Result2| {
            if event.id == 3 {
                Err(io::Error::other("three"))
            } else {
                Ok(())
            }
        })
        .unwrap();
    shapes
        .result3
        .handle(
            async |event: Result3| -> Result<(), Box<dyn Error + Send + Sync>> {
                let _: u64 = if event.id == 3 {
                    "three".parse()?
                } else {
                    event.id
                };
                Ok(())
            },
        )
        .unwrap();
    shapes
        .result4
        .handle(async |event: Result4| match event.id {
            3 => Err(Problem::NotFound {
                id: 3,
                source: io::Error::other("no such row"),
            }),
            _ => Ok(()),
        })
        .unwrap();
    shapes
        .result5
        .handle(|event: Result5| ready(if event.id == 3 { Err("three") } else { Ok(()) }))
        .unwrap();
    shapes
        .outcomes
        .handle(async |event: Outcomes| {
            if event.id == 3 {
                Outcome::fail(io::Error::other("three"))
            } else {
                Outcome::Ack
            }
        })
        .unwrap();
    shapes
        .own
        .handle(async |event: Own| {
            if event.id == 3 {
                Verdict::Bad
            } else {
                Verdict::Good
            }
        })
        .unwrap();

    let running = kafka.start().await.unwrap();
    let done = |kafka: &Kafka| -> BTreeMap<String, (u64, u64)> {
        kafka
            .status()
            .topics()
            .map(|topic| (topic.topic.clone(), (topic.handled, topic.failed)))
            .collect()
    };
    soon("two of each", || {
        done(&kafka)
            .values()
            .all(|(handled, failed)| handled + failed == 2)
    })
    .await;
    let fails = [
        ("handlers-async-closure", "the handler failed: three"),
        ("handlers-optional-record", "the handler failed: three"),
        ("handlers-result-string", "the handler failed: three"),
        ("handlers-result-io", "the handler failed: three"),
        (
            "handlers-result-boxed",
            "the handler failed: invalid digit found in string",
        ),
        // With what caused it.
        (
            "handlers-result-enum",
            "the handler failed: 3 was not found: no such row",
        ),
        ("handlers-result-str", "the handler failed: three"),
        ("handlers-outcomes", "the handler failed: three"),
        ("handlers-own-outcome", "the handler failed: bad"),
    ];
    let failing: BTreeMap<_, _> = fails.into_iter().collect();
    for (topic, counts) in done(&kafka) {
        match failing.get(topic.as_str()) {
            Some(reason) => {
                assert_eq!(counts, (1, 1), "{topic}");
                let lines = logs.lines(&[
                    &format!("topic={topic} "),
                    "offset=1",
                    reason,
                    "record skipped",
                ]);
                assert_eq!(lines.len(), 1, "{topic}");
            }
            None => assert_eq!(counts, (2, 0), "{topic}"),
        }
    }
    assert_eq!(PLAIN.load(Ordering::SeqCst), 10);
    assert_eq!(sum.load(Ordering::SeqCst), 5);
    assert!(running.shutdown().await.is_clean());
}

/// Everything that Kafka keeps beside a value.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_shows_all_that_kafka_keeps() {
    #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
    #[kafka(topic = "handlers-record", key = id)]
    struct Event {
        id: u64,
    }
    #[derive(KafkaModel)]
    #[kafka(group_id = "handlers-record")]
    struct Service {
        events: Topic<Event>,
    }

    capture_logs();
    let broker = Broker::with(&[("handlers-record", 3)]).await;
    let header = |key: &str, value: Option<&[u8]>| (key.to_owned(), value.map(<[u8]>::to_vec));
    let began = SystemTime::now();
    broker.plain().produce(
        "handlers-record",
        [
            RawRecord::of(1, r#"{"id":0}"#),
            RawRecord {
                headers: vec![
                    header("trace", Some(b"first")),
                    header("empty", Some(b"")),
                    header("trace", Some(b"second")),
                    header("null", None),
                    header("Schlüssel", Some(&[0, 0xff])),
                ],
                ..RawRecord::of(1, r#"{"id":1}"#).key(&[0_u8, 0xff][..])
            },
            RawRecord::of(1, r#"{"id":2}"#).key(""),
        ],
    );
    let kafka = broker.kafka();
    let model = Service::register_all(&kafka).unwrap();
    let kept: Arc<Mutex<Vec<Record<Event>>>> = Arc::default();
    let keeps = Arc::clone(&kept);
    // A record may be kept beyond its handler.
    model
        .events
        .handle(move |event: Record<Event>| {
            keeps.lock().unwrap().push(event);
            ready(())
        })
        .unwrap();
    let running = kafka.start().await.unwrap();
    soon("three records", || kept.lock().unwrap().len() == 3).await;
    let published = model.events.publish(&Event { id: 77 }).await.unwrap();
    soon("the fourth", || kept.lock().unwrap().len() == 4).await;
    assert!(running.shutdown().await.is_clean());
    drop((kafka, model));

    let kept = kept.lock().unwrap();
    let [none, full, empty, own] = &kept[..] else {
        panic!("{kept:?}")
    };
    for (offset, event) in (0..).zip([none, full, empty]) {
        assert_eq!(
            (event.topic(), event.partition(), event.offset()),
            ("handlers-record", 1, offset)
        );
        assert_eq!((event.id, event.value().id), (offset as u64, offset as u64));
        let Timestamp::Created(millis) = event.timestamp() else {
            panic!("{:?}", event.timestamp())
        };
        assert_eq!(event.timestamp().millis(), Some(millis));
        let time = event.timestamp().time().unwrap();
        let (early, late) = (began - std::time::Duration::from_secs(1), SystemTime::now());
        assert!(early <= time && time <= late, "{time:?}");
        assert_eq!(
            i64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap(),
            millis
        );
    }
    assert_eq!(none.key(), None);
    assert_eq!(full.key(), Some(&[0_u8, 0xff][..]));
    assert_eq!(empty.key(), Some(&b""[..]), "an empty key is not none");
    assert_eq!(own.key(), Some(&b"77"[..]));
    assert_eq!(
        (own.partition(), own.offset()),
        (published.partition, published.offset)
    );

    assert!(none.headers().is_empty() && none.headers().iter().next().is_none());
    let headers = full.headers();
    assert_eq!(headers.len(), 5);
    let all: Vec<_> = headers
        .iter()
        .map(|header| (header.key().unwrap(), header.value()))
        .collect();
    assert_eq!(
        all,
        [
            ("trace", Some(&b"first"[..])),
            ("empty", Some(&b""[..])),
            ("trace", Some(&b"second"[..])),
            ("null", None),
            ("Schlüssel", Some(&[0, 0xff][..])),
        ]
    );
    assert_eq!(
        headers.get("trace"),
        Some(&b"second"[..]),
        "the last one counts"
    );
    assert_eq!(headers.get("empty"), Some(&b""[..]));
    assert_eq!(
        (headers.get("null"), headers.get("TRACE"), headers.get("")),
        (None, None, None)
    );
    assert_eq!(
        headers.iter().next_back().unwrap().key_bytes(),
        "Schlüssel".as_bytes()
    );
    // Neither key nor headers are printed.
    assert_eq!(
        format!("{full:?}"),
        "Record { topic: \"handlers-record\", partition: 1, offset: 1, value: Event { id: 1 }, .. }"
    );
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "handlers-borrowed", retry(attempts = 5, backoff = "1ms"))]
struct Line {
    text: String,
}

#[derive(Debug, Deserialize)]
struct LineRef<'a> {
    text: &'a str,
}

#[derive(KafkaModel)]
#[kafka(group_id = "handlers-borrowed", on_failure = "skip")]
struct Lines {
    lines: Topic<Line>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_may_borrow_from_the_payload_and_what_it_cannot_decode_is_not_tried_again() {
    capture_logs();
    let broker = Broker::with(&[("handlers-borrowed", 1)]).await;
    let payloads = [
        Some(r#"{"text":"one"}"#),
        Some("no JSON"),
        None,
        Some(r#"{"text":"two"}"#),
    ];
    let records = payloads.map(|payload| RawRecord {
        partition: Some(0),
        payload: payload.map(|text| text.as_bytes().to_vec()),
        headers: vec![("from".to_owned(), Some(b"a test".to_vec()))],
        ..RawRecord::default()
    });
    broker.plain().produce("handlers-borrowed", records);
    let kafka = broker.kafka();
    let model = Lines::register_all(&kafka).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let handler = move |record: Record<Payload>| {
        let seen = Arc::clone(&seeing);
        async move {
            let bytes = record.bytes().map(<[u8]>::len);
            let from = record.headers().get("from").map(<[u8]>::to_vec);
            let line = record.decode::<LineRef<'_>>();
            let text = line.as_ref().map(|line| line.text.to_owned()).ok();
            seen.lock()
                .unwrap()
                .push((record.offset(), bytes, from, text));
            line.map(drop)
        }
    };
    model.lines.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    soon("four records that are done with", || {
        let status = model.lines.status();
        status.handled + status.skipped == 4
    })
    .await;
    assert!(running.shutdown().await.is_clean());
    let from = || Some(b"a test".to_vec());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (0, Some(14), from(), text("one")),
            (1, Some(7), from(), None),
            (2, None, from(), None),
            (3, Some(14), from(), text("two")),
        ],
        "each is seen once"
    );
}
