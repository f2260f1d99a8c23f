//! Other clients: what kcat produces arrives as it was, what is published kcat reads as it is, and offsets
//! are committed where Kafka's own tools find them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use kafka_model::{KafkaMessage, KafkaModel, Record, Topic};
use kafka_model_tests::{Broker, SOON};
use serde::{Deserialize, Serialize};

/// Runs kcat with these arguments and this input, and returns what it prints.
///
/// # Panics
/// If it is not installed, or fails.
fn kcat(broker: &Broker, args: &[&OsStr], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("kcat")
        .args(["-b", broker.address()])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kcat, which is needed here as a client of its own: apt-get install -y kcat");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "kcat: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Has kcat produce one record for each line.
fn produce(broker: &Broker, topic: &str, args: &[&OsStr], lines: &[u8]) {
    let args: Vec<&OsStr> = [OsStr::new("-P"), OsStr::new("-t"), OsStr::new(topic)]
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    kcat(broker, &args, lines);
}

/// What a group has committed of a topic, by partition: asked with Kafka's own tools on a real broker.
fn committed(broker: &Broker, group: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
    if !broker.is_real() {
        return broker.plain().committed(group, topic, partitions);
    }
    let script = std::env::var_os("KAFKA_MODEL_TEST_CONTROL")
        .expect("KAFKA_MODEL_TEST_CONTROL: run this beside tests/kafka/with-kafka.sh");
    let output = Command::new(script)
        .args(["group-offsets", group])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut committed = vec![None; usize::try_from(partitions).unwrap()];
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let row: Vec<_> = line.split(' ').collect();
        let [name, partition, offset] = row[..] else {
            panic!("{line}")
        };
        if name == topic {
            committed[partition.parse::<usize>().unwrap()] = Some(offset.parse().unwrap());
        }
    }
    committed
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "independent-records")]
struct Text {
    text: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "independent-records")]
struct Texts {
    texts: Topic<Text>,
}

