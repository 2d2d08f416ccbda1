//! The `probe` tool: asks for whatever a test tells it to reach, over the network and of files, and checks nothing.
//!
//! Everything in it is about the component around it, so there is nothing to test on the host.

#[cfg(target_arch = "wasm32")]
mod file;
#[cfg(target_arch = "wasm32")]
mod guest;
#[cfg(target_arch = "wasm32")]
mod http;
#[cfg(target_arch = "wasm32")]
mod socket;
