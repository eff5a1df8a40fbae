//! `shardbook price-slip`: what bets cost and may return.

#[cfg(test)]
mod tests;

use std::io::Read;
use std::process::ExitCode;

use serde_json::{Value, json};
use shardbook_calculator::{CalculatorError, price_slip};

use crate::cli::PriceSlipArgs;
use crate::document::{self, STDIN};
use crate::{Failure, Finished, stdout};

/// Prices the bets of the document, or the one of the command line.
///
/// # Errors
/// When no document is named, or it is refused.
pub async fn run(args: PriceSlipArgs) -> Finished {
    tokio::task::spawn_blocking(move || {
        let priced = price(&args, &mut std::io::stdin().lock())?;
        stdout::print(|out| {
            write!(out, "{priced}")?;
            Ok(ExitCode::SUCCESS)
        })
    })
    .await?
}

fn price(args: &PriceSlipArgs, input: &mut dyn Read) -> Result<String, Failure> {
    let priced = match &args.stake {
        Some(stake) => {
            let priced = price_slip(slip(args, stake).to_string().as_bytes());
            priced.map_err(|error| document::refusal(&option_of(&error.place), &error))?
        }
        None => {
            let file = document::named(args.file.as_slice())?.remove(0);
            let name = match file.as_os_str() == STDIN {
                true => String::new(),
                false => format!("{}: ", file.display()),
            };
            let refusal = |error: CalculatorError| document::refusal(&format!("{name}{}", error.place), &error);
            let document = document::read(&file, input).map_err(refusal)?;
            price_slip(&document).map_err(refusal)?
        }
    };
    Ok(match args.json {
        true => format!("{}\n", priced.json()),
        false => priced.text(),
    })
}

/// The bet of the command line as a document. Its selections are called by their number.
fn slip(args: &PriceSlipArgs, stake: &str) -> Value {
    let place = args.each_way.as_ref();
    let place = place.map(|terms| json!({ "places": terms.places, "fraction": terms.fraction }));
    let leg = |(at, price): (usize, &String)| json!({ "selection": (at + 1).to_string(), "price": price.trim(), "each_way": place });
    let legs: Vec<Value> = args.prices.iter().enumerate().map(leg).collect();
    json!({ "bets": [{
        "type": args.kind,
        "each_way": place.is_some(),
        "stake": { if args.total { "total" } else { "unit" }: stake },
        "currency": args.currency,
        "legs": legs,
    }] })
}

/// The option that a place in the document of [`slip`] comes from.
fn option_of(place: &str) -> String {
    let field = place.strip_prefix("bet 1, ").unwrap_or(place);
    if let Some((at, of_leg)) = field.strip_prefix("legs[").and_then(|leg| leg.split_once("].")) {
        let number = at.parse::<usize>().map_or(0, |at| at + 1);
        return match of_leg {
            "price" => format!("--prices, price {number}"),
            _ => "--each-way".into(),
        };
    }
    match field {
        "legs" => "--prices",
        "stake.unit" | "stake.total" => "--stake",
        "type" => "--type",
        "currency" => "--currency",
        other => other,
    }
    .into()
}
