//! Bounded reading and writing of the small pieces that frames and rows are made of.

use crate::entity::Undecodable;

/// Bytes of the longest number.
pub(crate) const VARINT_BYTES_MAX: usize = 10;

/// Writes an unsigned number in 1 to 10 bytes, seven bits each.
pub(crate) fn put_varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// Writes a length and the bytes.
pub(crate) fn put_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// Reads from the front of a slice; every read is bounded by what is left.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], Undecodable> {
        let Some((head, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.too_few(count, what));
        };
        self.rest = rest;
        Ok(head)
    }

    #[cold]
    fn too_few(&self, wanted: usize, what: &str) -> Undecodable {
        Undecodable(format!("{what}: {wanted} bytes wanted, {} left", self.rest.len()))
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Undecodable> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub(crate) fn byte(&mut self, what: &str) -> Result<u8, Undecodable> {
        let Some((byte, rest)) = self.rest.split_first() else {
            return Err(self.too_few(1, what));
        };
        self.rest = rest;
        Ok(*byte)
    }

    pub(crate) fn flag(&mut self, what: &str) -> Result<bool, Undecodable> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Undecodable(format!("{what}: unknown tag {other}"))),
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self, what: &str) -> Result<u64, Undecodable> {
        // Most numbers are short.
        if let [byte @ ..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint(what)
    }

    fn long_varint(&mut self, what: &str) -> Result<u64, Undecodable> {
        let mut value = 0;
        for (at, byte) in self.rest.iter().enumerate().take(VARINT_BYTES_MAX) {
            value |= u64::from(byte & 0x7F) << (7 * at);
            // Of the last byte there is room for one bit.
            if at + 1 == VARINT_BYTES_MAX && *byte > 1 {
                break;
            }
            if byte & 0x80 == 0 {
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
        }
        if self.rest.len() < VARINT_BYTES_MAX {
            self.rest = &[];
            return Err(self.too_few(1, what));
        }
        Err(Undecodable(format!("{what}: number too large")))
    }

    pub(crate) fn bytes(&mut self, what: &str) -> Result<&'a [u8], Undecodable> {
        let length = self.varint(what)?;
        let length = usize::try_from(length).map_err(|_| Undecodable(format!("{what}: length {length}")))?;
        self.take(length, what)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Protects every length and position: what is no number is refused, and nothing is read beyond one.
    #[test]
    fn numbers_have_bounds() {
        let largest = [&[0xFF; 9][..], &[1]].concat();
        let table: [(&[u8], Result<(u64, usize), &str>); 9] = [
            (&[0], Ok((0, 0))),
            (&[0x7F, 5], Ok((127, 1))),
            (&[0x80, 1, 5, 5], Ok((128, 2))),
            (&[0x80, 0], Ok((0, 0))),
            (&largest, Ok((u64::MAX, 0))),
            (&[], Err("n: 1 bytes wanted, 0 left")),
            (&[0x80], Err("n: 1 bytes wanted, 0 left")),
            (&[0xFF; 9], Err("n: 1 bytes wanted, 0 left")),
            (&[&[0xFF; 9][..], &[2]].concat(), Err("n: number too large")),
        ];
        for (bytes, expected) in table {
            let mut reader = Reader::new(bytes);
            let read = reader.varint("n").map(|number| (number, reader.left()));
            assert_eq!(read, expected.map_err(|why| Undecodable(why.into())), "{bytes:?}");
        }
        assert!(Reader::new(&[0x80; 11]).varint("n").is_err());
    }

    proptest! {
        /// Protects what was written: a number is read back, and what follows it is left.
        #[test]
        fn numbers_are_read_back(number: u64, shift in 0..64, rest in prop::collection::vec(any::<u8>(), 0..12)) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            put_varint(number, &mut bytes);
            bytes.extend_from_slice(&rest);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint("n"), Ok(number));
            prop_assert_eq!(reader.left(), rest.len());
        }
    }
}
