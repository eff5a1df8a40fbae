//! The translator as its users see it: lines and files in, feed messages out.

mod archives;
mod bad_input;
mod fuzz;
mod reading;
mod real_files;
mod settlement;
mod translation;
