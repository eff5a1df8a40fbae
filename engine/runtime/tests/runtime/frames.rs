use proptest::prelude::*;
use shardbook_runtime::entity::{CommandId, EntityKey};
use shardbook_runtime::journal::{Entry, Frame, FrameBuilder, GENESIS, Outcome};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Dropped, Remembered, Snapshot};

/// An entry that owns what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub key: EntityKey,
    pub version: u64,
    pub command: [u8; 16],
    pub fingerprint: u64,
    pub at_ms: u64,
    pub accepted: bool,
    pub outcome: Vec<u8>,
    pub events: Vec<Vec<u8>>,
}

impl Record {
    pub fn encode(&self) -> Vec<u8> {
        let outcome = Outcome {
            accepted: self.accepted,
            bytes: &self.outcome,
        };
        let Self {
            key,
            version,
            fingerprint,
            at_ms,
            ..
        } = *self;
        let mut bytes = Vec::new();
        Entry {
            key,
            version,
            command: CommandId(self.command),
            fingerprint,
            at_ms,
            outcome,
        }
        .encode(self.events.iter().map(Vec::as_slice), &mut bytes);
        bytes
    }
}

pub fn records(frame: &Frame) -> Vec<Record> {
    let record = |entry: shardbook_runtime::journal::EntryRef<'_>| {
        let events: Vec<_> = entry.events().map(<[u8]>::to_vec).collect();
        assert_eq!(events.len() as u64, entry.event_count(), "no event is lost");
        let Entry {
            key,
            version,
            command,
            fingerprint,
            at_ms,
            outcome,
        } = entry.entry;
        let (accepted, outcome) = (outcome.accepted, outcome.bytes.to_vec());
        Record {
            key,
            version,
            command: command.0,
            fingerprint,
            at_ms,
            accepted,
            outcome,
            events,
        }
    };
    frame.entries().map(record).collect()
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

prop_compose! {
    fn record()(
        (kind, id) in any::<(u8, u64)>(),
        (version, fingerprint, at_ms) in any::<(u64, u64, u64)>(),
        (command, accepted) in any::<([u8; 16], bool)>(),
        outcome in bytes(),
        events in prop::collection::vec(bytes(), 0..5),
    ) -> Record {
        let key = EntityKey { kind, id };
        Record { key, version, command, fingerprint, at_ms, accepted, outcome, events }
    }
}

prop_compose! {
    fn chain()(
        (shard, epoch) in any::<(u16, u64)>(),
        frames in prop::collection::vec(prop::collection::vec(record(), 0..6), 1..5),
    ) -> (Vec<Vec<Record>>, Vec<Frame>) {
        let mut builder = FrameBuilder::new(ShardId(shard), epoch, 0, GENESIS);
        let mut closed = Vec::new();
        for records in &frames {
            let entries: Vec<u8> = records.iter().flat_map(Record::encode).collect();
            closed.push(builder.close(&entries, records.len() as u64));
        }
        (frames, closed)
    }
}

prop_compose! {
    fn snapshot()(version in any::<u64>(), after in any::<u64>(), records in prop::collection::vec(record(), 0..5), state in bytes()) -> Snapshot {
        let remembered = |record: Record| Remembered {
            command: CommandId(record.command),
            fingerprint: record.fingerprint,
            accepted: record.accepted,
            outcome: record.outcome.into(),
        };
        Snapshot { version, after, remembered: records.into_iter().map(remembered).collect(), dropped: Dropped::None, state }
    }
}

