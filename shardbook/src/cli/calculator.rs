use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use shardbook_domain::odds::Format;

/// Arguments of `shardbook settle`.
///
/// Settles the bets of documents by the results in them and shows how each comes to its return, line by line. Needs no
/// server and no data folder. Exit code 0: every document was settled; 1: at least one was refused, and why.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook settle docs/examples/settle-lucky-15.json
  shardbook settle --brief saturday.json sunday.json
  shardbook settle --json --bet anna-1 -
  shardbook settle --schema")]
pub struct SettleArgs {
    /// Documents of bets and results, each at most 16 MiB; - or none is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON, one object for each document on a line of its own, instead of text.
    #[arg(long)]
    pub json: bool,
    /// Print one line for each bet, without the working.
    #[arg(long, conflicts_with = "json")]
    pub brief: bool,
    /// Print this bet only: its id, or its number in the document from 1.
    #[arg(long, value_name = "BET")]
    pub bet: Option<String>,
    /// Print the JSON Schema of documents and end.
    #[arg(long, conflicts_with_all = ["files", "json", "brief", "bet"])]
    pub schema: bool,
}

/// Arguments of `shardbook odds`.
///
/// Shows prices in every format. What is shown is rounded where a format has not enough digits; what is read is exact.
#[derive(Clone, Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = "Examples:
  shardbook odds 13/8
  shardbook odds 13/8 2.62 +163 -120 evens
  shardbook odds --from malay -0.80
  shardbook odds --to fractional --json 2.62"
)]
pub struct OddsArgs {
    /// Prices, such as 13/8, 2.62, +163 or evens.
    #[arg(value_name = "PRICE", required = true, allow_negative_numbers = true)]
    pub prices: Vec<String>,
    /// The format that they are written in. [default: what they look like: decimal, fractional or moneyline]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub from: Option<Format>,
    /// Show this format only, a price on each line.
    #[arg(long, value_name = "FORMAT", default_value = "all", value_parser = shown_formats())]
    pub to: Shown,
    /// Print JSON, one object for each price on a line of its own, instead of text.
    #[arg(long)]
    pub json: bool,
}

/// The formats that `shardbook odds` shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Every format.
    All,
    /// One.
    One(Format),
}

/// Arguments of `shardbook price-slip`.
///
/// Says what bets cost and may return: combinations, lines, unit stake, stake of all lines, and the maximum return, for
/// the bets of a document or for one bet given by its type, prices and stake.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook price-slip docs/examples/settle-lucky-15.json
  shardbook price-slip --type lucky-15 --stake 1.00 --prices 2.0,3/1,4.5,5.0
  shardbook price-slip --type trixie --stake 20.00 --total --prices evens,-120,+163 --currency GBP
  shardbook price-slip --stake 5.00 --prices 16/1 --each-way 1/4:3 --json")]
pub struct PriceSlipArgs {
    /// A document of bets as `shardbook settle` reads it; - or none is standard input.
    #[arg(value_name = "FILE", conflicts_with_all = ["prices", "stake", "kind", "each_way", "currency", "total"])]
    pub file: Option<PathBuf>,
    /// Prices of the selections, with commas between them.
    #[arg(
        long,
        value_name = "PRICES",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires = "stake"
    )]
    pub prices: Vec<String>,
    /// Stake of each line.
    #[arg(long, value_name = "AMOUNT", requires = "prices")]
    pub stake: Option<String>,
    /// The stake is that of all lines together.
    #[arg(long, requires = "stake")]
    pub total: bool,
    /// The bet, such as double, lucky-15 or heinz; a bet on one selection needs none.
    #[arg(id = "kind", long = "type", value_name = "TYPE", requires = "prices")]
    pub kind: Option<String>,
    /// Stake to win and to be placed, at this fraction of the odds for so many places, such as 1/4:3.
    #[arg(long, value_name = "FRACTION:PLACES", requires = "prices")]
    pub each_way: Option<PlaceTerms>,
    /// Currency of the stake. [default: EUR]
    #[arg(long, value_name = "CODE", requires = "prices")]
    pub currency: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Place terms of all selections of a bet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlaceTerms {
    /// Share of the odds that a place pays, as text such as `1/4`.
    pub fraction: String,
    /// Places that are paid.
    pub places: u8,
}

impl FromStr for PlaceTerms {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let terms = text.split_once(':').and_then(|(fraction, places)| {
            Some(Self {
                fraction: fraction.to_owned(),
                places: places.parse().ok()?,
            })
        });
        terms.ok_or_else(|| "write the fraction of the odds and the number of places, such as 1/4:3".into())
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse())
}

fn shown_formats() -> impl TypedValueParser<Value = Shown> {
    let names = ["all"].into_iter().chain(Format::ALL.map(Format::name));
    PossibleValuesParser::new(names).try_map(|name| match name.as_str() {
        "all" => Ok(Shown::All),
        name => name.parse().map(Shown::One),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Place terms that are half given must not be guessed at; what they are worth is for the calculator to say.
    #[test]
    fn place_terms() {
        let terms = PlaceTerms {
            fraction: "1/4".into(),
            places: 3,
        };
        assert_eq!("1/4:3".parse(), Ok(terms));
        for text in ["", "1/4", "1/4:", "1/4:-1", "1/4:three", "1/4:300", "3"] {
            assert!(text.parse::<PlaceTerms>().is_err(), "{text}");
        }
    }
}
