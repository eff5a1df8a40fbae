//! Bounded reading and writing of the small pieces that frames and rows are made of.

use crate::entity::Undecodable;

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
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Undecodable(format!("{what}: number too large")))
    }

    pub(crate) fn bytes(&mut self, what: &str) -> Result<&'a [u8], Undecodable> {
        let length = self.varint(what)?;
        let length = usize::try_from(length).map_err(|_| Undecodable(format!("{what}: length {length}")))?;
        self.take(length, what)
    }
}
