//! The working of a bet: the same arithmetic as its settlement, line by line, for a person to follow.

use std::fmt::Write;

use super::bonus::Bonus;
use super::factor::{less, part_odds};
use super::settlement::Settling;
use super::{BetStatus, Fund, LegOutcome, LegResult, Line, Part, Shape, ShapeError, Standing, Terms};
use crate::money::{Amount, Currency};
use crate::ratio::{Ratio, Rounding};
use crate::rules::Rules;

/// Most lines that are worked out one by one: as many as rules can allow.
const MAX_LINES: u32 = 10_000;

/// How a bet comes to what it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Working {
    /// Its shape.
    pub shape: Shape,
    /// Stake of each line, minor units.
    pub unit_stake: Amount,
    /// Stake of all lines, minor units.
    pub stake: Amount,
    /// Stake that was bought back, minor units.
    pub cashed: Amount,
    /// Where the stake came from.
    pub fund: Fund,
    /// Every leg, of an each-way bet once for each part: the win parts, then the place parts.
    pub legs: Vec<LegWorking>,
    /// Every line, in the order of [`Shape::each_line`].
    pub lines: Vec<LineWorking>,
    /// What the lines return of one unit each, together.
    pub sum: Ratio,
    /// What the brand adds.
    pub bonus: Option<BonusWorking>,
    /// Sum and bonus times the unit stake, of what was not bought back: minor units before rounding.
    pub exact: Ratio,
    /// How that becomes whole minor units.
    pub rounding: Rounding,
    /// The most that the bet returns, where that is less than it would.
    pub cap: Option<Amount>,
    /// What the bet comes to.
    pub standing: Standing,
    /// Half won or half lost, where the bet is a single of that outcome.
    pub half: Option<LegOutcome>,
    /// What the player has won or, below zero, lost by the settled lines, minor units. A free bet cannot lose.
    pub profit: Amount,
}

/// One line of a working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWorking {
    /// What it is staked on, and its legs.
    pub line: Line,
    /// The product of its legs: what one unit becomes; `None` while the line is undecided.
    pub product: Option<Ratio>,
    /// What of that is paid in money of one unit: all of it, or of a free bet what is above the stake.
    pub pays: Ratio,
}

/// A part of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegWorking {
    /// The leg, from 0.
    pub leg: usize,
    /// Whether it is to win or to be placed.
    pub part: Part,
    /// What one unit on it returns; `None` while it is not known.
    pub factor: Option<Ratio>,
    /// The same in words, such as `2.50 less 25p Rule 4 = 2.125`.
    pub words: String,
}

/// A bonus of a working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BonusWorking {
    /// What it is for, such as `all 4 selections won: 10% of the winnings`.
    pub words: String,
    /// What it adds to the sum of the lines.
    pub worth: Ratio,
}

