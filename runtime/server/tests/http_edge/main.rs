//! The edge of the HTTP server, driven over loopback by clients that write raw bytes.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod body;
#[cfg(test)]
mod client;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod order;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod socket;
