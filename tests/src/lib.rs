//! Tests of the whole house; this crate ships nothing.
