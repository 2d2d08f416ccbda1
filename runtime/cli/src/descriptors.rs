//! How many files the process may have open.
//!
//! Owns the one call that raises the soft limit to the hard one. Each call of a tool may hold as many
//! descriptors as its budget has handles; under the usual soft limit of 1,024, four calls that hold
//! on to theirs would leave none for the rest.

/// Raises the soft limit. Where the system refuses, calls fail sooner, and nothing else does.
#[cfg(unix)]
pub(crate) fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        )
    {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

#[cfg(not(unix))]
pub(crate) fn raise_limit() {}
