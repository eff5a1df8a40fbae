//! The results of a document: by selection, together by market.

use std::collections::BTreeMap;

use shardbook_domain::bet::{DeadHeat, Finish, LegOutcome, LegResult, Terms};
use shardbook_domain::ids::SelectionNo;
use shardbook_domain::market::{MarketSettlement, PriceError, SelectionResult, Window, Withdrawal};
use shardbook_domain::rules::Rules;
use shardbook_domain::time::Time;

use crate::bet::read_price;
use crate::error::CalculatorError;
use crate::fields::Fields;

/// Most selections of a market: each leg looks at all of them.
pub const MAX_MARKET_SELECTIONS: usize = 500;

pub(crate) const RESULT: [&str; 8] = [
    "selection",
    "market",
    "outcome",
    "dead_heat",
    "finish",
    "withdrawn",
    "voids",
    "corrected",
];
pub(crate) const DEAD_HEAT: [&str; 2] = ["places", "runners"];
pub(crate) const FINISH: [&str; 2] = ["position", "tied"];
pub(crate) const WITHDRAWN: [&str; 4] = ["price", "format", "at", "rule_four"];
pub(crate) const WINDOW: [&str; 2] = ["from", "until"];
pub(crate) const CORRECTED: [&str; 4] = ["price", "format", "from", "until"];

#[derive(Default)]
pub(crate) struct Results {
    /// Market and number of each selection.
    selections: BTreeMap<String, (usize, SelectionNo)>,
    markets: Vec<MarketSettlement>,
}

impl Results {
    /// What is known of the legs of a bet.
    pub(crate) fn of(&self, terms: &Terms, names: &[String], rules: &Rules) -> Vec<Option<LegResult>> {
        let result = |(leg, name): (&shardbook_domain::bet::Leg, &String)| {
            let (market, no) = self.selections.get(name)?;
            let mut leg = *leg;
            leg.selection.selection = *no;
            self.markets[*market].result_of(1, &leg, terms.placed_at, rules)
        };
        terms.legs.iter().zip(names).map(result).collect()
    }
}

pub(crate) fn read_results(document: &Fields<'_>) -> Result<Results, CalculatorError> {
    let (mut results, mut markets) = (Results::default(), BTreeMap::<&str, (usize, usize)>::new());
    for (at, value) in document.list("results")?.iter().enumerate() {
        let fields = document.item("results", at, value, &RESULT)?;
        let name = fields.text("selection", "the id of the selection")?;
        if let Some((_, other)) = results.selections.get(name) {
            let problem = format!(
                "it is given already in results[{}]: give each selection once",
                other.0 - 1
            );
            return Err(fields.refuse("selection", "SELECTION_TWICE", problem));
        }
        let no = SelectionNo(at as u32 + 1);
        let fresh = results.markets.len();
        let market = match fields.optional_text("market", "the id of its market")? {
            None => fresh,
            Some(market) => {
                let (market, selections) = markets.entry(market).or_insert((fresh, 0));
                *selections += 1;
                if *selections > MAX_MARKET_SELECTIONS {
                    let problem = format!(
                        "the market has more than {MAX_MARKET_SELECTIONS} selections: leave out what no bet is on"
                    );
                    return Err(fields.refuse("market", "MARKET_TOO_LARGE", problem));
                }
                *market
            }
        };
        if market == fresh {
            results.markets.push(MarketSettlement {
                confirmed: true,
                ..MarketSettlement::default()
            });
        }
        read_result(&fields, no, &mut results.markets[market])?;
        results.selections.insert(name.to_owned(), (market, no));
    }
    Ok(results)
}

