//! The bytes of a segment: kept for ever, and any damage of them found.

use proptest::prelude::*;
use shardbook_runtime::archive::{Damage, FRAME_LENGTH_MAX, Header, Segment, SegmentName, SegmentWriter};
use shardbook_runtime::journal::{Frame, FrameBuilder};
use shardbook_runtime::slot::ShardId;

use crate::golden::{frame, hex, unhex};

/// Header, length and digest around the golden frame.
const HEADER: &str = concat!(
    "5348424b5345474d010400030008000000000000000800000000000000",
    "abababababababababababababababababababababababababababababababab",
);
const DIGEST: &str = "b78d6b51b9c14ad138a21235e003d21e57e4e09f9e8e634d4c45a4a0e7ff8235";

fn written(header: &Header, frames: &[Frame]) -> Vec<u8> {
    let mut writer = SegmentWriter::new(Vec::new(), header).expect("memory takes all");
    for frame in frames {
        writer.frame(frame).expect("memory takes all");
    }
    let (bytes, count) = writer.finish().expect("memory takes all");
    assert_eq!(bytes.len() as u64, count);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Frame>, Damage> {
    let segment = Segment::open(bytes, bytes.len() as u64).map_err(|(damage, _)| damage)?;
    segment.map(|frame| frame.map_err(|(damage, _)| damage)).collect()
}

fn header(first: u64, last: u64, before: [u8; 32]) -> Header {
    Header {
        shards: 4,
        name: SegmentName {
            shard: ShardId(3),
            first,
            last,
        },
        before,
    }
}

/// A segment of some frames with some entries each.
fn chain(count: u64) -> (Header, Vec<Frame>) {
    let before = [7; 32];
    let mut builder = FrameBuilder::new(ShardId(3), 1, 20, before);
    let frames = (0..count).map(|_| builder.close(&[], 0)).collect();
    (header(21, 20 + count, before), frames)
}

/// Protects every archive ever written: a segment is read and written as it was.
#[test]
fn segments_keep_their_bytes() {
    let length = hex(&(frame().bytes().len() as u32).to_le_bytes());
    let golden = [HEADER, &length, &hex(frame().bytes()), DIGEST].concat();
    let header = header(8, 8, [0xAB; 32]);
    assert_eq!(hex(&written(&header, &[frame()])), golden);
    let bytes = unhex(&golden);
    let segment = Segment::open(bytes.as_slice(), bytes.len() as u64).expect("read for ever");
    assert_eq!(*segment.header(), header);
    assert_eq!(read(&bytes), Ok(vec![frame()]));
}

/// Protects memory: a length that no frame has is refused before anything is taken for it.
#[test]
fn lengths_are_bounded() {
    let (header, frames) = chain(1);
    let whole = written(&header, &frames);
    for (length, damage) in [
        (FRAME_LENGTH_MAX + 1, Damage::Altered),
        (u32::MAX, Damage::Altered),
        (FRAME_LENGTH_MAX, Damage::Truncated),
        (whole.len() as u32, Damage::Truncated),
        (0, Damage::Altered),
    ] {
        let mut bytes = whole.clone();
        bytes[61..65].copy_from_slice(&length.to_le_bytes());
        assert_eq!(read(&bytes), Err(damage), "{length}");
    }
}

proptest! {
    /// Protects the past in files: whichever byte is changed, wherever the file ends, whatever is added, it is found.
    #[test]
    fn any_damage_is_found(count in 1_u64..6, at in any::<prop::sample::Index>(), change in 1_u8.., more in 1_usize..40) {
        let (header, frames) = chain(count);
        let whole = written(&header, &frames);
        prop_assert_eq!(read(&whole), Ok(frames));
        let mut altered = whole.clone();
        altered[at.index(whole.len())] ^= change;
        prop_assert!(read(&altered).is_err());
        prop_assert_eq!(read(&whole[..at.index(whole.len())]), Err(Damage::Truncated));
        let longer = [whole.as_slice(), &vec![0; more]].concat();
        prop_assert_eq!(read(&longer), Err(Damage::Altered));
    }

    /// Protects a node from files of anybody: no bytes make the reader panic, take much memory or read without end.
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), keep_header in any::<bool>(), claimed in any::<u64>()) {
        let mut bytes = bytes;
        if keep_header && bytes.len() > 61 {
            let (header, _) = chain(3);
            bytes[..61].copy_from_slice(&written(&header, &[])[..61]);
        }
        prop_assert!(read(&bytes).is_err());
        let claims = Segment::open(bytes.as_slice(), claimed);
        prop_assert!(claims.is_err() || claims.into_iter().flatten().any(|frame| frame.is_err()));
    }
}
