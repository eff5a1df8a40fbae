//! One value for each leg of a bet.

use std::ops::{Deref, DerefMut};
use std::slice;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value for each leg, in the order of the legs; a slice of them. Most bets are singles: the value of an only leg lies
/// in the bet itself and takes no memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerLeg<T>(Kept<T>);

/// Invariant: never one value in `Many`, nor none, so that equal lists are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept<T> {
    None,
    One(T),
    Many(Box<[T]>),
}

impl<T> PerLeg<T> {
    /// Of no leg.
    pub const NONE: PerLeg<T> = PerLeg(Kept::None);
}

impl<T> Deref for PerLeg<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Kept::None => &[],
            Kept::One(value) => slice::from_ref(value),
            Kept::Many(values) => values,
        }
    }
}

impl<T> DerefMut for PerLeg<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Kept::None => &mut [],
            Kept::One(value) => slice::from_mut(value),
            Kept::Many(values) => values,
        }
    }
}

impl<T> FromIterator<T> for PerLeg<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> PerLeg<T> {
        let mut values = values.into_iter();
        PerLeg(match (values.next(), values.next()) {
            (None, _) => Kept::None,
            (Some(only), None) => Kept::One(only),
            (Some(first), Some(second)) => Kept::Many([first, second].into_iter().chain(values).collect()),
        })
    }
}

impl<T> From<Vec<T>> for PerLeg<T> {
    fn from(values: Vec<T>) -> PerLeg<T> {
        match values.len() {
            0 | 1 => values.into_iter().collect(),
            _ => PerLeg(Kept::Many(values.into())),
        }
    }
}

impl<'a, T> IntoIterator for &'a PerLeg<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<T: Serialize> Serialize for PerLeg<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerLeg<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PerLeg<T>, D::Error> {
        Vec::deserialize(deserializer).map(PerLeg::from)
    }
}
