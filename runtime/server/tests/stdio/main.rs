//! A real server, driven over pipes in memory by a client that writes raw lines.

#[cfg(test)]
mod asked;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod client;
#[cfg(test)]
mod eras;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod provided;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod running;
#[cfg(test)]
mod tasks;
