//! Text for people, or one JSON object a line.

use std::io::{BufWriter, Write};

use serde_json::Value;

use crate::Failure;

pub(super) struct Out<W: Write> {
    to: BufWriter<W>,
    json: bool,
}

impl<W: Write> Out<W> {
    pub(super) fn new(to: W, json: bool) -> Self {
        Self {
            to: BufWriter::new(to),
            json,
        }
    }

    /// One thing: as text, or as an object whose key `record` tells what it is.
    pub(super) fn record(&mut self, kind: &str, value: Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if !self.json {
            return Ok(writeln!(self.to, "{}", text())?);
        }
        let mut object = serde_json::Map::new();
        object.insert("record".into(), kind.into());
        match value {
            Value::Object(fields) => object.extend(fields),
            other => _ = object.insert("value".into(), other),
        }
        Ok(writeln!(self.to, "{}", Value::Object(object))?)
    }

    /// A heading; JSON has none.
    pub(super) fn heading(&mut self, text: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        Ok(writeln!(self.to, "\n{text}")?)
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.to.flush()?)
    }
}
