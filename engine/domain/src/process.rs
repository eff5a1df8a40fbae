//! Where the entities meet: a public event of one in, commands to others out. Pure; who carries them out is not here.

pub mod settlement;
