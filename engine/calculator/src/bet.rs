//! A bet of a document.

use serde_json::Value;
use shardbook_domain::bet::{Combinations, EachWay, Fund, Kind, Leg, Shape, ShapeError, Terms};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::money::{Amount, Currency, Money};
use shardbook_domain::odds::{Format, Odds};
use shardbook_domain::rules::Rules;
use shardbook_domain::time::Time;

use crate::error::CalculatorError;
use crate::fields::Fields;

pub(crate) const BET: [&str; 11] = [
    "id",
    "type",
    "sizes",
    "bankers",
    "legs",
    "each_way",
    "stake",
    "currency",
    "fund",
    "placed_at",
    "bought_back",
];
pub(crate) const LEG: [&str; 4] = ["selection", "price", "format", "each_way"];
pub(crate) const PLACE: [&str; 2] = ["places", "fraction"];
pub(crate) const STAKE: [&str; 2] = ["unit", "total"];

/// A place that only the winner has, at its whole odds: what a leg that is win only has in an each-way multiple.
const WIN_ONLY: EachWay = EachWay {
    places: 1,
    num: 1,
    den: 1,
};

/// A bet with the names of its legs.
pub(crate) struct SlipBet {
    pub(crate) at: usize,
    pub(crate) id: Option<String>,
    pub(crate) currency: Currency,
    pub(crate) selections: Vec<String>,
    pub(crate) terms: Terms,
    pub(crate) bought_back: Amount,
}

impl SlipBet {
    /// How refusals and texts call it.
    pub(crate) fn title(&self) -> String {
        title(self.at, self.id.as_deref())
    }
}

fn title(at: usize, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("bet {} ({id})", at + 1),
        None => format!("bet {}", at + 1),
    }
}

pub(crate) fn read_bet(at: usize, value: &Value, rules: &Rules) -> Result<SlipBet, CalculatorError> {
    let id = value.get("id").and_then(Value::as_str);
    let id = id.filter(|id| id.len() <= 100 && !id.chars().any(char::is_control));
    let title = title(at, id);
    let fields = Fields::of(&format!("{title}, "), "", value, &BET)?;
    let id = fields.optional_text("id", "a name for the bet")?.map(str::to_owned);
    let code = fields
        .optional_text("currency", "an ISO 4217 code such as EUR")?
        .unwrap_or("EUR");
    let currency = Currency::new(code).map_err(|error| fields.refuse("currency", error.code(), &error))?;
    let placed_at = Time(fields.optional_number("placed_at", u64::MAX)?.unwrap_or(0));
    let each_way = fields.flag("each_way")?;
    fields.need("legs", "a list of legs")?;
    let list = fields.list("legs")?;
    if list.len() > Combinations::MAX_LEGS {
        let error = ShapeError::TooManyLegs {
            found: list.len(),
            max: Combinations::MAX_LEGS,
        };
        return Err(fields.refuse("legs", error.code(), &error));
    }
    let (mut legs, mut selections) = (Vec::new(), Vec::<String>::new());
    for (at, leg) in list.iter().enumerate() {
        let leg_fields = fields.item("legs", at, leg, &LEG)?;
        let name = leg_fields.text("selection", "the id of the selection")?;
        if let Some(other) = selections.iter().position(|known| known == name) {
            let problem = format!("it is given already in legs[{other}]: give each selection once");
            return Err(leg_fields.refuse("selection", "SELECTION_TWICE", problem));
        }
        selections.push(name.to_owned());
        legs.push(read_leg(at, &leg_fields, each_way, placed_at)?);
    }
    let shape = read_shape(&fields, &selections, each_way)?;
    let lines = shape
        .check(rules)
        .map_err(|error| fields.refuse("legs", error.code(), &error))?;
    let unit = read_unit(&fields, currency, lines)?;
    let stake = Amount(unit.0 * i64::from(lines));
    let fund = match fields.optional_text("fund", "cash or free-bet")? {
        None | Some("cash") => Fund::Cash,
        Some("free-bet") => Fund::FreeBet,
        Some(_) => return Err(fields.refuse("fund", "FUND_UNKNOWN", "the fund is not known: give cash or free-bet")),
    };
    let bought_back = match fields.optional_text("bought_back", "the stake that was cashed out")? {
        None => Amount::ZERO,
        Some(text) => read_money(&fields, "bought_back", text, currency)?,
    };
    if bought_back > stake {
        let problem = format!(
            "it is more than the stake: give at most {}",
            stake.of(currency).decimal()
        );
        return Err(fields.refuse("bought_back", "BOUGHT_BACK_TOO_MUCH", problem));
    }
    let terms = Terms {
        no: BetNo(at as u32 + 1),
        placed_at,
        legs: legs.into(),
        combinations: shape.combinations,
        bankers: shape.bankers,
        unit_stake: unit,
        stake,
        fund,
        max_payout: rules.amounts(currency).max_payout,
        rounding: rules.rounding,
        rules_version: rules.version,
    };
    Ok(SlipBet {
        at,
        id,
        currency,
        selections,
        terms,
        bought_back,
    })
}

