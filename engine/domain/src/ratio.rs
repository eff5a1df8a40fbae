//! Exact fractions: what settlement counts with until it rounds once, at the payout.

use std::cmp::Ordering;
use std::fmt;

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

    /// The product of all; 1 of none. Long ones are brought to lowest terms once.
    pub fn product(factors: impl IntoIterator<Item = Ratio>) -> Ratio {
        let mut factors = factors.into_iter();
        let mut small = Ratio::ONE;
        for factor in factors.by_ref() {
            small = small.times(&factor);
            if let Form::Big(_) = small.0 {
                break;
            }
        }
        let Form::Big(big) = small.0 else { return small };
        let (num, den) = factors.fold(big.into_raw(), |(num, den), factor| {
            let (by_num, by_den) = factor.parts();
            (num * by_num, den * by_den)
        });
        Ratio(Form::Big(BigRatio::new(num, den)))
    }

    /// What it is above 1: the winnings where this is a return. 0 where it is 1 or less.
    pub fn above_one(&self) -> Ratio {
        match &self.0 {
            &Form::Small { num, den } => Ratio(Form::Small {
                num: num.saturating_sub(den),
                den,
            }),
            Form::Big(big) if *big <= BigRatio::from_integer(BigUint::from(1u8)) => Ratio::ZERO,
            Form::Big(big) => Ratio(Form::Big(big - BigRatio::from_integer(BigUint::from(1u8)))),
        }
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

    /// In lowest terms.
    pub fn reduced(self) -> Ratio {
        match self.0 {
            Form::Small { num, den } => {
                let divisor = gcd(num, den);
                Ratio(Form::Small {
                    num: num / divisor,
                    den: den / divisor,
                })
            }
            big => Ratio(big),
        }
    }

    /// With so many decimals, the last rounded half up: for show only.
    pub fn decimal(&self, places: u8) -> String {
        let scale = BigUint::from(10u8).pow(places.into());
        let (num, den) = self.parts();
        let scaled = (num * &scale * 2u8 + &den) / (den * 2u8);
        let (whole, fraction, places) = (&scaled / &scale, &scaled % &scale, usize::from(places));
        if places == 0 {
            return whole.to_string();
        }
        format!("{whole}.{:0>places$}", fraction.to_string())
    }

    /// Upper and lower part when both fit into 128 bits.
    pub(crate) fn small_parts(&self) -> Option<(u128, u128)> {
        match &self.0 {
            &Form::Small { num, den } => Some((num, den)),
            Form::Big(big) => big.numer().to_u128().zip(big.denom().to_u128()),
        }
    }

    /// Upper and lower part.
    pub(crate) fn parts(&self) -> (BigUint, BigUint) {
        match &self.0 {
            &Form::Small { num, den } => (num.into(), den.into()),
            Form::Big(big) => (big.numer().clone(), big.denom().clone()),
        }
    }

    pub(crate) fn from_small(num: u128, den: u128) -> Ratio {
        Ratio(Form::Small { num, den })
    }

    pub(crate) fn from_big(num: BigUint, den: BigUint) -> Ratio {
        Ratio(Form::Big(BigRatio::new(num, den)))
    }

    fn big(&self) -> BigRatio<BigUint> {
        match &self.0 {
            &Form::Small { num, den } => BigRatio::new(num.into(), den.into()),
            Form::Big(big) => big.clone(),
        }
    }
}

/// Exact: a decimal of two to eight places where that is the whole of it, else a fraction in lowest terms.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PLACES: u32 = 8;
        let (num, den) = self.parts();
        let scaled = num * BigUint::from(10u8).pow(PLACES);
        if &scaled % &den != BigUint::ZERO {
            let big = self.big();
            return write!(f, "{}/{}", big.numer(), big.denom());
        }
        let text = self.decimal(PLACES as u8);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = fraction.trim_end_matches('0');
        write!(f, "{whole}.{fraction:0<2}")
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
