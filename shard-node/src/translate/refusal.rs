//! Every no of the domain, and of the way to it, as the wire tells it.

use shardbook_domain::player::{self, Rejection};
use shardbook_proto::client::v1::{Error, Reason};

/// A refusal with a stable code, before or after the command reached its entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) leg: Option<u32>,
    pub(crate) bet: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            leg: None,
            bet: None,
        }
    }

    pub(crate) fn on_leg(mut self, leg: usize) -> Self {
        self.leg = Some(leg as u32);
        self
    }

    pub(crate) fn on_bet(mut self, bet: usize) -> Self {
        self.bet = Some(bet as u32);
        self
    }

    pub(crate) fn to_wire(&self) -> Error {
        let reason = self.bet.map(|bet| Reason {
            bet: Some(bet),
            leg: self.leg,
            code: self.code.into(),
            message: self.message.clone(),
            ..Reason::default()
        });
        Error {
            reasons: reason.into_iter().collect(),
            code: self.code.into(),
            message: self.message.clone(),
            leg: self.leg,
            ..Error::default()
        }
    }
}

/// A recorded refusal of a player's command.
pub(crate) fn rejection(rejection: &Rejection) -> Error {
    Error {
        code: rejection.code().into(),
        message: rejection.to_string(),
        leg: rejection.leg().map(u32::from),
        max_stake: rejection.max_stake().map(|stake| stake.decimal()).unwrap_or_default(),
        price_now: rejection.price_now().map(|price| price.to_string()).unwrap_or_default(),
        retry: false,
        reasons: match rejection {
            Rejection::Slip(refusal) => refusal.reasons().map(reason).collect(),
            _ => Vec::new(),
        },
        retry_after_ms: 0,
    }
}

/// One reason against a slip.
pub(crate) fn reason(reason: &player::Reason) -> Reason {
    let rejection = &reason.rejection;
    let most = reason.max_stake.or(rejection.max_stake());
    Reason {
        bet: reason.bet.map(u32::from),
        leg: reason.leg().map(u32::from),
        code: rejection.code().into(),
        message: rejection.to_string(),
        max_stake: most.map(|stake| stake.decimal()).unwrap_or_default(),
        price_now: rejection.price_now().map(|price| price.to_string()).unwrap_or_default(),
    }
}

/// The id was used before for a command with other content.
pub(crate) fn id_reused() -> Refusal {
    Refusal::new(
        "COMMAND_ID_REUSED",
        "this id was used before for a command with other content: take a new id for a new command",
    )
}
