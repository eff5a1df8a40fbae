//! A faulty disk and a faulty clock under an unchanged binary.
//!
//! Built as a shared library and put under a process with `LD_PRELOAD`, it stands between the process and the C library for
//! the calls that reach files and clock. It does what its plan says: it kills the process at a chosen call, tears a write,
//! lets calls fail or wait, moves the clock. Where it is asked to, it keeps a record of everything that was written and not
//! synced, from which a test takes back what a power loss would have taken.
//!
//! What it is told, all of it before the process starts, in environment variables. They do not begin with `SHARDBOOK_`,
//! which the binary would take for its own settings:
//!
//! - `FAULTS_UNDER`: the folder that the plan speaks of, as an absolute path without links. Needed.
//! - `FAULTS_PLAN`: the plan, see [`plan::Plan::parse`].
//! - `FAULTS_SWITCHES`: a folder. A rule counts and acts only while a file of its name is there, so that a test
//!   switches faults on and off while the process runs. Left out, every rule is on.
//! - `FAULTS_UNSYNCED`: a new file for the record of what is not synced, see [`record`].
//!
//! A plan that cannot be read ends the process with exit code 64 and a line that says why.
//!
//! This is the one crate that may be `unsafe`: a C library cannot be replaced in parts without. All of that is in [`calls`]
//! and [`system`]. It goes by system calls alone and takes no lock, so that it can be entered from any thread at any time.

#![cfg_attr(test, allow(dead_code))]

// Not in tests of this crate: their process would be the one that is faulty.
#[cfg(not(test))]
mod calls;
mod files;
mod pattern;
mod plan;
mod record;
mod system;
