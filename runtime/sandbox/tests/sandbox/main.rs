//! Guests that use what the host offers beyond WASI, run whole.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod calling;
#[cfg(test)]
mod canned;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod guest;
#[cfg(test)]
mod keyvalue;
#[cfg(test)]
mod providing;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod streams;