/// A record as it arrived.
#[derive(Debug, PartialEq, Eq)]
struct Arrived {
    text: Option<String>,
    key: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Arrived {
    fn of(record: &Record<Option<Text>>) -> Self {
        Self {
            text: record.value().as_ref().map(|value| value.text.clone()),
            key: record.key().map(<[u8]>::to_vec),
            headers: record
                .headers()
                .iter()
                .map(|header| {
                    (
                        header.key_bytes().to_vec(),
                        header.value().map(<[u8]>::to_vec),
                    )
                })
                .collect(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs kcat: apt-get install -y kcat, then --include-ignored"]
async fn keys_headers_and_nulls_of_another_client_arrive_byte_for_byte() {
    const NAME: &str = "independent-records";
    let broker = Broker::with(&[(NAME, 2)]).await;
    let text = "naïve ☃ \u{1F980} \"quoted\" \\ tab\tand \u{7f}".to_owned();
    let line = |text: &str| {
        serde_json::to_vec(&Text {
            text: text.to_owned(),
        })
        .unwrap()
    };
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let to = |partition: &'static str| [OsStr::new("-p"), OsStr::new(partition)];

    // Neither key nor headers.
    produce(&broker, NAME, &to("0"), &line(&text));
    // A key that is not UTF-8, and headers: one that repeats, one that is empty, and two that are not UTF-8.
    let (key, odd_key, odd_value) = (
        bytes(b"\xff\xfekey\x80"),
        bytes(b"odd\xff\xc0=value"),
        bytes(b"odd=\x80\x81\xff"),
    );
    let mut args = to("0").to_vec();
    args.extend([OsStr::new("-k"), &*key]);
    for header in ["trace=first", "trace=second", "empty="].map(OsStr::new) {
        args.extend([OsStr::new("-H"), header]);
    }
    args.extend([OsStr::new("-H"), &*odd_key, OsStr::new("-H"), &*odd_value]);
    produce(&broker, NAME, &args, &line("with headers"));
    // A record without a payload, with a key.
    let mut args = to("0").to_vec();
    args.extend(["-Z", "-K", ":"].map(OsStr::new));
    produce(&broker, NAME, &args, b"gone:\n");
    // And one that is nearly as large as brokers allow.
    let large = "long \u{e9}".repeat(120_000);
    produce(&broker, NAME, &to("0"), &line(&large));

    let kafka = broker.kafka();
    let model = Texts::register_all(&kafka).unwrap();
    let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
    let noted = Arc::clone(&arrived);
    let handler = move |record: Record<Option<Text>>| {
        noted.lock().unwrap().push(Arrived::of(&record));
        std::future::ready(())
    };
    model.texts.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let done = model
        .texts
        .wait_until(SOON, |texts| texts.handled == 4)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());

    let headers = [
        (&b"trace"[..], &b"first"[..]),
        (b"trace", b"second"),
        (b"empty", b""),
        (b"odd\xff\xc0", b"value"),
        (b"odd", b"\x80\x81\xff"),
    ];
    let expected = [
        Arrived {
            text: Some(text),
            key: None,
            headers: Vec::new(),
        },
        Arrived {
            text: Some("with headers".to_owned()),
            key: Some(key.as_bytes().to_vec()),
            headers: headers
                .map(|(key, value)| (key.to_vec(), Some(value.to_vec())))
                .to_vec(),
        },
        Arrived {
            text: None,
            key: Some(b"gone".to_vec()),
            headers: Vec::new(),
        },
        Arrived {
            text: Some(large),
            key: None,
            headers: Vec::new(),
        },
    ];
    assert!(
        *arrived.lock().unwrap() == expected,
        "{:?}",
        &arrived.lock().unwrap()[..3]
    );
    assert_eq!(committed(&broker, NAME, NAME, 2), [Some(4), None]);
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "independent-codecs")]
struct Packed {
    id: u64,
    text: String,
}

#[derive(KafkaModel)]
#[kafka(group_id = "independent-codecs")]
struct PackedModel {
    packed: Topic<Packed>,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs kcat: apt-get install -y kcat, then --include-ignored"]
async fn each_compression_of_another_client_is_read() {
    const NAME: &str = "independent-codecs";
    const EACH: u64 = 2_000;
    let codecs = ["none", "gzip", "snappy", "lz4"];
    let broker = Broker::with(&[(NAME, 4)]).await;
    let text = |codec: &str, id: u64| {
        format!(
            "{codec} {id} ☃ {}",
            "compressible ".repeat((id % 40) as usize)
        )
    };
    for (partition, codec) in codecs.into_iter().enumerate() {
        let mut lines = Vec::new();
        for id in 0..EACH {
            serde_json::to_writer(
                &mut lines,
                &Packed {
                    id,
                    text: text(codec, id),
                },
            )
            .unwrap();
            lines.push(b'\n');
        }
        // Some large batches of many records each.
        let partition = partition.to_string();
        let args = ["-p", &*partition, "-z", codec, "-X", "linger.ms=100"].map(OsStr::new);
        produce(&broker, NAME, &args, &lines);
    }

    let kafka = broker.kafka();
    let model = PackedModel::register_all(&kafka).unwrap();
    let arrived: Arc<Mutex<Vec<(i32, u64, String)>>> = Arc::default();
    let noted = Arc::clone(&arrived);
    let handler = move |record: Record<Packed>| {
        noted
            .lock()
            .unwrap()
            .push((record.partition(), record.id, record.text.clone()));
        std::future::ready(())
    };
    model.packed.handle(handler).unwrap();
    let running = kafka.start().await.unwrap();
    let done = model
        .packed
        .wait_until(SOON, |packed| packed.handled == 4 * EACH)
        .await;
    assert!(done.is_some(), "{:#?}", running.status());
    assert!(running.shutdown().await.is_clean());
    let mut arrived = std::mem::take(&mut *arrived.lock().unwrap());
    // Each partition in its order.
    arrived.sort_by_key(|(partition, _, _)| *partition);
    let expected = (0..4_i32)
        .zip(codecs)
        .flat_map(|(partition, codec)| (0..EACH).map(move |id| (partition, id, text(codec, id))));
    assert!(arrived.into_iter().eq(expected));
    assert_eq!(committed(&broker, NAME, NAME, 4), [Some(2_000); 4]);
}

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "independent-published", key = name)]
struct Published {
    name: String,
    number: u64,
}

#[derive(KafkaModel)]
#[kafka(group_id = "independent-published")]
struct Publishing {
    #[kafka(publish_only)]
    published: Topic<Published>,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs kcat: apt-get install -y kcat, then --include-ignored"]
async fn another_client_reads_what_is_published() {
    const NAME: &str = "independent-published";
    let broker = Broker::with(&[(NAME, 3)]).await;
    let kafka = broker.kafka();
    let model = Publishing::register_all(&kafka).unwrap();
    let running = kafka.start().await.unwrap();
    let mut expected = Vec::new();
    for number in 0..30 {
        let value = Published {
            name: format!("näme {}", number % 7),
            number,
        };
        let published = model.published.publish(&value).await.unwrap();
        expected.push(format!(
            "{} {} {}|{}",
            published.partition,
            published.offset,
            value.name,
            serde_json::to_string(&value).unwrap()
        ));
    }
    assert!(running.shutdown().await.is_clean());
    let args = [
        "-C",
        "-t",
        NAME,
        "-o",
        "beginning",
        "-e",
        "-q",
        "-f",
        "%p %o %k|%s\n",
    ]
    .map(OsStr::new);
    let read = String::from_utf8(kcat(&broker, &args, b"")).unwrap();
    let mut read: Vec<_> = read.lines().collect();
    read.sort_unstable();
    expected.sort_unstable();
    assert_eq!(read, expected);
    // What has the same key is in the same partition.
    let places: BTreeSet<_> = read
        .iter()
        .map(|line| {
            let (partition, rest) = line.split_once(' ').unwrap();
            let (_, key) = rest.split_once('|').unwrap().0.split_once(' ').unwrap();
            (key, partition)
        })
        .collect();
    assert_eq!(places.len(), 7, "{places:?}");
}
