//! The bytes of events, snapshots and outcomes: postcard, bounded, with nothing left over.

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes that an event, a reply or a rejection may have. A market of 500 selections with the longest names fits.
pub(crate) const MAX_RECORD_BYTES: usize = 1 << 20;

/// Most bytes that a snapshot may have. An event with as many selections as are allowed fits.
pub(crate) const MAX_SNAPSHOT_BYTES: usize = 64 << 20;

/// Why bytes are not what they were said to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than any valid value has.
    #[error("{found} bytes are more than the {limit} that are allowed: the record is not one of ours")]
    TooLong {
        /// Bytes given.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The bytes end early or hold a value out of its range.
    #[error("not a valid record ({0}): it was altered or written by a newer version")]
    Malformed(String),
    /// The value ended before the bytes did.
    #[error("{0} bytes follow the record: it was altered or written by a newer version")]
    TrailingBytes(usize),
    /// A snapshot in another layout; the journal still holds what it stood for.
    #[error("snapshot layout {found} is not the layout {expected} of this version: rebuild it from the journal")]
    OtherLayout {
        /// Layout found.
        found: u8,
        /// Layout of this version.
        expected: u8,
    },
}

struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        // Nearly every piece is a short number: to call for a copy of unknown length would cost more than the copy.
        match *data {
            [a] => self.0.push(a),
            [a, b] => self.0.extend_from_slice(&[a, b]),
            [a, b, c] => self.0.extend_from_slice(&[a, b, c]),
            [a, b, c, d] => self.0.extend_from_slice(&[a, b, c, d]),
            _ => self.0.extend_from_slice(data),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

pub(crate) fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    postcard::serialize_with_flavor(value, Append(out))
        .expect("our values have known lengths and memory does not fail");
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    match take(bytes, limit)? {
        (value, []) => Ok(value),
        (_, rest) => Err(DecodeError::TrailingBytes(rest.len())),
    }
}

/// Reads what bytes begin with; what follows is not looked at.
pub(crate) fn decode_front<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    take(bytes, limit).map(|(value, _)| value)
}

fn take<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<(T, &[u8]), DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLong {
            found: bytes.len(),
            limit,
        });
    }
    postcard::take_from_bytes(bytes).map_err(|error| DecodeError::Malformed(error.to_string()))
}

pub(crate) fn encode_snapshot<T: Serialize>(layout: u8, value: &T, out: &mut Vec<u8>) {
    out.push(layout);
    encode(value, out);
}

pub(crate) fn decode_snapshot<T: DeserializeOwned>(layout: u8, bytes: &[u8]) -> Result<T, DecodeError> {
    match bytes.split_first() {
        Some((&found, rest)) if found == layout => decode(rest, MAX_SNAPSHOT_BYTES),
        Some((&found, _)) => Err(DecodeError::OtherLayout {
            found,
            expected: layout,
        }),
        None => Err(DecodeError::Malformed("no bytes".to_owned())),
    }
}

/// What a look at the bytes of a value gives. Nearly every value that is looked at like this is short, and then nothing is
/// allocated for its bytes.
pub(crate) fn with_bytes<T: Serialize, R>(value: &T, look: impl FnOnce(&[u8]) -> R) -> R {
    let mut short = [0; 256];
    if let Ok(bytes) = postcard::to_slice(value, &mut short) {
        return look(bytes);
    }
    let mut bytes = Vec::new();
    encode(value, &mut bytes);
    look(&bytes)
}

/// First 8 bytes of the BLAKE3 digest of a command's bytes: the same content gives the same number.
pub(crate) fn fingerprint<T: Serialize>(value: &T) -> u64 {
    with_bytes(value, first_eight)
}

pub(crate) fn first_eight(bytes: &[u8]) -> u64 {
    let digest = blake3::hash(bytes);
    let (head, _) = digest
        .as_bytes()
        .split_first_chunk::<8>()
        .expect("a digest has 32 bytes");
    u64::from_be_bytes(*head)
}
