//! What the runtime promises, one file per concern; docs/runtime-semantics.md names these tests.

mod activation;
mod admission;
mod answers;
mod archive;
mod chain;
mod columns;
mod fail_stop;
mod frames;
mod golden;
mod lists;
mod panics;
mod passivation;
mod places;
mod restart;
mod retries;
mod scene;
mod segments;
mod tally;
mod turnstile;
mod views;
