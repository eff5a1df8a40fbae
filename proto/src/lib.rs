//! The wire: generated types of every schema under `proto/`. No logic.
//!
//! Invariant: nothing here is known to an entity; a shard node translates.
#![allow(missing_docs, reason = "generated from the schemas, which carry the documentation")]
#![allow(
    clippy::large_enum_variant,
    reason = "generated; messages are moved seldom and boxed where they wait"
)]

/// Descriptors of all schemas, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The player protocol.
pub mod client {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/shardbook.client.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/shardbook.client.v1.serde.rs"));
    }
}

/// What feeds say to the trading book.
pub mod provider {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/shardbook.provider.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/shardbook.provider.v1.serde.rs"));
    }
}

/// What traders do.
pub mod backoffice {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/shardbook.backoffice.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/shardbook.backoffice.v1.serde.rs"));
    }
}

/// Between gateway and shard nodes.
pub mod internal {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/shardbook.internal.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/shardbook.internal.v1.serde.rs"));
    }
}
