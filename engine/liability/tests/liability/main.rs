//! What nodes that share limits promise.

mod nodes;
mod races;
mod scene;
