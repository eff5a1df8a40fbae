//! The real binary: killed, on faulty disks and clocks, given damaged data and wrong arguments, and asked what it holds.

mod damage;
mod faulty;
mod inspect;
mod kill_points;
mod kills;
mod load;
mod refusals;
mod server;
mod waiting;
