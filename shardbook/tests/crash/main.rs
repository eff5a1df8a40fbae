//! The real binary: killed, on faulty disks and clocks, given damaged data and wrong arguments, and asked what it holds.

mod archive;
mod clock;
mod damage;
mod disk;
mod faulty;
mod flips;
mod inspect;
mod kill_points;
mod kills;
mod load;
mod power_loss;
mod refusals;
mod server;
mod state;
mod waiting;