impl Terms {
    /// The working of [`Terms::standing`] for the same results. Fails for a bet of more than 10,000 lines.
    pub fn working(&self, results: &[Option<LegResult>], cashed: Amount, rules: &Rules) -> Result<Working, ShapeError> {
        let (shape, lines) = (self.shape(), self.lines());
        if lines > MAX_LINES.into() {
            return Err(ShapeError::TooManyLines { lines, max: MAX_LINES });
        }
        let settling = Settling {
            terms: self,
            results: |leg: usize| results[leg],
            rules,
        };
        let working = |part: Part| (0..shape.legs).map(move |leg| self.leg_working(leg, part, results[leg].as_ref()));
        let legs: Vec<LegWorking> = shape.parts().iter().flat_map(|part| working(*part)).collect();
        let lines: Vec<LineWorking> = shape
            .each_line()
            .map(|line| self.line_working(line, &legs[line.part as usize * shape.legs..]))
            .collect();
        let sum = lines
            .iter()
            .fold(Ratio::ZERO, |sum, line| sum.plus(&line.pays))
            .reduced();
        let bonus = settling.is_complete().then(|| settling.bonus()).flatten();
        let bonus = bonus.map(|bonus| BonusWorking {
            words: words_of(bonus, shape.legs),
            worth: settling.worth(bonus).reduced(),
        });
        let money = bonus
            .as_ref()
            .map_or_else(|| sum.clone(), |bonus| sum.plus(&bonus.worth));
        let standing = settling.standing(&money, settling.tally(), cashed);
        let most = self.most(Amount(self.stake.0 - cashed.0));
        let exact = self
            .of_rest(&money, cashed)
            .times(&Ratio::new(self.unit_stake.0.max(0) as u64, 1));
        let over = exact.of_minor(1, self.rounding).is_none_or(|rounded| rounded > most.0);
        Ok(Working {
            shape,
            unit_stake: self.unit_stake,
            stake: self.stake,
            cashed,
            fund: self.fund,
            legs,
            lines,
            sum,
            bonus,
            exact: exact.reduced(),
            rounding: self.rounding,
            cap: over.then_some(most),
            half: self.half(results),
            standing,
            profit: match self.fund {
                Fund::Cash => Amount(standing.returned.0 - standing.stake_settled.0),
                Fund::FreeBet => standing.returned,
            },
        })
    }

    /// `legs` begin with those of the line's part.
    fn line_working(&self, line: Line, legs: &[LegWorking]) -> LineWorking {
        let factors = || line.legs().map(|leg| legs[leg].factor.as_ref());
        let product = if factors().flatten().any(Ratio::is_zero) {
            Some(Ratio::ZERO)
        } else {
            let factors: Option<Vec<Ratio>> = factors().map(|factor| factor.cloned()).collect();
            factors.map(|factors| Ratio::product(factors).reduced())
        };
        let pays = match (&product, self.fund) {
            (None, _) => Ratio::ZERO,
            (Some(product), Fund::Cash) => product.clone(),
            (Some(product), Fund::FreeBet) => product.above_one(),
        };
        LineWorking { line, product, pays }
    }

    fn leg_working(&self, leg: usize, part: Part, result: Option<&LegResult>) -> LegWorking {
        let factor = result.and_then(|result| self.legs[leg].factor(part, result));
        LegWorking {
            leg,
            part,
            words: self.leg_words(leg, part, result, factor.as_ref()),
            factor: factor.map(Ratio::reduced),
        }
    }

    fn leg_words(&self, leg: usize, part: Part, result: Option<&LegResult>, factor: Option<&Ratio>) -> String {
        let leg = &self.legs[leg];
        let Some((result, outcome)) = result.and_then(|result| Some((result, result.outcome_of(part)?))) else {
            return format!("{} open", leg.price);
        };
        let mut words = match outcome {
            LegOutcome::Void => return "void = 1.00".to_owned(),
            LegOutcome::Lost => return "lost = 0.00".to_owned(),
            LegOutcome::HalfLost => return "half lost = 0.50".to_owned(),
            LegOutcome::Won { .. } | LegOutcome::HalfWon => leg.price.to_string(),
        };
        let price = result.corrected.unwrap_or(leg.price);
        if result.corrected.is_some() {
            let _ = write!(words, " corrected to {price}");
        }
        let mut odds = part_odds(price, part, leg.each_way);
        if let (Part::Place, Some(terms)) = (part, leg.each_way) {
            let _ = write!(
                words,
                " placed at {}/{} = {}",
                terms.num,
                terms.den,
                odds.clone().reduced()
            );
        }
        if result.deduction.0 > 0 {
            odds = less(odds, result.deduction).reduced();
            let _ = write!(words, " less {}p Rule 4 = {odds}", result.deduction.0);
        }
        let last = match outcome {
            LegOutcome::Won { dead_heat: Some(tie) } => {
                format!(", dead heat {} for {} = ", tie.runners(), tie.places())
            }
            LegOutcome::HalfWon => ", half won, half back = ".to_owned(),
            _ => return words,
        };
        let factor = factor.cloned().unwrap_or(Ratio::ZERO).reduced();
        let _ = write!(words, "{last}{factor}");
        words
    }
}

