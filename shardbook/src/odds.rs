//! `shardbook odds`: prices in every format.

use std::process::ExitCode;

use serde_json::{Map, Value};
use shardbook_calculator::{OddsTable, odds_table, odds_table_of};

use crate::cli::{OddsArgs, Shown};
use crate::{Failure, Finished, document, stdout};

/// Prints the prices.
///
/// # Errors
/// When one of them is no price; then nothing is printed.
pub async fn run(args: OddsArgs) -> Finished {
    let text = text(&args)?;
    stdout::print(|out| {
        write!(out, "{text}")?;
        Ok(ExitCode::SUCCESS)
    })
}

fn text(args: &OddsArgs) -> Result<String, Failure> {
    let table = |price: &String| {
        let table = match args.from {
            Some(format) => odds_table_of(format, price),
            None => odds_table(price),
        };
        table.map_err(|error| document::refusal(&format!("{price:?}"), &error))
    };
    let tables: Vec<OddsTable> = args.prices.iter().map(table).collect::<Result<_, _>>()?;
    let lines = |line: &dyn Fn(&String, &OddsTable) -> String| -> String {
        let lines = args.prices.iter().zip(&tables);
        lines.map(|(price, table)| line(price, table) + "\n").collect()
    };
    Ok(match (args.json, args.to) {
        (false, Shown::All) => OddsTable::side_by_side(&tables),
        (false, Shown::One(format)) => lines(&|_, table| table.shown_in(format).to_owned()),
        (true, to) => lines(&|price, table| json(price, table, to).to_string()),
    })
}

fn json(price: &str, table: &OddsTable, to: Shown) -> Value {
    let mut object = Map::new();
    object.insert("price".into(), price.into());
    match (to, table.json()) {
        (Shown::All, Value::Object(formats)) => object.extend(formats),
        (Shown::All, other) => _ = object.insert("formats".into(), other),
        (Shown::One(format), _) => _ = object.insert(format.name().into(), table.shown_in(format).into()),
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn answer(line: &str) -> Result<String, String> {
        let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        let Command::Odds(args) = cli.command else {
            panic!("{line} is another command")
        };
        text(&args).map_err(|failure| failure.to_string())
    }

    /// Protects those who compare prices: every format of each, in a column of its own.
    #[test]
    fn prices_stand_side_by_side() {
        let expected = "\
decimal     2.625    2.62     2.63     1.8333  2.00
fractional  13/8     81/50    163/100  5/6     evens
moneyline   +163     +162     +163     -120    +100
hong-kong   1.625    1.62     1.63     0.8333  1.00
indonesian  1.625    1.62     1.63     -1.20   1.00
malay       -0.6154  -0.6173  -0.6135  0.8333  1.00
";
        let line = "shardbook odds 13/8 2.62 +163 -120 evens";
        assert_eq!(answer(line).as_deref(), Ok(expected));
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&format!("$ {line}\n{expected}")), "README.md");
    }

    /// Protects scripts: one format gives a price on each line, JSON an object on each line, and what a price is read as
    /// can be said.
    #[test]
    fn scripts_get_what_they_ask_for() {
        let rows = [
            ("shardbook odds --to fractional 2.62 -120", "81/50\n5/6\n"),
            ("shardbook odds --to decimal --from malay -0.80", "2.25\n"),
            ("shardbook odds --to decimal --from indonesian -1.20", "1.8333\n"),
            ("shardbook odds --to hong-kong --from hong-kong 0.5", "0.50\n"),
            (
                "shardbook odds --to moneyline --json 2.0 3/1",
                "{\"moneyline\":\"+100\",\"price\":\"2.0\"}\n{\"moneyline\":\"+300\",\"price\":\"3/1\"}\n",
            ),
        ];
        for (line, expected) in rows {
            assert_eq!(answer(line).as_deref(), Ok(expected), "{line}");
        }
        let all = answer("shardbook odds --json evens").expect("a price");
        let all: Value = serde_json::from_str(&all).expect("JSON");
        assert_eq!(all.as_object().map(Map::len), Some(7), "{all}");
    }

    /// Protects those who mistype a price: it is named, with what to do and the code, and nothing is shown.
    #[test]
    fn wrong_prices_are_named() {
        let rows = [
            ("shardbook odds 2.5 1.00", "\"1.00\": ", "(PRICE_NOT_ABOVE_ONE)"),
            ("shardbook odds -0.80", "\"-0.80\": ", "(PRICE_SIGNED_DECIMAL)"),
            (
                "shardbook odds --from moneyline 50",
                "\"50\": ",
                "(PRICE_NOT_MONEYLINE)",
            ),
            ("shardbook odds 1/0", "\"1/0\": ", "(PRICE_NO_RATIO)"),
        ];
        for (line, begin, end) in rows {
            let error = answer(line).expect_err(line);
            assert!(error.starts_with(begin) && error.ends_with(end), "{line}: {error}");
        }
    }
}
