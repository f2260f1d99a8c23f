//! The checks across fields are fast enough for large models.
#![allow(dead_code)]

use kafka_model::{KafkaMessage, KafkaModel, Topic};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-000",
    dedicated(group_id = "group-000", max_poll_interval_ms = "5m")
)]
struct M0;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-001",
    dedicated(group_id = "group-001", max_poll_interval_ms = "5m")
)]
struct M1;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-002",
    dedicated(group_id = "group-002", max_poll_interval_ms = "5m")
)]
struct M2;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-003",
    dedicated(group_id = "group-003", max_poll_interval_ms = "5m")
)]
struct M3;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-004",
    dedicated(group_id = "group-004", max_poll_interval_ms = "5m")
)]
struct M4;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-005",
    dedicated(group_id = "group-005", max_poll_interval_ms = "5m")
)]
struct M5;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-006",
    dedicated(group_id = "group-006", max_poll_interval_ms = "5m")
)]
struct M6;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-007",
    dedicated(group_id = "group-007", max_poll_interval_ms = "5m")
)]
struct M7;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-008",
    dedicated(group_id = "group-008", max_poll_interval_ms = "5m")
)]
struct M8;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-009",
    dedicated(group_id = "group-009", max_poll_interval_ms = "5m")
)]
struct M9;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-010",
    dedicated(group_id = "group-010", max_poll_interval_ms = "5m")
)]
struct M10;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-011",
    dedicated(group_id = "group-011", max_poll_interval_ms = "5m")
)]
struct M11;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-012",
    dedicated(group_id = "group-012", max_poll_interval_ms = "5m")
)]
struct M12;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-013",
    dedicated(group_id = "group-013", max_poll_interval_ms = "5m")
)]
struct M13;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-014",
    dedicated(group_id = "group-014", max_poll_interval_ms = "5m")
)]
struct M14;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-015",
    dedicated(group_id = "group-015", max_poll_interval_ms = "5m")
)]
struct M15;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-016",
    dedicated(group_id = "group-016", max_poll_interval_ms = "5m")
)]
struct M16;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-017",
    dedicated(group_id = "group-017", max_poll_interval_ms = "5m")
)]
struct M17;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-018",
    dedicated(group_id = "group-018", max_poll_interval_ms = "5m")
)]
struct M18;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-019",
    dedicated(group_id = "group-019", max_poll_interval_ms = "5m")
)]
struct M19;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-020",
    dedicated(group_id = "group-020", max_poll_interval_ms = "5m")
)]
struct M20;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-021",
    dedicated(group_id = "group-021", max_poll_interval_ms = "5m")
)]
struct M21;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-022",
    dedicated(group_id = "group-022", max_poll_interval_ms = "5m")
)]
struct M22;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-023",
    dedicated(group_id = "group-023", max_poll_interval_ms = "5m")
)]
struct M23;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-024",
    dedicated(group_id = "group-024", max_poll_interval_ms = "5m")
)]
struct M24;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-025",
    dedicated(group_id = "group-025", max_poll_interval_ms = "5m")
)]
struct M25;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-026",
    dedicated(group_id = "group-026", max_poll_interval_ms = "5m")
)]
struct M26;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-027",
    dedicated(group_id = "group-027", max_poll_interval_ms = "5m")
)]
struct M27;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-028",
    dedicated(group_id = "group-028", max_poll_interval_ms = "5m")
)]
struct M28;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-029",
    dedicated(group_id = "group-029", max_poll_interval_ms = "5m")
)]
struct M29;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-030",
    dedicated(group_id = "group-030", max_poll_interval_ms = "5m")
)]
struct M30;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-031",
    dedicated(group_id = "group-031", max_poll_interval_ms = "5m")
)]
struct M31;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-032",
    dedicated(group_id = "group-032", max_poll_interval_ms = "5m")
)]
struct M32;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-033",
    dedicated(group_id = "group-033", max_poll_interval_ms = "5m")
)]
struct M33;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-034",
    dedicated(group_id = "group-034", max_poll_interval_ms = "5m")
)]
struct M34;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-035",
    dedicated(group_id = "group-035", max_poll_interval_ms = "5m")
)]
struct M35;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-036",
    dedicated(group_id = "group-036", max_poll_interval_ms = "5m")
)]
struct M36;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-037",
    dedicated(group_id = "group-037", max_poll_interval_ms = "5m")
)]
struct M37;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-038",
    dedicated(group_id = "group-038", max_poll_interval_ms = "5m")
)]
struct M38;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-039",
    dedicated(group_id = "group-039", max_poll_interval_ms = "5m")
)]
struct M39;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-040",
    dedicated(group_id = "group-040", max_poll_interval_ms = "5m")
)]
struct M40;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-041",
    dedicated(group_id = "group-041", max_poll_interval_ms = "5m")
)]
struct M41;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-042",
    dedicated(group_id = "group-042", max_poll_interval_ms = "5m")
)]
struct M42;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-043",
    dedicated(group_id = "group-043", max_poll_interval_ms = "5m")
)]
struct M43;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-044",
    dedicated(group_id = "group-044", max_poll_interval_ms = "5m")
)]
struct M44;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-045",
    dedicated(group_id = "group-045", max_poll_interval_ms = "5m")
)]
struct M45;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-046",
    dedicated(group_id = "group-046", max_poll_interval_ms = "5m")
)]
struct M46;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-047",
    dedicated(group_id = "group-047", max_poll_interval_ms = "5m")
)]
struct M47;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-048",
    dedicated(group_id = "group-048", max_poll_interval_ms = "5m")
)]
struct M48;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-049",
    dedicated(group_id = "group-049", max_poll_interval_ms = "5m")
)]
struct M49;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-050",
    dedicated(group_id = "group-050", max_poll_interval_ms = "5m")
)]
struct M50;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-051",
    dedicated(group_id = "group-051", max_poll_interval_ms = "5m")
)]
struct M51;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-052",
    dedicated(group_id = "group-052", max_poll_interval_ms = "5m")
)]
struct M52;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-053",
    dedicated(group_id = "group-053", max_poll_interval_ms = "5m")
)]
struct M53;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-054",
    dedicated(group_id = "group-054", max_poll_interval_ms = "5m")
)]
struct M54;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-055",
    dedicated(group_id = "group-055", max_poll_interval_ms = "5m")
)]
struct M55;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-056",
    dedicated(group_id = "group-056", max_poll_interval_ms = "5m")
)]
struct M56;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-057",
    dedicated(group_id = "group-057", max_poll_interval_ms = "5m")
)]
struct M57;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-058",
    dedicated(group_id = "group-058", max_poll_interval_ms = "5m")
)]
struct M58;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-059",
    dedicated(group_id = "group-059", max_poll_interval_ms = "5m")
)]
struct M59;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-060",
    dedicated(group_id = "group-060", max_poll_interval_ms = "5m")
)]
struct M60;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-061",
    dedicated(group_id = "group-061", max_poll_interval_ms = "5m")
)]
struct M61;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-062",
    dedicated(group_id = "group-062", max_poll_interval_ms = "5m")
)]
struct M62;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-063",
    dedicated(group_id = "group-063", max_poll_interval_ms = "5m")
)]
struct M63;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-064",
    dedicated(group_id = "group-064", max_poll_interval_ms = "5m")
)]
struct M64;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-065",
    dedicated(group_id = "group-065", max_poll_interval_ms = "5m")
)]
struct M65;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-066",
    dedicated(group_id = "group-066", max_poll_interval_ms = "5m")
)]
struct M66;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-067",
    dedicated(group_id = "group-067", max_poll_interval_ms = "5m")
)]
struct M67;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-068",
    dedicated(group_id = "group-068", max_poll_interval_ms = "5m")
)]
struct M68;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-069",
    dedicated(group_id = "group-069", max_poll_interval_ms = "5m")
)]
struct M69;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-070",
    dedicated(group_id = "group-070", max_poll_interval_ms = "5m")
)]
struct M70;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-071",
    dedicated(group_id = "group-071", max_poll_interval_ms = "5m")
)]
struct M71;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-072",
    dedicated(group_id = "group-072", max_poll_interval_ms = "5m")
)]
struct M72;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-073",
    dedicated(group_id = "group-073", max_poll_interval_ms = "5m")
)]
struct M73;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-074",
    dedicated(group_id = "group-074", max_poll_interval_ms = "5m")
)]
struct M74;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-075",
    dedicated(group_id = "group-075", max_poll_interval_ms = "5m")
)]
struct M75;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-076",
    dedicated(group_id = "group-076", max_poll_interval_ms = "5m")
)]
struct M76;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-077",
    dedicated(group_id = "group-077", max_poll_interval_ms = "5m")
)]
struct M77;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-078",
    dedicated(group_id = "group-078", max_poll_interval_ms = "5m")
)]
struct M78;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-079",
    dedicated(group_id = "group-079", max_poll_interval_ms = "5m")
)]
struct M79;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-080",
    dedicated(group_id = "group-080", max_poll_interval_ms = "5m")
)]
struct M80;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-081",
    dedicated(group_id = "group-081", max_poll_interval_ms = "5m")
)]
struct M81;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-082",
    dedicated(group_id = "group-082", max_poll_interval_ms = "5m")
)]
struct M82;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-083",
    dedicated(group_id = "group-083", max_poll_interval_ms = "5m")
)]
struct M83;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-084",
    dedicated(group_id = "group-084", max_poll_interval_ms = "5m")
)]
struct M84;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-085",
    dedicated(group_id = "group-085", max_poll_interval_ms = "5m")
)]
struct M85;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-086",
    dedicated(group_id = "group-086", max_poll_interval_ms = "5m")
)]
struct M86;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-087",
    dedicated(group_id = "group-087", max_poll_interval_ms = "5m")
)]
struct M87;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-088",
    dedicated(group_id = "group-088", max_poll_interval_ms = "5m")
)]
struct M88;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-089",
    dedicated(group_id = "group-089", max_poll_interval_ms = "5m")
)]
struct M89;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-090",
    dedicated(group_id = "group-090", max_poll_interval_ms = "5m")
)]
struct M90;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-091",
    dedicated(group_id = "group-091", max_poll_interval_ms = "5m")
)]
struct M91;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-092",
    dedicated(group_id = "group-092", max_poll_interval_ms = "5m")
)]
struct M92;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-093",
    dedicated(group_id = "group-093", max_poll_interval_ms = "5m")
)]
struct M93;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-094",
    dedicated(group_id = "group-094", max_poll_interval_ms = "5m")
)]
struct M94;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-095",
    dedicated(group_id = "group-095", max_poll_interval_ms = "5m")
)]
struct M95;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-096",
    dedicated(group_id = "group-096", max_poll_interval_ms = "5m")
)]
struct M96;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-097",
    dedicated(group_id = "group-097", max_poll_interval_ms = "5m")
)]
struct M97;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-098",
    dedicated(group_id = "group-098", max_poll_interval_ms = "5m")
)]
struct M98;

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(
    topic = "topic-099",
    dedicated(group_id = "group-099", max_poll_interval_ms = "5m")
)]
struct M99;