/// A frame whose body is these bytes, with the digest that belongs to them.
fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let digest = blake3::hash(&body);
    body.extend_from_slice(digest.as_bytes());
    body
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Protects everything that is ever written: what goes into frames comes out, in order, and chained.
    #[test]
    fn frames_give_back_what_was_put_in((written, frames) in chain()) {
        let mut before = (0, GENESIS);
        for (records_written, frame) in written.iter().zip(&frames) {
            let read = Frame::decode(frame.bytes().to_vec()).expect("a frame of ours");
            prop_assert_eq!(&read, frame);
            prop_assert_eq!(&records(&read), records_written);
            prop_assert!(read.follows(before.0, &before.1).is_ok());
            before = (read.position().sequence, *read.digest());
        }
    }

    /// Protects from silent damage: no frame with a changed, cut or added byte is read at all.
    #[test]
    fn a_damaged_frame_is_refused((_, frames) in chain(), at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
        let whole = frames[0].bytes().to_vec();
        let mut changed = whole.clone();
        changed[at.index(whole.len())] ^= flip;
        prop_assert!(Frame::decode(changed).is_err());
        prop_assert!(Frame::decode(whole[..cut.index(whole.len())].to_vec()).is_err());
        prop_assert!(Frame::decode([whole.as_slice(), &[flip]].concat()).is_err());
    }

    /// Protects the reader from frames made by an attacker or a bug, whose digest is right: never a panic,
    /// and never fewer entries than it says.
    #[test]
    fn a_forged_frame_is_read_whole_or_refused((_, frames) in chain(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut body = frames[0].bytes()[..frames[0].bytes().len() - 32].to_vec();
        let at = at.index(body.len());
        body[at] ^= flip;
        if let Ok(frame) = Frame::decode(sealed(body)) {
            prop_assert_eq!(records(&frame).len() as u64, frame.entry_count());
        }
    }

    /// Protects the reader from any bytes at all, with and without a right digest.
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), format in 0_u8..4) {
        let mut body = bytes.clone();
        body.insert(0, format);
        prop_assert!(Frame::decode(bytes.clone()).is_err());
        let _ = Frame::decode(sealed(body.clone()));
        let _ = Snapshot::decode(&body);
        let _ = Remembered::from_row(CommandId([0; 16]), &bytes);
    }

    /// Protects activation: a snapshot row gives back what was put in, and a cut one never panics.
    #[test]
    fn snapshots_give_back_what_was_put_in(snapshot in snapshot(), cut in any::<prop::sample::Index>()) {
        let row = snapshot.encode();
        prop_assert_eq!(&Snapshot::decode(&row).expect("a row of ours"), &snapshot);
        let cut = cut.index(row.len());
        prop_assert_ne!(Snapshot::decode(&row[..cut]).ok(), Some(snapshot));
    }
}

/// Protects from a frame that claims more than it holds: bounded by its bytes, refused by name.
#[test]
fn what_a_frame_claims_is_checked_against_its_bytes() {
    let head = |format: u8, rest: &[u8]| [&[format, 0, 0, 1, 1], [0; 32].as_slice(), rest].concat();
    let entry = |tag: u8, events: &[u8]| {
        let key_version_command_fingerprint_time = [0; 9 + 1 + 16 + 8 + 1];
        head(
            1,
            &[[1].as_slice(), &key_version_command_fingerprint_time, &[tag, 0], events].concat(),
        )
    };
    let table = [
        (head(1, &[0]), Ok(0), "no entry"),
        (entry(1, &[0]), Ok(1), "one entry without events"),
        (entry(1, &[2, 1, 9, 0]), Ok(1), "one entry with two events"),
        (head(2, &[0]), Err("unknown frame format 2"), "another format"),
        (
            head(1, &[1]),
            Err("kind: 1 bytes wanted, 0 left"),
            "an entry that is not there",
        ),
        (head(1, &[0, 7]), Err("1 bytes after the last entry"), "a byte too many"),
        (
            entry(2, &[0]),
            Err("outcome: unknown tag 2"),
            "an outcome of no known kind",
        ),
        (
            entry(1, &[1, 5, 9]),
            Err("event: 5 bytes wanted, 1 left"),
            "an event longer than the frame",
        ),
        (
            entry(1, &[0xFF; 9]),
            Err("event count: 1 bytes wanted, 0 left"),
            "a number that does not end",
        ),
        (
            entry(1, &[0xFF; 10]),
            Err("event count: number too large"),
            "a number above 64 bits",
        ),
    ];
    for (body, expected, why) in table {
        let got = Frame::decode(sealed(body))
            .map(|frame| frame.entry_count())
            .map_err(|error| error.0);
        assert_eq!(got, expected.map_err(str::to_owned), "{why}");
    }
}
