//! A price in every format.

use serde_json::{Map, Value};
use shardbook_domain::odds::{Format, Odds};

use crate::error::CalculatorError;
use crate::table::table;

/// A price in every format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddsTable {
    /// The price itself.
    pub odds: Odds,
    /// Each format with the price as it writes it.
    pub rows: Vec<(Format, String)>,
}

/// Shows a price of which the format is not said, such as `13/8`, `+163`, `2.62` or `evens`.
pub fn odds_table(text: &str) -> Result<OddsTable, CalculatorError> {
    let odds = Odds::parse_any(text);
    odds.map(shown)
        .map_err(|error| CalculatorError::new("price", error.code(), error))
}

/// Shows a price that is written in this format.
pub fn odds_table_of(format: Format, text: &str) -> Result<OddsTable, CalculatorError> {
    let odds = format.parse(text);
    odds.map(shown)
        .map_err(|error| CalculatorError::new("price", error.code(), error))
}

fn shown(odds: Odds) -> OddsTable {
    let show = |format: Format| match format {
        Format::Fractional => odds.fractional_or_evens(),
        format => format.show(odds),
    };
    OddsTable {
        odds,
        rows: Format::ALL.into_iter().map(|format| (format, show(format))).collect(),
    }
}

impl OddsTable {
    /// One line for each format.
    pub fn text(&self) -> String {
        OddsTable::side_by_side(std::slice::from_ref(self))
    }

    /// The same for several prices: a line for each format, a column for each price.
    pub fn side_by_side(prices: &[OddsTable]) -> String {
        let row = |format: Format| {
            let shown = prices.iter().map(|price| price.shown_in(format));
            [format.name()].into_iter().chain(shown).map(str::to_owned).collect()
        };
        let rows: Vec<Vec<String>> = Format::ALL.into_iter().map(row).collect();
        table(&rows, prices.len() + 1)
    }

    /// The price as this format writes it.
    pub fn shown_in(&self, format: Format) -> &str {
        let row = self.rows.iter().find(|(row, _)| *row == format);
        row.map_or("", |(_, shown)| shown)
    }

    /// The prices by the name of the format.
    pub fn json(&self) -> Value {
        let row = |(format, shown): &(Format, String)| (format.name().to_owned(), Value::from(shown.as_str()));
        Value::Object(self.rows.iter().map(row).collect::<Map<String, Value>>())
    }
}
