//! Names and numbers of players, events, markets, selections and bets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::first_eight;

/// Why a text is not a name or an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The brand's name is not one.
    #[error("a brand is 1 to 32 characters of a-z, 0-9 and -")]
    Brand,
    /// The player's name at the brand is not one.
    #[error("a player's reference is 1 to 64 characters of A-Z, a-z, 0-9, dot, _ and -")]
    Reference,
    /// The event's name is not one.
    #[error("an event is named by 1 to 128 printable ASCII characters without spaces, such as bf:event:29788105")]
    Urn,
    /// Not 16 hexadecimal digits.
    #[error("a player id is 16 lower-case hexadecimal digits")]
    Player,
    /// Not `<player id>-<number>`.
    #[error("a bet id is a player id, a hyphen and the bet's number from 1, such as 00c0ffee00c0ffee-1")]
    Bet,
}

impl IdError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            IdError::Brand => "BRAND_INVALID",
            IdError::Reference => "PLAYER_INVALID",
            IdError::Urn => "EVENT_INVALID",
            IdError::Player => "PLAYER_ID_INVALID",
            IdError::Bet => "BET_ID_INVALID",
        }
    }
}

/// A player of one brand, wherever it is hosted: a hash of the brand and the brand's own reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlayerId(#[serde(with = "postcard::fixint::be")] pub u64);

impl PlayerId {
    /// The id of the player whom the brand knows by this reference.
    pub fn of(brand: &str, reference: &str) -> Result<PlayerId, IdError> {
        let brand_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&brand.len()) || !brand.bytes().all(brand_byte) {
            return Err(IdError::Brand);
        }
        let reference_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=64).contains(&reference.len()) || !reference.bytes().all(reference_byte) {
            return Err(IdError::Reference);
        }
        let (mut name, length) = ([0; 32 + 1 + 64], brand.len() + 1 + reference.len());
        name[..brand.len()].copy_from_slice(brand.as_bytes());
        name[brand.len()] = b'/';
        name[brand.len() + 1..length].copy_from_slice(reference.as_bytes());
        Ok(PlayerId(first_eight(&name[..length])))
    }
}

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for PlayerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<PlayerId, IdError> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(digit) {
            return Err(IdError::Player);
        }
        u64::from_str_radix(text, 16).map(PlayerId).map_err(|_| IdError::Player)
    }
}

/// A sporting event: a hash of the source's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(#[serde(with = "postcard::fixint::be")] pub u64);

impl EventId {
    /// The id of the event that the source calls by this name.
    pub fn of(urn: &str) -> Result<EventId, IdError> {
        if !(1..=128).contains(&urn.len()) || !urn.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdError::Urn);
        }
        Ok(EventId(first_eight(urn.as_bytes())))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A market of an event, numbered from 1 in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MarketNo(pub u32);

/// A selection of a market, numbered from 1 in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SelectionNo(pub u32);

/// A bet of a player, numbered from 1 in the order of placing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BetNo(pub u32);

impl fmt::Display for MarketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SelectionNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BetNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A slip of a player that was not decided at once, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlipNo(pub u32);

impl fmt::Display for SlipNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a leg of a bet is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SelectionRef {
    /// The sporting event.
    pub event: EventId,
    /// The market of the event.
    pub market: MarketNo,
    /// The selection of the market.
    pub selection: SelectionNo,
}

/// A bet among all bets of all players, shown as `<player id>-<bet number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BetId {
    /// Who placed it.
    pub player: PlayerId,
    /// Its number among the player's bets.
    pub bet: BetNo,
}

impl fmt::Display for BetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece and from the last digit on: it is in every answer to a bet.
        let (mut text, mut at) = ([0; 16 + 1 + 10], 27);
        let mut put = |byte: u8| {
            at -= 1;
            text[at] = byte;
        };
        let mut digits = self.bet.0;
        loop {
            put(b'0' + (digits % 10) as u8);
            digits /= 10;
            if digits == 0 {
                break;
            }
        }
        put(b'-');
        for nibble in 0..16 {
            let digit = (self.player.0 >> (4 * nibble)) as usize % 16;
            put(b"0123456789abcdef"[digit]);
        }
        let text = std::str::from_utf8(&text[at..]);
        f.write_str(text.unwrap_or_else(|_| unreachable!("only digits and a hyphen")))
    }
}

impl FromStr for BetId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<BetId, IdError> {
        let (player, bet) = text.split_once('-').ok_or(IdError::Bet)?;
        let player = player.parse().map_err(|_| IdError::Bet)?;
        if bet.starts_with('0') || !bet.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(IdError::Bet);
        }
        Ok(BetId {
            player,
            bet: BetNo(bet.parse().map_err(|_| IdError::Bet)?),
        })
    }
}