fn read_leg(at: usize, fields: &Fields<'_>, each_way: bool, placed_at: Time) -> Result<Leg, CalculatorError> {
    let terms = match fields.within("each_way", &PLACE)? {
        Some(_) if !each_way => {
            let problem = "the bet is not each-way: say \"each_way\": true in the bet, or leave the terms out";
            return Err(fields.refuse("each_way", "EACH_WAY_UNASKED", problem));
        }
        Some(place) => Some(read_place(&place)?),
        None => each_way.then_some(WIN_ONLY),
    };
    let selection = SelectionRef {
        event: EventId(at as u64),
        market: MarketNo(1),
        selection: SelectionNo(0),
    };
    Ok(Leg {
        selection,
        price: read_price(fields, "price")?,
        // Withdrawals count for bets placed before them: versions are times here.
        market_version: placed_at.0,
        each_way: terms,
    })
}

fn read_place(fields: &Fields<'_>) -> Result<EachWay, CalculatorError> {
    let places = fields.number("places", 20)? as u8;
    let text = fields.text("fraction", "the share of the odds that a place pays, such as 1/5")?;
    let parts = text
        .split_once('/')
        .and_then(|(num, den)| Some((num.parse().ok()?, den.parse().ok()?)));
    match parts {
        Some((num, den)) if places > 0 && num > 0 && num <= den && den <= 20 => Ok(EachWay { places, num, den }),
        _ if places == 0 => Err(fields.refuse("places", "PLACES_INVALID", "no place is paid: give 1 to 20")),
        _ => Err(fields.refuse(
            "fraction",
            "PLACE_FRACTION_INVALID",
            "it is no share of the odds: give a fraction from 1/20 to 1/1, such as 1/5",
        )),
    }
}

/// A price in the format that the field `format` beside it names, or in any that tells itself.
pub(crate) fn read_price(fields: &Fields<'_>, name: &str) -> Result<Odds, CalculatorError> {
    let text = fields.text(name, "a price such as 2.50, 13/8, +163 or evens")?;
    let format = fields.optional_text("format", "the name of an odds format")?;
    let format: Option<Format> = format
        .map(str::parse)
        .transpose()
        .map_err(|error: shardbook_domain::odds::FormatError| fields.refuse("format", error.code(), error))?;
    let read = match format {
        Some(format) => format.parse(text),
        None => Odds::parse_any(text),
    };
    read.map_err(|error| fields.refuse(name, error.code(), error))
}

