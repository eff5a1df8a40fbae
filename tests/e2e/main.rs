//! The whole house in one process, over its own wire.

mod archive;
mod bad_feed;
mod bad_input;
mod bad_slips;
mod bulk;
mod cash_out;
mod corrections;
mod journey;
mod limits;
mod memory;
mod naive;
mod odds_formats;
mod overload;
mod protection;
mod races;
mod real_files;
mod retries;
mod rulings;
mod slips;
mod surface;
mod waiting;