fn words_of(bonus: Bonus, legs: usize) -> String {
    match bonus {
        Bonus::Boost { winners, percent } => format!("boost for {winners} winners: {percent}% of the winnings"),
        Bonus::OneWinner { percent, .. } => {
            format!("one winner of {legs}: its odds at {percent}% on the single")
        }
        Bonus::AllWinners { percent } => format!("all {legs} selections won: {percent}% of the winnings"),
    }
}

impl Working {
    /// The legs of one of its lines.
    pub fn legs_of(&self, line: Line) -> impl Iterator<Item = &LegWorking> {
        let first = line.part as usize * self.shape.legs;
        line.legs().map(move |leg| &self.legs[first + leg])
    }

    /// A factor of the unit stake as an exact amount in units of the currency: a decimal, or a fraction where it is none.
    pub fn exact_money(&self, factor: &Ratio, currency: Currency) -> String {
        let minor = Ratio::new(self.unit_stake.0.max(0) as u64, 10u64.pow(currency.decimals().into()));
        factor.times(&minor).reduced().to_string()
    }

    /// The working as lines of text. `name` says what a leg is on.
    pub fn text(&self, currency: Currency, name: impl Fn(usize) -> String) -> String {
        let money = |amount: Amount| amount.of(currency).decimal();
        let exact = |factor: &Ratio| self.exact_money(factor, currency);
        let mut text = format!(
            "{}{}, {} x {} = {} {currency}{}\n",
            self.shape.name(),
            if self.shape.each_way { " each-way" } else { "" },
            plural(self.lines.len()),
            money(self.unit_stake),
            money(self.stake),
            if self.fund == Fund::FreeBet { ", free bet" } else { "" },
        );
        for (no, line) in self.lines.iter().enumerate() {
            let legs: Vec<String> = self
                .legs_of(line.line)
                .map(|leg| format!("{} {}", name(leg.leg), leg.words))
                .collect();
            let part = match (self.shape.each_way, line.line.part) {
                (false, _) => "",
                (true, Part::Win) => "win: ",
                (true, Part::Place) => "place: ",
            };
            let _ = write!(text, "{:>4}  {part}{}", no + 1, legs.join(" x "));
            let _ = match &line.product {
                None => writeln!(text, " -> open"),
                Some(product) if product.is_zero() => writeln!(text, " -> 0.00"),
                Some(product) => writeln!(text, " = {product} -> {}", exact(&line.pays)),
            };
        }
        let _ = writeln!(text, "sum of lines {}", exact(&self.sum));
        if let Some(bonus) = &self.bonus {
            let _ = writeln!(text, "{}: {}", bonus.words, exact(&bonus.worth));
        }
        if self.cashed > Amount::ZERO {
            let _ = writeln!(text, "stake bought back {}", money(self.cashed));
        }
        let standing = self.standing;
        if let (Some(cap), true) = (self.cap, standing.status != BetStatus::Open) {
            let _ = writeln!(text, "capped at {}", money(cap));
        }
        let rounding = match self.rounding {
            Rounding::HalfUp => "half up",
            Rounding::HalfEven => "half to even",
            Rounding::Down => "down",
        };
        let _ = write!(text, "returns {} (rounded {rounding})", money(standing.returned));
        if standing.refunded > Amount::ZERO {
            let _ = write!(text, ", free bet back {}", money(standing.refunded));
        }
        let _ = writeln!(text, ", profit {}: {}", money(self.profit), self.status());
        text
    }
}

impl Working {
    /// How the bet stands, in words.
    pub fn status(&self) -> &'static str {
        self.standing.status.words_of(self.half)
    }
}

fn plural(lines: usize) -> String {
    format!("{lines} {}", if lines == 1 { "line" } else { "lines" })
}
