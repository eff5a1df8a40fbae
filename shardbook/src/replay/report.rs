use std::fmt;

use serde::Serialize;
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{FeedMessage, FeedReply};

use super::feed::Read;
use super::publisher::Sent;

/// Refusals kept in words.
const REFUSALS_KEPT: usize = 10;

/// The whole of a replay: what was read, what was sent, what was answered. The keys of its JSON are stable.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What was read.
    pub read: Read,
    /// What was sent.
    pub sent: Sent,
}

impl Sent {
    pub(super) fn count(&mut self, message: &FeedMessage, reply: FeedReply) {
        self.messages += 1;
        self.results += u64::from(matches!(message.body, Some(Body::Result(_))));
        if reply.code.is_empty() {
            *self.answers.entry("TAKEN".into()).or_default() += 1;
            return;
        }
        if self.refusals.len() < REFUSALS_KEPT {
            self.refusals.push(format!(
                "{} of {}: {} {}",
                reply.id, message.event, reply.code, reply.message
            ));
        }
        *self.answers.entry(reply.code).or_default() += 1;
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = &self.files;
        writeln!(f, "lines read         {} ({} bytes)", files.lines, files.bytes)?;
        for (code, count) in &files.skipped {
            writeln!(f, "  skipped          {count} {code}")?;
        }
        for (code, count) in &files.noted {
            writeln!(f, "  noted            {count} {code}")?;
        }
        for example in files.examples.values().flatten() {
            writeln!(f, "    {example}")?;
        }
        writeln!(
            f,
            "events, markets    {}, {} ({} settled)",
            files.events, files.markets, files.settled
        )?;
        write!(
            f,
            "messages made      {} of files, {} synthetic",
            files.messages, self.synthetic_messages
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.read)?;
        let sent = &self.sent;
        write!(
            f,
            "messages sent      {} ({} results, {} sent again)",
            sent.messages, sent.results, sent.sent_again
        )?;
        for (code, count) in &sent.answers {
            write!(f, "\n  answered         {count} {code}")?;
        }
        sent.refusals
            .iter()
            .try_for_each(|refusal| write!(f, "\n    {refusal}"))
    }
}
