//! Prices as a client reads and writes them. Shards speak decimal; everything that leaves is written anew where a client
//! chose another format.

use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, Error, OddsFormat, SlipQuote, SlipTaken};
use shardbook_proto::internal::v1::InFormat;
use shardbook_proto::internal::v1::in_format::Asked as Priced;
use shardbook_proto::internal::v1::player_request::Request as Ask;
use shardbook_proto::internal::v1::shard_reply::Reply;

/// Writes a decimal price in another format; nothing where the text is no price. The rule is the domain's: whoever starts
/// a gateway hands it in.
pub type ShowPrice = fn(&str, OddsFormat) -> Option<String>;

/// How one connection or call writes prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoting {
    /// Never unspecified.
    format: OddsFormat,
    show: ShowPrice,
}

/// Formats besides decimal, in which a frame may have to be written.
pub(crate) const OTHERS: usize = 5;

/// Names in the metadata of a gRPC call.
const NAMES: [(&str, OddsFormat); 6] = [
    ("decimal", OddsFormat::Decimal),
    ("fractional", OddsFormat::Fractional),
    ("moneyline", OddsFormat::Moneyline),
    ("hong-kong", OddsFormat::HongKong),
    ("indonesian", OddsFormat::Indonesian),
    ("malay", OddsFormat::Malay),
];

/// A format by its name; nothing for an unknown one.
pub(crate) fn named(name: &[u8]) -> Option<OddsFormat> {
    NAMES
        .iter()
        .find(|(known, _)| known.as_bytes() == name)
        .map(|(_, format)| *format)
}

/// Writes every price as decimal: all that a gateway without the other formats can do.
pub(crate) fn decimal_only(_: &str, _: OddsFormat) -> Option<String> {
    None
}

impl Quoting {
    pub(crate) fn decimal(show: ShowPrice) -> Self {
        Self {
            format: OddsFormat::Decimal,
            show,
        }
    }

    /// The same in this format; nothing where it is none, or cannot be written here.
    pub(crate) fn changed(self, format: OddsFormat) -> Option<Self> {
        let written = || (self.show)("2.00", format).is_some();
        let can = match format {
            OddsFormat::Unspecified => false,
            OddsFormat::Decimal => true,
            _ => written(),
        };
        can.then_some(Self { format, ..self })
    }

    pub(crate) fn format(self) -> OddsFormat {
        self.format
    }

    /// Which of the formats besides decimal it is.
    pub(crate) fn other(self) -> Option<usize> {
        (self.format as usize).checked_sub(OddsFormat::Fractional as usize)
    }

    /// What is asked of a shard, with the format of the prices in it.
    pub(crate) fn ask(self, ask: Ask) -> Ask {
        if self.format == OddsFormat::Decimal {
            return ask;
        }
        let asked = match ask {
            Ask::PlaceBet(bet) => Priced::PlaceBet(bet),
            Ask::PlaceSlip(slip) => Priced::PlaceSlip(slip),
            Ask::QuoteSlip(slip) => Priced::QuoteSlip(slip),
            unpriced => return unpriced,
        };
        Ask::InFormat(InFormat {
            format: self.format.into(),
            asked: Some(asked),
        })
    }

    fn price(self, text: &mut String) {
        if self.format != OddsFormat::Decimal
            && let Some(shown) = (self.show)(text, self.format)
        {
            *text = shown;
        }
    }

    fn bet(self, bet: &mut Bet) {
        for leg in &mut bet.legs {
            self.price(&mut leg.price);
            self.price(&mut leg.corrected_price);
        }
    }

    pub(crate) fn error(self, error: &mut Error) {
        self.refusal(&mut error.price_now, &mut error.message);
        for reason in &mut error.reasons {
            self.refusal(&mut reason.price_now, &mut reason.message);
        }
    }

    /// The message of a refusal says the price too.
    fn refusal(self, price: &mut String, message: &mut String) {
        if price.is_empty() || self.format == OddsFormat::Decimal {
            return;
        }
        let before = price.clone();
        self.price(price);
        *message = message.replace(&before, price);
    }

    fn slip(self, slip: &mut SlipTaken) {
        slip.bets.iter_mut().for_each(|bet| self.bet(bet));
        if let Some(offer) = &mut slip.offer {
            offer.prices.iter_mut().for_each(|price| self.price(price));
        }
        if let Some(refused) = &mut slip.refused {
            self.error(refused);
        }
    }

    fn quote(self, quote: &mut SlipQuote) {
        quote.prices.iter_mut().for_each(|price| self.price(price));
        for reason in &mut quote.reasons {
            self.refusal(&mut reason.price_now, &mut reason.message);
        }
    }

    /// Every price in what a shard answers a player.
    pub(crate) fn reply(self, reply: &mut Reply) {
        match reply {
            Reply::Error(error) => self.error(error),
            Reply::BetPlaced(placed) => placed.bet.iter_mut().for_each(|bet| self.bet(bet)),
            Reply::Bets(bets) => bets.bets.iter_mut().for_each(|bet| self.bet(bet)),
            Reply::Slip(slip) => self.slip(slip),
            Reply::SlipQuote(quote) => self.quote(quote),
            Reply::Slips(slips) => slips.slips.iter_mut().for_each(|slip| self.slip(slip)),
            Reply::CashedOut(sold) => sold.bet.iter_mut().for_each(|bet| self.bet(bet)),
            Reply::Registered(_)
            | Reply::Balance(_)
            | Reply::LimitSet(_)
            | Reply::SelfExcluded(_)
            | Reply::Feed(_)
            | Reply::HouseTotals(_)
            | Reply::Checkpoint(_)
            | Reply::CashOutLocked(_)
            | Reply::CashOutOffers(_)
            | Reply::Trader(_)
            | Reply::Referrals(_) => {}
        }
    }

    /// Every price in what a client is told.
    pub(crate) fn body(self, body: &mut Body) {
        match body {
            Body::Error(error) => self.error(error),
            Body::BetPlaced(placed) => placed.bet.iter_mut().for_each(|bet| self.bet(bet)),
            Body::Bets(bets) => bets.bets.iter_mut().for_each(|bet| self.bet(bet)),
            Body::Slip(slip) | Body::SlipChanged(slip) => self.slip(slip),
            Body::SlipQuote(quote) => self.quote(quote),
            Body::Slips(slips) => slips.slips.iter_mut().for_each(|slip| self.slip(slip)),
            Body::CashedOut(sold) => sold.bet.iter_mut().for_each(|bet| self.bet(bet)),
            Body::BetChanged(changed) => changed.bet.iter_mut().for_each(|bet| self.bet(bet)),
            Body::Market(image) => image.selections.iter_mut().for_each(|line| self.price(&mut line.price)),
            Body::Delta(delta) => delta.lines.iter_mut().for_each(|line| self.price(&mut line.price)),
            Body::SessionOpened(_)
            | Body::Balance(_)
            | Body::CashierDone(_)
            | Body::Subscribed(_)
            | Body::Unsubscribed(_)
            | Body::LimitSet(_)
            | Body::SelfExcluded(_)
            | Body::Pong(_)
            | Body::Events(_)
            | Body::CashOutLocked(_)
            | Body::CashOutWatched(_)
            | Body::Event(_)
            | Body::BalanceChanged(_)
            | Body::Resync(_)
            | Body::CashOutOffers(_)
            | Body::OddsFormatSet(_) => {}
        }
    }
}
