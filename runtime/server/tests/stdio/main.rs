//! A real server, driven over pipes in memory by a client that writes raw lines.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod client;
#[cfg(test)]
mod eras;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod running;
