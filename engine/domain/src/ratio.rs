//! Exact fractions: what settlement counts with until it rounds once, at the payout.

use std::cmp::Ordering;

use num_bigint::BigUint;
use num_rational::Ratio as BigRatio;
use num_traits::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::odds::Odds;

/// How a payout becomes whole minor units. Stored with the bet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest, a half away from zero.
    #[default]
    HalfUp,
    /// To the nearest, a half to the even neighbour.
    HalfEven,
    /// Towards zero.
    Down,
}

/// An exact fraction of two non-negative whole numbers, of any size. Small ones need no memory of their own.
#[derive(Clone, Debug)]
pub struct Ratio(Form);

#[derive(Clone, Debug)]
enum Form {
    Small { num: u128, den: u128 },
    Big(BigRatio<BigUint>),
}

impl Ratio {
    /// 0.
    pub const ZERO: Ratio = Ratio(Form::Small { num: 0, den: 1 });
    /// 1.
    pub const ONE: Ratio = Ratio(Form::Small { num: 1, den: 1 });

    /// The fraction `num / den`. Panics when `den` is 0.
    pub fn new(num: u64, den: u64) -> Ratio {
        assert!(den != 0, "a fraction over zero");
        Ratio(Form::Small {
            num: num.into(),
            den: den.into(),
        })
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Form::Small { num, .. } => *num == 0,
            Form::Big(big) => big.numer().bits() == 0,
        }
    }

    /// The product.
    pub fn times(&self, other: &Ratio) -> Ratio {
        if let (&Form::Small { num: a, den: b }, &Form::Small { num: c, den: d }) = (&self.0, &other.0) {
            if let (Some(num), Some(den)) = (a.checked_mul(c), b.checked_mul(d)) {
                return Ratio(Form::Small { num, den });
            }
            let (left, right) = (gcd(a, d), gcd(c, b));
            if let (Some(num), Some(den)) = ((a / left).checked_mul(c / right), (b / right).checked_mul(d / left)) {
                return Ratio(Form::Small { num, den });
            }
        }
        Ratio(Form::Big(self.big() * other.big()))
    }

    /// The sum.
    pub fn plus(&self, other: &Ratio) -> Ratio {
        if let (&Form::Small { num: a, den: b }, &Form::Small { num: c, den: d }) = (&self.0, &other.0) {
            let divisor = gcd(b, d);
            let (left, right) = (d / divisor, b / divisor);
            let sum = a
                .checked_mul(left)
                .zip(c.checked_mul(right))
                .and_then(|(a, c)| a.checked_add(c));
            if let Some((num, den)) = sum.zip(b.checked_mul(left)) {
                return Ratio(Form::Small { num, den });
            }
        }
        Ratio(Form::Big(self.big() + other.big()))
    }

    /// `minor` units times this, rounded once by the rule; `None` beyond 64 bits or for a negative amount.
    pub fn of_minor(&self, minor: i64, rounding: Rounding) -> Option<i64> {
        let minor = u128::from(u64::try_from(minor).ok()?);
        if let &Form::Small { num, den } = &self.0
            && let Some(num) = num.checked_mul(minor)
        {
            let (whole, rest) = (num / den, num % den);
            let up = rounds_up(rest.cmp(&(den - rest)), whole % 2 == 1, rounding);
            return i64::try_from(whole + u128::from(up)).ok();
        }
        let product = self.big() * BigUint::from(minor);
        let whole = product.to_integer();
        let half = BigRatio::new(BigUint::from(1u8), BigUint::from(2u8));
        let up = rounds_up(product.fract().cmp(&half), whole.bit(0), rounding);
        (whole + u8::from(up)).to_i64()
    }

    /// How many whole minor units fit into `minor` when each counts this often: `minor / self`, rounded down. `None`
    /// when this is 0 or the result is beyond 64 bits.
    pub fn fits_into(&self, minor: i64) -> Option<i64> {
        if self.is_zero() {
            return None;
        }
        let inverse = match &self.0 {
            &Form::Small { num, den } => Ratio(Form::Small { num: den, den: num }),
            Form::Big(big) => Ratio(Form::Big(big.recip())),
        };
        inverse.of_minor(minor, Rounding::Down)
    }

    fn big(&self) -> BigRatio<BigUint> {
        match &self.0 {
            &Form::Small { num, den } => BigRatio::new(num.into(), den.into()),
            Form::Big(big) => big.clone(),
        }
    }
}

fn rounds_up(rest_to_half: Ordering, odd: bool, rounding: Rounding) -> bool {
    match (rounding, rest_to_half) {
        (Rounding::Down, _) | (_, Ordering::Less) => false,
        (_, Ordering::Greater) | (Rounding::HalfUp, Ordering::Equal) => true,
        (Rounding::HalfEven, Ordering::Equal) => odd,
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl From<Odds> for Ratio {
    fn from(odds: Odds) -> Ratio {
        Ratio::new(odds.num().into(), odds.den().into())
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        if let (&Form::Small { num: a, den: b }, &Form::Small { num: c, den: d }) = (&self.0, &other.0)
            && let (Some(left), Some(right)) = (a.checked_mul(d), c.checked_mul(b))
        {
            return left.cmp(&right);
        }
        self.big().cmp(&other.big())
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Ratio) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}
