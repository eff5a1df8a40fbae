use std::io::{BufRead, ErrorKind};

/// Lines of bounded length. A longer one is passed over without being held.
pub(crate) struct LineReader<R> {
    reader: R,
    longest: usize,
    buffer: Vec<u8>,
    count: u64,
    offset: u64,
    ended: bool,
}

/// One line without its line ending.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Where it begins, in bytes of text.
    pub offset: u64,
    /// Where the next begins.
    pub end: u64,
    /// Its bytes; `None` if it is longer than the limit.
    pub text: Option<&'a [u8]>,
}

#[derive(Debug)]
pub(crate) enum ReadError {
    CutOff,
    Damaged(String),
}

impl<R: BufRead> LineReader<R> {
    pub fn new(reader: R, longest: usize) -> Self {
        Self {
            reader,
            longest,
            buffer: Vec::new(),
            count: 0,
            offset: 0,
            ended: false,
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let start = self.offset;
        self.buffer.clear();
        let mut oversized = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => {
                    self.ended = true;
                    self.offset = start;
                    let cut_off = e.kind() == ErrorKind::UnexpectedEof;
                    return Err(if cut_off {
                        ReadError::CutOff
                    } else {
                        ReadError::Damaged(e.to_string())
                    });
                }
            };
            if available.is_empty() {
                self.ended = true;
                if self.offset == start {
                    return Ok(None);
                }
                break;
            }
            let end = available.iter().position(|&b| b == b'\n');
            let taken = end.map_or(available.len(), |at| at + 1);
            let text = &available[..end.unwrap_or(taken)];
            // One byte of grace for the carriage return that is cut below.
            oversized |= self.buffer.len() + text.len() > self.longest + 1;
            if !oversized {
                self.buffer.extend_from_slice(text);
            }
            self.reader.consume(taken);
            self.offset += taken as u64;
            if end.is_some() {
                break;
            }
        }
        self.count += 1;
        let text = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        let text = (!oversized && text.len() <= self.longest).then_some(text);
        Ok(Some(Line {
            number: self.count,
            offset: start,
            end: self.offset,
            text,
        }))
    }
}
