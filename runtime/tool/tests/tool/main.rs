//! The crate from outside: what is read, what is refused, what is packed.

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod interface;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod packing;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
