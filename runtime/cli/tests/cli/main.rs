//! The real binary, as a person, a script and a client run it.

mod call;
mod demo;
mod harness;
mod inspect;
mod pack;
mod serve;
mod usage;
