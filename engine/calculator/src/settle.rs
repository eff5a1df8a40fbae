//! Settles the bets of a document.

use serde_json::{Value, json};
use shardbook_domain::bet::{Fund, Part, Working};
use shardbook_domain::money::{Amount, Money};

use crate::bet::SlipBet;
use crate::document;
use crate::error::CalculatorError;

/// A settled document.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The bets in the order of the document.
    pub bets: Vec<SettledBet>,
}

/// A settled bet.
#[derive(Clone, Debug)]
pub struct SettledBet {
    /// How it is called, such as `bet 2 (anna-1)`.
    pub title: String,
    /// Its id in the document.
    pub id: Option<String>,
    /// The ids of its selections, in the order of the legs.
    pub selections: Vec<String>,
    /// What was staked on all lines.
    pub stake: Money,
    /// What it returns in money, stake included.
    pub returned: Money,
    /// What it gives back to the free bets.
    pub refunded: Money,
    /// What the player won or, below zero, lost.
    pub profit: Money,
    /// How it comes to that; its standing has the status.
    pub working: Working,
}

/// Settles the bets of a document by its results. Fails on the first thing that is wrong, naming bet and field.
pub fn settle(document: &[u8]) -> Result<Settled, CalculatorError> {
    let document = document::read(document)?;
    let settle = |bet: &SlipBet| {
        let results = document.results.of(&bet.terms, &bet.selections, &document.rules);
        let working = bet
            .terms
            .working(&results, bet.bought_back, &document.rules)
            .map_err(|error| CalculatorError::new(format!("{}, legs", bet.title()), error.code(), &error))?;
        let money = |amount: Amount| amount.of(bet.currency);
        Ok(SettledBet {
            title: bet.title(),
            id: bet.id.clone(),
            selections: bet.selections.clone(),
            stake: money(bet.terms.stake),
            returned: money(working.standing.returned),
            refunded: money(working.standing.refunded),
            profit: money(working.profit),
            working,
        })
    };
    let bets: Result<Vec<SettledBet>, CalculatorError> = document.bets.iter().map(settle).collect();
    Ok(Settled { bets: bets? })
}

impl Settled {
    /// The workings of all bets as text.
    pub fn text(&self) -> String {
        let bets: Vec<String> = self.bets.iter().map(SettledBet::text).collect();
        bets.join("\n")
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let bets: Vec<Value> = self.bets.iter().map(SettledBet::json).collect();
        json!({ "bets": bets })
    }
}

impl SettledBet {
    /// Its working as text.
    pub fn text(&self) -> String {
        let name = |leg: usize| self.selections[leg].clone();
        format!("{}\n{}", self.title, self.working.text(self.stake.currency, name))
    }

    /// What it comes to, on one line without an end.
    pub fn line(&self) -> String {
        let (working, standing) = (&self.working, &self.working.standing);
        let refunded = match standing.refunded > Amount::ZERO {
            true => format!(", free bet back {}", self.refunded.decimal()),
            false => String::new(),
        };
        format!(
            "{}: {}{}, stake {}, returns {}{refunded}, profit {}: {}",
            self.title,
            working.shape.name(),
            if working.shape.each_way { " each-way" } else { "" },
            self.stake,
            self.returned.decimal(),
            self.profit.decimal(),
            working.status(),
        )
    }

    /// Result and working as JSON; amounts are decimals, what is exact is a decimal or a fraction.
    pub fn json(&self) -> Value {
        let (working, currency) = (&self.working, self.stake.currency);
        let part = |part: Part| match part {
            Part::Win => "win",
            Part::Place => "place",
        };
        let legs: Vec<Value> = working
            .legs
            .iter()
            .map(|leg| {
                let factor = leg.factor.as_ref().map(ToString::to_string);
                json!({ "selection": self.selections[leg.leg], "part": part(leg.part), "factor": factor, "words": leg.words })
            })
            .collect();
        let lines: Vec<Value> = working
            .lines
            .iter()
            .map(|line| {
                let selections: Vec<&String> = line.line.legs().map(|leg| &self.selections[leg]).collect();
                let exact = line.product.as_ref().map(|_| working.exact_money(&line.pays, currency));
                let product = line.product.as_ref().map(ToString::to_string);
                json!({ "part": part(line.line.part), "selections": selections, "product": product, "returns": exact })
            })
            .collect();
        let bonus = working.bonus.as_ref();
        let bonus =
            bonus.map(|bonus| json!({ "words": bonus.words, "returns": working.exact_money(&bonus.worth, currency) }));
        json!({
            "id": self.id,
            "type": working.shape.name(),
            "each_way": working.shape.each_way,
            "fund": match working.fund {
                Fund::Cash => "cash",
                Fund::FreeBet => "free-bet",
            },
            "currency": currency.code(),
            "unit_stake": working.unit_stake.of(currency).decimal(),
            "stake": self.stake.decimal(),
            "bought_back": working.cashed.of(currency).decimal(),
            "status": working.status(),
            "stake_settled": working.standing.stake_settled.of(currency).decimal(),
            "returned": self.returned.decimal(),
            "refunded": self.refunded.decimal(),
            "profit": self.profit.decimal(),
            "capped_at": working.cap.map(|cap| cap.of(currency).decimal()),
            "legs": legs,
            "lines": lines,
            "sum": working.exact_money(&working.sum, currency),
            "bonus": bonus,
        })
    }
}