fn read_shape(fields: &Fields<'_>, selections: &[String], each_way: bool) -> Result<Shape, CalculatorError> {
    let mut bankers = Vec::new();
    for (at, banker) in fields.list("bankers")?.iter().enumerate() {
        let found = banker
            .as_str()
            .and_then(|name| selections.iter().position(|known| known == name));
        let problem = "it is no selection of the bet: give ids of its legs";
        let refused = || fields.refuse(&format!("bankers[{at}]"), "SHAPE_BANKER_NOT_A_LEG", problem);
        bankers.push(found.ok_or_else(refused)?);
    }
    let mut sizes = Vec::new();
    for (at, size) in fields.list("sizes")?.iter().enumerate() {
        let size = size
            .as_u64()
            .filter(|size| (1..=Combinations::MAX_LEGS as u64).contains(size));
        let refused = || {
            fields.refuse(
                &format!("sizes[{at}]"),
                "SIZE_INVALID",
                "it is no size of a combination: give whole numbers from 1 to 63",
            )
        };
        sizes.push(size.ok_or_else(refused)? as usize);
    }
    let count = selections.len();
    let kind = fields.optional_text("type", "the name of a bet, such as lucky-15")?;
    let (field, shape) = match (kind, fields.has("sizes")) {
        (Some(_), true) => {
            return Err(fields.refuse(
                "sizes",
                "TYPE_AND_SIZES",
                "the type says the sizes: leave one of both out",
            ));
        }
        (Some(name), false) => {
            let free = count.saturating_sub(bankers.len());
            let kind = Kind::parse(name, free).map_err(|error| fields.refuse("type", error.code(), &error))?;
            ("type", Shape::named(kind, count, &bankers, each_way))
        }
        (None, true) => ("sizes", Shape::new(count, &bankers, &sizes, each_way)),
        (None, false) if count == 1 => ("legs", Shape::new(1, &bankers, &[1], each_way)),
        (None, false) => {
            return Err(fields.refuse(
                "type",
                "FIELD_MISSING",
                "it is missing: give a type such as lucky-15, or sizes",
            ));
        }
    };
    shape.map_err(|error| match error {
        ShapeError::NoLegs | ShapeError::TooManyLegs { .. } => fields.refuse("legs", error.code(), &error),
        ShapeError::OtherSelections { .. } => {
            let problem = format!("{error}: give as many, or another type");
            fields.refuse(field, error.code(), problem)
        }
        error => fields.refuse(field, error.code(), &error),
    })
}

fn read_unit(fields: &Fields<'_>, currency: Currency, lines: u32) -> Result<Amount, CalculatorError> {
    fields.need("stake", "a unit stake or a total, such as {\"unit\": \"1.00\"}")?;
    let stake = fields.within("stake", &STAKE)?.unwrap_or_else(|| fields.clone());
    let (unit, total) = (
        stake.optional_text("unit", "the stake of each line")?,
        stake.optional_text("total", "the stake of all lines")?,
    );
    let (name, minor) = match (unit, total) {
        (Some(unit), None) => ("unit", read_money(&stake, "unit", unit, currency)?.0),
        (None, Some(total)) => {
            let total = read_money(&stake, "total", total, currency)?.0;
            if total % i64::from(lines) != 0 {
                let least = Amount(i64::from(lines)).of(currency).decimal();
                let problem = format!("it does not divide into {lines} lines: give a multiple of {least}, or a unit");
                return Err(stake.refuse("total", "STAKE_NOT_DIVISIBLE", problem));
            }
            ("total", total / i64::from(lines))
        }
        _ => {
            return Err(fields.refuse(
                "stake",
                "STAKE_UNIT_OR_TOTAL",
                "there are both of unit and total, or neither: give one of them",
            ));
        }
    };
    if minor == 0 {
        return Err(stake.refuse(name, "STAKE_NOT_POSITIVE", "it is zero: give a stake above zero"));
    }
    match minor.checked_mul(i64::from(lines)) {
        Some(all) if all <= shardbook_domain::money::MAX_MINOR => Ok(Amount(minor)),
        _ => Err(stake.refuse(
            name,
            "STAKE_TOO_LARGE",
            "all lines together are beyond 15 digits: give less",
        )),
    }
}

fn read_money(fields: &Fields<'_>, name: &str, text: &str, currency: Currency) -> Result<Amount, CalculatorError> {
    let money = Money::parse(text, currency);
    money
        .map(Money::amount)
        .map_err(|error| fields.refuse(name, error.code(), &error))
}
