//! The integration tests: one binary, so that it links once.

mod support;

mod sessions;

mod laws;

mod cli;

mod terminal;

mod bus;

mod examples;

mod docs;
