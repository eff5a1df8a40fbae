//! Bytes on disk that every later version must read.

use shardbook_runtime::entity::{CommandId, EntityKey};
use shardbook_runtime::journal::{Frame, FrameBuilder, Position};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Dropped, Remembered, Snapshot, outcome_key, outcome_row};

use crate::frames::{Record, records};

const FRAME: &str = concat!(
    "0103000208abababababababababababababababababababababababababababababababab02",
    "070807060504030201ac02c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1181716151413121180d095ffbc31010379657302056669727374067365636f6e64",
    "070807060504030201ad02c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2181716151413121180d095ffbc3100026e6f00",
    "c3854ed4f20e5673953f50310ff390e7d05304071968f608179c2b2c4a186f5c",
);
const SNAPSHOT_WITHOUT_DROPPED: &str = concat!(
    "01ae0202",
    "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c118171615141312110103796573",
    "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2181716151413121100026e6f",
    "7374617465",
);
const SNAPSHOT_WITHOUT_AFTER: &str = concat!(
    "02ae0202",
    "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c118171615141312110103796573",
    "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2181716151413121100026e6f",
    "ff",
    "7374617465",
);
const SNAPSHOT: &str = concat!(
    "03ae02f0a20402",
    "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c118171615141312110103796573",
    "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2181716151413121100026e6f",
    "ff",
    "7374617465",
);
const POSITION: &str = "00030000000000000008";
const OUTCOME_KEY: &str = "070102030405060708c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
const OUTCOME_ROW: &str = "181716151413121101796573";

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn accepted() -> Record {
    Record {
        key: EntityKey {
            kind: 7,
            id: 0x0102_0304_0506_0708,
        },
        version: 300,
        command: [0xC1; 16],
        fingerprint: 0x1112_1314_1516_1718,
        at_ms: 1_700_000_000_000,
        accepted: true,
        outcome: b"yes".to_vec(),
        events: vec![b"first".to_vec(), b"second".to_vec()],
    }
}

fn rejected() -> Record {
    Record {
        version: 301,
        command: [0xC2; 16],
        accepted: false,
        outcome: b"no".to_vec(),
        events: vec![],
        ..accepted()
    }
}

pub fn frame() -> Frame {
    let mut builder = FrameBuilder::new(ShardId(3), 2, 7, [0xAB; 32]);
    builder.close(&[accepted().encode(), rejected().encode()].concat(), 2)
}

fn snapshot() -> Snapshot {
    let remembered = |record: Record| Remembered {
        command: CommandId(record.command),
        fingerprint: record.fingerprint,
        accepted: record.accepted,
        outcome: record.outcome.into(),
    };
    Snapshot {
        version: 302,
        after: 70_000,
        remembered: vec![remembered(accepted()), remembered(rejected())],
        dropped: Dropped::Unknown,
        state: b"state".to_vec(),
    }
}

/// Protects every journal ever written: a frame is read and written as it was.
#[test]
fn frames_keep_their_bytes() {
    assert_eq!(hex(frame().bytes()), FRAME);
    let read = Frame::decode(unhex(FRAME)).expect("the golden frame is read for ever");
    assert_eq!(
        (read.position(), read.epoch()),
        (
            Position {
                shard: ShardId(3),
                sequence: 8
            },
            2
        )
    );
    assert_eq!(records(&read), [accepted(), rejected()]);
    assert!(read.follows(7, &[0xAB; 32]).is_ok());
    assert_eq!(hex(&read.position().to_bytes()), POSITION);
}

/// Protects entities at rest: a snapshot row is read and written as it was.
#[test]
fn snapshot_rows_keep_their_bytes() {
    assert_eq!(hex(&snapshot().encode()), SNAPSHOT);
    assert_eq!(Snapshot::decode(&unhex(SNAPSHOT)), Ok(snapshot()));
    // Of before it was noted after which frame there is more, which is looked for from the first on.
    let older = Snapshot { after: 0, ..snapshot() };
    for row in [SNAPSHOT_WITHOUT_AFTER, SNAPSHOT_WITHOUT_DROPPED] {
        assert_eq!(Snapshot::decode(&unhex(row)).as_ref(), Ok(&older));
    }
}

/// Protects the idempotency of commands of long ago: their outcome rows are found and read.
#[test]
fn outcome_rows_keep_their_bytes() {
    let frame = frame();
    let entry = frame.entries().next().expect("two entries");
    assert_eq!(hex(&outcome_key(entry.entry.key, entry.entry.command)), OUTCOME_KEY);
    assert_eq!(hex(&outcome_row(&entry)), OUTCOME_ROW);
    let read = Remembered::from_row(CommandId([0xC1; 16]), &unhex(OUTCOME_ROW));
    assert_eq!(read.as_ref(), Ok(&snapshot().remembered[0]));
}
