//! Why a message about a sporting event is refused.

use serde::{Deserialize, Serialize};

use super::decide::{MAX_MARKETS, MAX_SELECTIONS, MAX_SELECTIONS_OF_EVENT};
use crate::codec::{self, DecodeError};
use crate::time::Time;

/// A refusal: a closed list with stable codes, kept with the message's id. Variants are appended and never reordered. A
/// message that deserves several gets the one that is checked first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Rejection {
    /// Published before what was taken last.
    #[error("the source's time went back behind {last}: send messages in the order of their publishing")]
    SourceTimeWentBack {
        /// When the last change was published.
        last: Time,
    },
    /// The event has no fixture yet.
    #[error("the event is not known: send its fixture first")]
    UnknownEvent,
    /// The event's id belongs to another name.
    #[error("this event id belongs to {urn}: name the event as before")]
    OtherEvent {
        /// The name that it belongs to.
        urn: Box<str>,
    },
    /// The event's name is not one.
    #[error("the event's name is not valid: give 1 to 128 printable ASCII characters without spaces")]
    BadUrn,
    /// A text is empty, too long or has control characters.
    #[error(
        "the {field} is not valid: give at most {max} bytes without control characters, and not nothing if it names something"
    )]
    BadText {
        /// Which text.
        field: Box<str>,
        /// Most bytes.
        max: u16,
    },
    /// The key of a market is not one.
    #[error(
        "the market's type or specifiers are not valid: 1 to 64 of A-Z a-z 0-9 . _ - and up to 200 printable ASCII characters"
    )]
    BadMarketKey,
    /// The first message of a market does not define it.
    #[error("the market is not known: send its definition first")]
    UnknownMarket,
    /// A market without selections.
    #[error("the market has no selections: define at least one")]
    NoSelections,
    /// The event has as many markets as allowed.
    #[error("the event has {MAX_MARKETS} markets, the most that are allowed: close the feed's scope down")]
    TooManyMarkets,
    /// The market would have more selections than allowed.
    #[error(
        "the market would have more than {MAX_SELECTIONS} selections, or the event more than {MAX_SELECTIONS_OF_EVENT}: split it"
    )]
    TooManySelections,
    /// The market has no selection of this id.
    #[error("the market has no selection {selection}: define it before it is priced or resulted")]
    UnknownSelection {
        /// The source's id.
        selection: Box<str>,
    },
    /// A selection is named twice in one message.
    #[error("selection {selection} is named twice: name each once")]
    DuplicateSelection {
        /// The source's id.
        selection: Box<str>,
    },
    /// A price for a selection that is out.
    #[error("selection {selection} is withdrawn: it gets no price any more")]
    SelectionRemoved {
        /// The source's id.
        selection: Box<str>,
    },
    /// A change of a market that has a result or is void.
    #[error("the market has a result: roll it back before anything else is changed")]
    MarketResulted,
    /// The result leaves a selection out.
    #[error("the result does not name selection {selection}: name every selection that is not withdrawn")]
    ResultIncomplete {
        /// The source's id.
        selection: Box<str>,
    },
    /// The result gives a withdrawn selection another outcome than void.
    #[error("selection {selection} is withdrawn: its outcome can only be void")]
    RemovedNotVoid {
        /// The source's id.
        selection: Box<str>,
    },
    /// A trader takes back what no trader said, or what is taken back already. From a feed that is a message whose
    /// predecessor is late.
    #[error("nothing of this was said by hand: there is nothing to roll back")]
    NothingToRollBack,
    /// The market was resulted and taken back too often to count on.
    #[error("the market's result was changed too often: void it by hand")]
    TooManyResults,
    /// A position that no runner has.
    #[error("the position of selection {selection} is not valid: positions and tied runners are counted from 1")]
    BadFinish {
        /// The source's id.
        selection: Box<str>,
    },
    /// A window that no bet can be in.
    #[error("the window ends before it begins: give a beginning that is before the end, or leave one of them out")]
    BadWindow,
    /// A trader confirms what is no result or is confirmed already.
    #[error("the market has no result that waits for confirmation: give the result first")]
    NothingToConfirm,
    /// More was said of the market's settlement than is kept.
    #[error("too much was said of this market's settlement: correct its bets by hand")]
    TooManyFacts,
    /// The parts of a chance come to more than certainty.
    #[error("the chance of selection {selection} is above certainty: its parts come to at most one million together")]
    ImpossibleChance {
        /// The source's id.
        selection: Box<str>,
    },
}

impl Rejection {
    fn entry(&self) -> (u16, &'static str) {
        match self {
            Rejection::SourceTimeWentBack { .. } => (201, "SOURCE_TIME_WENT_BACK"),
            Rejection::UnknownEvent => (202, "EVENT_UNKNOWN"),
            Rejection::OtherEvent { .. } => (203, "EVENT_OTHER"),
            Rejection::BadUrn => (204, "EVENT_INVALID"),
            Rejection::BadText { .. } => (205, "TEXT_INVALID"),
            Rejection::BadMarketKey => (206, "MARKET_KEY_INVALID"),
            Rejection::UnknownMarket => (207, "MARKET_UNKNOWN"),
            Rejection::NoSelections => (208, "NO_SELECTIONS"),
            Rejection::TooManyMarkets => (209, "TOO_MANY_MARKETS"),
            Rejection::TooManySelections => (210, "TOO_MANY_SELECTIONS"),
            Rejection::UnknownSelection { .. } => (211, "SELECTION_UNKNOWN"),
            Rejection::DuplicateSelection { .. } => (212, "SELECTION_DUPLICATE"),
            Rejection::SelectionRemoved { .. } => (213, "SELECTION_REMOVED"),
            Rejection::MarketResulted => (214, "MARKET_RESULTED"),
            Rejection::ResultIncomplete { .. } => (215, "RESULT_INCOMPLETE"),
            Rejection::RemovedNotVoid { .. } => (216, "REMOVED_NOT_VOID"),
            Rejection::NothingToRollBack => (217, "NOTHING_TO_ROLL_BACK"),
            Rejection::TooManyResults => (218, "TOO_MANY_RESULTS"),
            Rejection::BadFinish { .. } => (219, "FINISH_INVALID"),
            Rejection::BadWindow => (220, "WINDOW_INVALID"),
            Rejection::NothingToConfirm => (221, "NOTHING_TO_CONFIRM"),
            Rejection::TooManyFacts => (222, "TOO_MANY_FACTS"),
            Rejection::ImpossibleChance { .. } => (223, "CHANCE_INVALID"),
        }
    }

    /// The stable code on the wire. What to do is in the message (`Display`).
    pub fn code(&self) -> &'static str {
        self.entry().1
    }

    /// The stable number of the code, for counters.
    pub fn number(&self) -> u16 {
        self.entry().0
    }

    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads the bytes of exactly one rejection.
    pub fn decode(bytes: &[u8]) -> Result<Rejection, DecodeError> {
        codec::decode(bytes, codec::MAX_RECORD_BYTES)
    }
}
