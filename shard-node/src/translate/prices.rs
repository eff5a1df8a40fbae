//! Prices in every format of the wire.

use shardbook_domain::odds::{Format, Odds};
use shardbook_domain::player::{Command, Slip};
use shardbook_proto::client::v1::OddsFormat;

use super::Refusal;

fn format(format: OddsFormat) -> Option<Format> {
    Some(match format {
        OddsFormat::Unspecified => return None,
        OddsFormat::Decimal => Format::Decimal,
        OddsFormat::Fractional => Format::Fractional,
        OddsFormat::Moneyline => Format::Moneyline,
        OddsFormat::HongKong => Format::HongKong,
        OddsFormat::Indonesian => Format::Indonesian,
        OddsFormat::Malay => Format::Malay,
    })
}

/// The format of the prices that are asked for.
pub(crate) fn format_of(number: i32) -> Result<Format, Refusal> {
    let known = OddsFormat::try_from(number).ok().and_then(format);
    known.ok_or_else(|| {
        let message =
            "the odds format is not known: give decimal, fractional, moneyline, hong-kong, indonesian or malay";
        Refusal::new("ODDS_FORMAT_UNKNOWN", message)
    })
}

/// A price of the wire, which is decimal, in another format: what a gateway shows to whoever chose it. Nothing where the
/// text is no price.
#[must_use]
pub fn show_price(decimal: &str, shown: OddsFormat) -> Option<String> {
    Some(format(shown)?.show(Odds::parse(decimal).ok()?))
}

/// The command that places a slip whose prices were read in this format.
pub(crate) fn placing(slip: Slip, format: Format) -> Command {
    if format.is_exact() {
        Command::PlaceSlip(slip)
    } else {
        Command::PlaceShownSlip { slip, format }
    }
}
