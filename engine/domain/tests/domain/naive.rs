//! Settlement written down a second time, slowly: every line by itself, in big rationals, from the rules of the trade. It
//! takes nothing of the engine but the values that say what the bet and its results are.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use shardbook_domain::bet::{BetStatus, Fund, Leg, LegOutcome, LegResult, Standing, Terms};
use shardbook_domain::money::Amount;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::Rules;

pub fn over(num: impl Into<BigInt>, den: impl Into<BigInt>) -> BigRational {
    BigRational::new(num.into(), den.into())
}

/// Every choice of `size` of these legs, as lists.
pub fn choices(of: &[usize], size: usize) -> Vec<Vec<usize>> {
    let Some((first, rest)) = of.split_first() else {
        return if size == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    if size == 0 {
        return vec![Vec::new()];
    }
    if size > of.len() {
        return Vec::new();
    }
    let mut with = choices(rest, size - 1);
    with.iter_mut().for_each(|choice| choice.insert(0, *first));
    with.extend(choices(rest, size));
    with
}

/// Every combination that is staked: the bankers with each choice of each size.
pub fn combinations(terms: &Terms) -> Vec<Vec<usize>> {
    let banker = |leg: &usize| terms.bankers >> leg & 1 == 1;
    let (bankers, free): (Vec<usize>, Vec<usize>) = (0..terms.legs.len()).partition(banker);
    let mut all = Vec::new();
    for size in 0..=free.len() {
        if terms.combinations.has_size(size) {
            let with = |choice: Vec<usize>| bankers.iter().copied().chain(choice).collect();
            all.extend(choices(&free, size).into_iter().map(with));
        }
    }
    all
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Unknown,
    Lost,
    Void,
    Whole,
    Tied,
    Half,
}

fn known(result: &Option<LegResult>, place: bool) -> Option<LegOutcome> {
    let result = result.as_ref()?;
    if place { result.place } else { result.outcome }
}

fn fate(result: &Option<LegResult>, place: bool) -> Fate {
    match known(result, place) {
        None => Fate::Unknown,
        Some(LegOutcome::Lost) => Fate::Lost,
        Some(LegOutcome::Void) => Fate::Void,
        Some(LegOutcome::Won { dead_heat: None }) => Fate::Whole,
        Some(LegOutcome::Won { dead_heat: Some(_) }) => Fate::Tied,
        Some(LegOutcome::HalfWon | LegOutcome::HalfLost) => Fate::Half,
    }
}

/// What comes back of one unit on a leg: stake and winnings apart, halves apart.
fn comes_back(leg: &Leg, result: &LegResult, place: bool) -> BigRational {
    let price = result.corrected.unwrap_or(leg.price);
    let mut winnings = over(price.num() - price.den(), price.den());
    if let (true, Some(terms)) = (place, leg.each_way) {
        winnings *= over(terms.num, terms.den);
    }
    winnings -= &winnings * over(result.deduction.0, 100);
    let one = BigRational::one();
    match known(&Some(*result), place).expect("known") {
        LegOutcome::Lost => BigRational::zero(),
        LegOutcome::Void => one,
        LegOutcome::Won { dead_heat: None } => one + winnings,
        // The stake is divided: so much of it wins whole, the rest loses.
        LegOutcome::Won { dead_heat: Some(tie) } => {
            let standing = over(tie.places(), tie.runners());
            &standing + &standing * winnings
        }
        LegOutcome::HalfWon => over(1, 2) + over(1, 2) * (one + winnings),
        LegOutcome::HalfLost => over(1, 2),
    }
}

fn rounded(exact: &BigRational, rounding: Rounding) -> BigInt {
    let down = exact.floor().to_integer();
    let rest = exact - BigRational::from_integer(down.clone());
    let half = over(1, 2);
    let up = match rounding {
        Rounding::Down => false,
        Rounding::HalfUp => rest >= half,
        Rounding::HalfEven => rest > half || (rest == half && (&down % 2u8) != BigInt::zero()),
    };
    if up { down + 1 } else { down }
}

/// What the bonuses add to the units that come back, all legs known.
fn bonus(terms: &Terms, results: &[Option<LegResult>], rules: &Rules, lines: &[Vec<usize>]) -> BigRational {
    let count = terms.legs.len();
    let fates: Vec<Fate> = results.iter().map(|result| fate(result, false)).collect();
    let back = |leg: usize| comes_back(&terms.legs[leg], results[leg].as_ref().expect("known"), false);
    let won = |leg: &usize| matches!(fates[*leg], Fate::Whole | Fate::Tied);
    let profit = |legs: &[usize]| {
        let back = legs
            .iter()
            .fold(BigRational::one(), |product, leg| product * back(*leg));
        let profit = back - BigRational::one();
        if profit.is_positive() {
            profit
        } else {
            BigRational::zero()
        }
    };
    if count >= 2 && lines.len() == 1 && lines[0].len() == count {
        let winners = (0..count)
            .filter(won)
            .filter(|leg| terms.legs[*leg].price >= rules.boost_min_price)
            .count();
        let mut percent = 0;
        for row in &rules.boosts {
            if usize::from(row.legs) <= winners && !fates.contains(&Fate::Lost) {
                percent = row.percent;
            }
        }
        return profit(&lines[0]) * over(percent, 100);
    }
    // Full covers with singles have 7, 15, 31 or 63 lines of 3 to 6 legs, and so has no other bet of that many legs.
    if terms.bankers != 0 || !(3..=6).contains(&count) || lines.len() != (1 << count) - 1 {
        return BigRational::zero();
    }
    let Some(row) = rules.bonuses.iter().find(|row| usize::from(row.selections) == count) else {
        return BigRational::zero();
    };
    if fates.iter().all(|fate| *fate == Fate::Whole) {
        let winnings = lines.iter().fold(BigRational::zero(), |sum, legs| sum + profit(legs));
        return winnings * over(row.all_winners, 100);
    }
    let winners: Vec<usize> = (0..count).filter(won).collect();
    let losers = fates.iter().filter(|fate| **fate == Fate::Lost).count();
    match winners[..] {
        [only] if losers == count - 1 => profit(&[only]) * (over(row.one_winner, 100) - BigRational::one()),
        _ => BigRational::zero(),
    }
}

/// How a bet stands.
pub fn standing(terms: &Terms, results: &[Option<LegResult>], cashed: i64, rules: &Rules) -> Standing {
    let open = Standing {
        status: BetStatus::Open,
        stake_settled: Amount(0),
        returned: Amount(0),
        refunded: Amount(0),
    };
    let left = terms.stake.0 - cashed;
    if cashed > 0 && left == 0 {
        return Standing {
            status: BetStatus::CashedOut,
            ..open
        };
    }
    let each_way = terms.legs[0].each_way.is_some();
    let parts: &[bool] = if each_way { &[false, true] } else { &[false] };
    let lines = combinations(terms);
    let (mut all, mut decided, mut void) = (0i64, 0i64, 0i64);
    let mut units = BigRational::zero();
    for place in parts {
        let fates: Vec<Fate> = results.iter().map(|result| fate(result, *place)).collect();
        let backs: Vec<Option<BigRational>> = (0..terms.legs.len())
            .map(|leg| {
                known(&results[leg], *place)
                    .and(results[leg].as_ref())
                    .map(|result| comes_back(&terms.legs[leg], result, *place))
            })
            .collect();
        for line in &lines {
            all += 1;
            if line.iter().any(|leg| fates[*leg] == Fate::Lost) {
                decided += 1;
                continue;
            }
            if line.iter().any(|leg| fates[*leg] == Fate::Unknown) {
                continue;
            }
            decided += 1;
            if line.iter().all(|leg| fates[*leg] == Fate::Void) {
                void += 1;
            }
            let mut product = BigRational::one();
            for leg in line {
                product *= backs[*leg].as_ref().expect("known");
            }
            match terms.fund {
                Fund::Cash => units += product,
                Fund::FreeBet if product > BigRational::one() => units += product - BigRational::one(),
                Fund::FreeBet => {}
            }
        }
    }
    if decided == 0 || (decided < all && !rules.settle_lines_early) {
        return open;
    }
    let every = |test: &dyn Fn(Fate) -> bool| {
        parts
            .iter()
            .all(|place| results.iter().all(|result| test(fate(result, *place))))
    };
    if every(&|fate| fate != Fate::Unknown) {
        units += bonus(terms, results, rules, &lines);
    }
    let exact = units * over(terms.unit_stake.0, 1) * over(left, terms.stake.0);
    let cap = BigInt::from(terms.max_payout.0.max(left));
    let returned = rounded(&exact, terms.rounding)
        .min(cap)
        .to_i64()
        .expect("below the cap");
    // The stake that is settled in whole minor units; what is given back of a free bet is what is not used up.
    let share = |lines: i64| over(left, 1) * over(lines, all);
    let whole = |exact: BigRational| exact.floor().to_integer().to_i64().expect("at most the stake");
    let stake_settled = whole(share(decided));
    let refunded = match terms.fund {
        Fund::Cash => 0,
        Fund::FreeBet => stake_settled - whole(share(decided - void)),
    };
    let status = if decided < all {
        BetStatus::Open
    } else if every(&|fate| fate == Fate::Void) {
        BetStatus::Void
    } else if returned == 0 && refunded == 0 {
        BetStatus::Lost
    } else if every(&|fate| matches!(fate, Fate::Whole | Fate::Void)) {
        BetStatus::Won
    } else {
        BetStatus::PartlyWon
    };
    Standing {
        status,
        stake_settled: Amount(stake_settled),
        returned: Amount(returned),
        refunded: Amount(refunded),
    }
}