fn read_result(fields: &Fields<'_>, no: SelectionNo, market: &mut MarketSettlement) -> Result<(), CalculatorError> {
    if let Some(outcome) = read_outcome(fields)? {
        let finish = fields
            .within("finish", &FINISH)?
            .map(|finish| read_finish(&finish))
            .transpose()?;
        market.results.push(SelectionResult {
            selection: no,
            outcome,
            finish,
        });
    } else if let Some(name) = ["dead_heat", "finish"].into_iter().find(|name| fields.has(name)) {
        return Err(fields.refuse(name, "OUTCOME_MISSING", "there is no outcome beside it: give one"));
    }
    if let Some(withdrawn) = fields.within("withdrawn", &WITHDRAWN)? {
        market.withdrawals.push(Withdrawal {
            selection: no,
            version: withdrawn.optional_number("at", u64::MAX)?.unwrap_or(u64::MAX),
            price: withdrawn
                .has("price")
                .then(|| read_price(&withdrawn, "price"))
                .transpose()?,
            rule_four: !withdrawn.has("rule_four") || withdrawn.flag("rule_four")?,
        });
    }
    for (at, window) in fields.list("voids")?.iter().enumerate() {
        let window = fields.item("voids", at, window, &WINDOW)?;
        market.errors.push(PriceError {
            selection: no,
            window: read_window(&window)?,
            price: None,
        });
    }
    if let Some(corrected) = fields.within("corrected", &CORRECTED)? {
        market.errors.push(PriceError {
            selection: no,
            window: read_window(&corrected)?,
            price: Some(read_price(&corrected, "price")?),
        });
    }
    Ok(())
}

fn read_outcome(fields: &Fields<'_>) -> Result<Option<LegOutcome>, CalculatorError> {
    let tie = match fields.within("dead_heat", &DEAD_HEAT)? {
        None => None,
        Some(tie) => {
            let (places, runners) = (
                tie.number("places", 1_000)? as u16,
                tie.number("runners", 1_000)? as u16,
            );
            let tie = DeadHeat::new(places, runners);
            Some(tie.map_err(|error| {
                fields.refuse(
                    "dead_heat",
                    error.code(),
                    format!("{error}: correct the tie, or leave it out for a whole win"),
                )
            })?)
        }
    };
    let outcome = match fields.optional_text("outcome", "won, lost, void, half-won or half-lost")? {
        None => return Ok(None),
        Some("won") => LegOutcome::Won { dead_heat: tie },
        Some("lost") => LegOutcome::Lost,
        Some("void") => LegOutcome::Void,
        Some("half-won") => LegOutcome::HalfWon,
        Some("half-lost") => LegOutcome::HalfLost,
        Some(_) => {
            return Err(fields.refuse(
                "outcome",
                "OUTCOME_UNKNOWN",
                "the outcome is not known: give won, lost, void, half-won or half-lost",
            ));
        }
    };
    if tie.is_some() && !matches!(outcome, LegOutcome::Won { .. }) {
        let problem =
            "only winners share a win: leave the dead heat out, and for a tie of placed runners give their finish";
        return Err(fields.refuse("dead_heat", "DEAD_HEAT_NOT_WON", problem));
    }
    Ok(Some(outcome))
}

fn read_finish(fields: &Fields<'_>) -> Result<Finish, CalculatorError> {
    let position = fields.number("position", 1_000)? as u16;
    let tied = fields.optional_number("tied", 1_000)?.unwrap_or(1) as u16;
    if position == 0 || tied == 0 {
        let name = if position == 0 { "position" } else { "tied" };
        return Err(fields.refuse(name, "FINISH_INVALID", "it counts from 1: give 1 or more"));
    }
    Ok(Finish { position, tied })
}

fn read_window(fields: &Fields<'_>) -> Result<Window, CalculatorError> {
    let time = |name| fields.optional_number(name, u64::MAX).map(|time| time.map(Time));
    let window = Window {
        from: time("from")?,
        until: time("until")?,
    };
    match (window.from, window.until) {
        (Some(from), Some(until)) if until <= from => {
            Err(fields.refuse("until", "WINDOW_EMPTY", "it is not after from: give a later time"))
        }
        _ => Ok(window),
    }
}
