//! Names and ids.

use proptest::prelude::*;
use shardbook_domain::ids::{BetId, BetNo, EventId, IdError, PlayerId};

/// Protects the ids under which players and events are stored: they may never change.
#[test]
fn ids_are_hashes_of_names_for_ever() {
    assert_eq!(
        PlayerId::of("acme", "anna-1").map(|id| id.to_string()),
        Ok("06bcbbafefb09595".to_owned())
    );
    assert_eq!(
        EventId::of("bf:event:29788105").map(|id| id.to_string()),
        Ok("bdd8844189ed1ffa".to_owned())
    );
}

/// Protects the id space from names that are not in their form.
#[test]
fn names_out_of_form_are_refused() {
    let long = "a".repeat(129);
    for brand in ["", "Acme", "acme/eu", "acme eu", &long[..33]] {
        assert_eq!(PlayerId::of(brand, "anna"), Err(IdError::Brand), "{brand:?}");
    }
    for reference in ["", "anna/1", "anna 1", "\u{e4}nna", &long[..65]] {
        assert_eq!(
            PlayerId::of("acme", reference),
            Err(IdError::Reference),
            "{reference:?}"
        );
    }
    for urn in ["", "bf event", "bf:\u{e9}", "bf:\n", &long] {
        assert_eq!(EventId::of(urn), Err(IdError::Urn), "{urn:?}");
    }
}

/// Protects the texts of ids that clients send back.
#[test]
fn id_texts_out_of_form_are_refused() {
    for text in ["", "1", "00C0FFEE00C0FFEE", "+0c0ffee00c0ffee", "00c0ffee00c0ffeeaa"] {
        assert_eq!(text.parse::<PlayerId>(), Err(IdError::Player), "{text:?}");
    }
    for text in [
        "",
        "00c0ffee00c0ffee",
        "00c0ffee00c0ffee-",
        "00c0ffee00c0ffee-0",
        "00c0ffee00c0ffee-01",
        "x-1",
    ] {
        assert_eq!(text.parse::<BetId>(), Err(IdError::Bet), "{text:?}");
    }
    for text in [
        "00c0ffee00c0ffee-+1",
        "00c0ffee00c0ffee-4294967296",
        "00c0ffee00c0ffee-1-1",
    ] {
        assert_eq!(text.parse::<BetId>(), Err(IdError::Bet), "{text:?}");
    }
}

proptest! {
    /// Protects that ids are read back as they are shown, and the readers from any text.
    #[test]
    fn shown_ids_read_back(player: u64, bet in 1u32.., text in "\\PC{0,40}") {
        let id = BetId { player: PlayerId(player), bet: BetNo(bet) };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.player.to_string().parse(), Ok(id.player));
        let _ = (text.parse::<BetId>(), text.parse::<PlayerId>());
    }
}