#[derive(KafkaModel)]
#[kafka(session_timeout_ms = "45s")]
struct Model {
    m0: Topic<M0>,
    m1: Topic<M1>,
    m2: Topic<M2>,
    m3: Topic<M3>,
    m4: Topic<M4>,
    m5: Topic<M5>,
    m6: Topic<M6>,
    m7: Topic<M7>,
    m8: Topic<M8>,
    m9: Topic<M9>,
    m10: Topic<M10>,
    m11: Topic<M11>,
    m12: Topic<M12>,
    m13: Topic<M13>,
    m14: Topic<M14>,
    m15: Topic<M15>,
    m16: Topic<M16>,
    m17: Topic<M17>,
    m18: Topic<M18>,
    m19: Topic<M19>,
    m20: Topic<M20>,
    m21: Topic<M21>,
    m22: Topic<M22>,
    m23: Topic<M23>,
    m24: Topic<M24>,
    m25: Topic<M25>,
    m26: Topic<M26>,
    m27: Topic<M27>,
    m28: Topic<M28>,
    m29: Topic<M29>,
    m30: Topic<M30>,
    m31: Topic<M31>,
    m32: Topic<M32>,
    m33: Topic<M33>,
    m34: Topic<M34>,
    m35: Topic<M35>,
    m36: Topic<M36>,
    m37: Topic<M37>,
    m38: Topic<M38>,
    m39: Topic<M39>,
    m40: Topic<M40>,
    m41: Topic<M41>,
    m42: Topic<M42>,
    m43: Topic<M43>,
    m44: Topic<M44>,
    m45: Topic<M45>,
    m46: Topic<M46>,
    m47: Topic<M47>,
    m48: Topic<M48>,
    m49: Topic<M49>,
    m50: Topic<M50>,
    m51: Topic<M51>,
    m52: Topic<M52>,
    m53: Topic<M53>,
    m54: Topic<M54>,
    m55: Topic<M55>,
    m56: Topic<M56>,
    m57: Topic<M57>,
    m58: Topic<M58>,
    m59: Topic<M59>,
    m60: Topic<M60>,
    m61: Topic<M61>,
    m62: Topic<M62>,
    m63: Topic<M63>,
    m64: Topic<M64>,
    m65: Topic<M65>,
    m66: Topic<M66>,
    m67: Topic<M67>,
    m68: Topic<M68>,
    m69: Topic<M69>,
    m70: Topic<M70>,
    m71: Topic<M71>,
    m72: Topic<M72>,
    m73: Topic<M73>,
    m74: Topic<M74>,
    m75: Topic<M75>,
    m76: Topic<M76>,
    m77: Topic<M77>,
    m78: Topic<M78>,
    m79: Topic<M79>,
    m80: Topic<M80>,
    m81: Topic<M81>,
    m82: Topic<M82>,
    m83: Topic<M83>,
    m84: Topic<M84>,
    m85: Topic<M85>,
    m86: Topic<M86>,
    m87: Topic<M87>,
    m88: Topic<M88>,
    m89: Topic<M89>,
    m90: Topic<M90>,
    m91: Topic<M91>,
    m92: Topic<M92>,
    m93: Topic<M93>,
    m94: Topic<M94>,
    m95: Topic<M95>,
    m96: Topic<M96>,
    m97: Topic<M97>,
    m98: Topic<M98>,
    m99: Topic<M99>,
}

fn main() {}
