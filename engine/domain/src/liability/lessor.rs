//! The owner's side of the messages.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ask, Desk, Granted, NodeNo, Recall, Returned, Statement, Tally};
use crate::exposure::Load;
use crate::rules::Caps;

/// A desk with what was said to and by each node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lessor {
    term: u64,
    desk: Desk,
    sessions: BTreeMap<NodeNo, Session>,
    awaited: BTreeSet<NodeNo>,
}

/// What was said in one incarnation of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Session {
    epoch: u64,
    dismissed: bool,
    taken: Tally,
    granted: Tally,
    returned: Tally,
    answered: u64,
    short: Tally,
}

impl Lessor {
    /// The owner of a limit of which nobody holds a part. The term is at least 1 and higher than that of any earlier
    /// owner of this limit.
    pub fn new(term: u64, limit: Caps) -> Lessor {
        Lessor::awaiting(term, limit, [])
    }

    /// An owner that restarted or took over: it grants nothing until each of these nodes has spoken in its term. They
    /// must be all that may hold a part.
    pub fn awaiting(term: u64, limit: Caps, nodes: impl IntoIterator<Item = NodeNo>) -> Lessor {
        assert!(term > 0, "terms count from 1, since 0 is no owner heard of");
        Lessor {
            term,
            desk: Desk::new(limit),
            sessions: BTreeMap::new(),
            awaited: nodes.into_iter().collect(),
        }
    }

    /// The desk itself, to read.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Whether nodes must speak before anything is granted.
    pub fn is_waiting(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Answers an ask. Each number is granted once; all later deliveries get the totals as they are.
    pub fn ask(&mut self, ask: &Ask) -> Granted {
        let node = ask.statement.node;
        if !self.note(&ask.statement) || self.is_waiting() {
            return self.answer(&ask.statement);
        }
        let before = self.sessions[&node];
        if ask.number > before.answered {
            let granted = self.desk.grant(node, ask.want.load());
            let session = self.sessions.entry(node).or_default();
            session.granted = session.granted.plus(granted.into());
            session.answered = ask.number;
            session.short = ask.want.minus(granted.into()).positive();
        }
        self.answer(&ask.statement)
    }

    /// Takes in what a node says of itself, and confirms it.
    pub fn returned(&mut self, returned: &Returned) -> Granted {
        self.note(&returned.statement);
        self.answer(&returned.statement)
    }

    /// What an ask wants beyond what is left. Nothing if it is of another term or was answered before, or if nothing is
    /// granted yet.
    pub fn missing(&self, ask: &Ask) -> Load {
        let answered = self
            .session(ask.statement.node, ask.statement.epoch)
            .map_or(0, |session| session.answered);
        if self.is_waiting() || ask.statement.term != self.term || ask.number <= answered {
            return Load::default();
        }
        ask.want.minus(self.desk.free()).load()
    }

    /// Recalls for what a node misses, to be sent to the others; see [`Desk::recalls`].
    pub fn recalls(&self, wanted_by: NodeNo, missing: Load) -> Vec<Recall> {
        self.recalls_from(Some(wanted_by), missing)
    }

    /// Recalls for what is leased beyond a limit that was lowered.
    pub fn recalls_of_excess(&self) -> Vec<Recall> {
        self.recalls_from(None, self.desk.excess())
    }

    /// A recall of so much from one node.
    pub fn recall(&self, node: NodeNo, load: Load) -> Recall {
        let epoch = self.sessions.get(&node).map_or(0, |session| session.epoch);
        Recall {
            granted: self.totals(node, epoch),
            load: load.into(),
        }
    }

    /// Changes the limit; see [`Desk::set_limit`].
    pub fn set_limit(&mut self, limit: Caps) {
        self.desk.set_limit(limit);
    }

    /// Forgets a node that is gone for good with what it held, and all that this incarnation may still say. Its bets
    /// must have been restored elsewhere before, and the node must take none any more.
    pub fn dismiss(&mut self, node: NodeNo) {
        self.awaited.remove(&node);
        self.desk.dismiss(node);
        if let Some(session) = self.sessions.get_mut(&node) {
            session.dismissed = true;
        }
    }

    /// Notes a statement of this term and of the node's latest incarnation; says whether it was one.
    fn note(&mut self, said: &Statement) -> bool {
        if said.term != self.term {
            return false;
        }
        let session = self.sessions.entry(said.node).or_default();
        let ended = session.dismissed && session.epoch == said.epoch;
        if ended || session.epoch > said.epoch {
            return false;
        }
        if session.epoch < said.epoch {
            *session = Session {
                epoch: said.epoch,
                ..Session::default()
            };
        }
        session.taken = session.taken.at_least(said.taken);
        session.returned = session.returned.at_least(said.returned);
        let held = session.taken.plus(session.granted).minus(session.returned);
        self.desk.set(said.node, held);
        self.awaited.remove(&said.node);
        true
    }

    fn session(&self, node: NodeNo, epoch: u64) -> Option<&Session> {
        let session = self.sessions.get(&node)?;
        (session.epoch == epoch).then_some(session)
    }

    fn answer(&self, said: &Statement) -> Granted {
        self.totals(said.node, said.epoch)
    }

    fn totals(&self, node: NodeNo, epoch: u64) -> Granted {
        let session = self.session(node, epoch).copied().unwrap_or_default();
        Granted {
            node,
            epoch,
            term: self.term,
            answered: session.answered,
            granted: session.granted,
            taken: session.taken,
            returned: session.returned,
            allowance: self.desk.allowance().into(),
            short: session.short,
        }
    }

    fn recalls_from(&self, wanted_by: Option<NodeNo>, missing: Load) -> Vec<Recall> {
        let asked = self.desk.recalls(wanted_by, missing).into_iter();
        asked.map(|(node, load)| self.recall(node, load)).collect()
    }
}
