//! Opens the wallet.

use super::Context;
use crate::ids::PlayerId;
use crate::money::Currency;
use crate::player::{Event, Rejection, State};

pub(super) fn decide(
    state: &State,
    brand: &str,
    reference: &str,
    currency: Currency,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    PlayerId::of(brand, reference).map_err(|_| Rejection::BadIdentity)?;
    match state.profile() {
        Some(known) if *known.brand != *brand || *known.reference != *reference => Err(Rejection::IdentityTaken),
        Some(known) if known.currency != currency => Err(Rejection::CurrencyMismatch { wallet: known.currency }),
        Some(_) => Ok(Vec::new()),
        None => Ok(vec![Event::Registered {
            at: context.now,
            brand: brand.into(),
            reference: reference.into(),
            currency,
        }]),
    }
}
