//! What a worker gives up before it reads a component.
//!
//! Owns the limits that the system enforces: memory, processor time, no files, no sockets, no processes, no
//! code that can run. Where the system has no way to say so, less is given up: every Unix has the limits on
//! resources, Linux has all of it.

use std::io;

use super::WorkerLimits;

/// Gives up what compiling does not need. There is no way back.
///
/// # Errors
///
/// The system refuses: the worker must not go on.
pub(super) fn confine(limits: &WorkerLimits) -> io::Result<()> {
    #[cfg(unix)]
    resources(limits)?;
    #[cfg(not(unix))]
    let _ = limits;
    #[cfg(target_os = "linux")]
    super::calls::give_up()?;
    Ok(())
}

#[cfg(unix)]
fn resources(limits: &WorkerLimits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};

    /// Calls of tools come first.
    const NICER: i32 = 10;

    // Nobody waits for the answer of an orphan.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    nice(NICER)?;
    let hard = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    let seconds = limits.cpu.as_secs().max(1);
    for (resource, limit) in [
        // A core would hold the component, and be written where nobody looks.
        (Resource::Core, hard(0)),
        // Of files; pipes have no size.
        (Resource::Fsize, hard(0)),
        // Those that are open stay open.
        (Resource::Nofile, hard(0)),
        (Resource::As, hard(limits.memory_bytes)),
        // At the first the system says why; at the second it asks nobody.
        (
            Resource::Cpu,
            Rlimit {
                current: Some(seconds),
                maximum: Some(seconds.saturating_add(1)),
            },
        ),
    ] {
        setrlimit(resource, limit)?;
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::env;
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};
    use std::thread;

    use super::*;

    /// Set in the process that gives everything up.
    const INSIDE: &str = "RINGFENCE_TEST_INSIDE";

    /// What a worker tries, each by its name.
    fn attempts() -> Vec<(&'static str, io::Result<()>)> {
        let memory = |bytes| {
            let mut taken: Vec<u8> = Vec::new();
            taken.try_reserve_exact(bytes).map_err(io::Error::other)
        };
        let signal = || {
            let parent = rustix::process::getppid().ok_or(rustix::io::Errno::SRCH)?;
            rustix::process::test_kill_process(parent)
        };
        vec![
            ("read a file", File::open("/etc/passwd").map(drop)),
            ("list a folder", fs::read_dir("/").map(drop)),
            ("look at a file", fs::metadata("/").map(drop)),
            ("write a file", File::create("escaped").map(drop)),
            ("remove a file", fs::remove_file("escaped")),
            ("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
            ("connect", TcpStream::connect("127.0.0.1:1").map(drop)),
            ("send", UdpSocket::bind("127.0.0.1:0").map(drop)),
            ("make a pair", UnixStream::pair().map(drop)),
            (
                "start a process",
                Command::new("/bin/true").spawn().map(drop),
            ),
            ("reach another process", signal().map_err(Into::into)),
            ("take too much", memory(8 << 30)),
            ("raise its limits", raise()),
        ]
    }

    fn raise() -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let none = Rlimit {
            current: None,
            maximum: None,
        };
        Ok(setrlimit(Resource::As, none)?)
    }

    /// Runs in a process of its own, which [`a_worker_can_compute_and_nothing_else`] starts.
    #[test]
    fn inside() {
        if env::var_os(INSIDE).is_none() {
            return;
        }
        confine(&WorkerLimits::default()).unwrap();
        for (what, attempt) in attempts() {
            assert!(attempt.is_err(), "a worker can {what}");
        }
        // And what compiling needs is there.
        let sums = (0_u64..4).map(|start| thread::spawn(move || vec![start; 1 << 20].iter().sum()));
        let sums: Vec<_> = sums.collect();
        let sum: u64 = sums
            .into_iter()
            .map(|sum| -> u64 { sum.join().unwrap() })
            .sum();
        assert_eq!(sum, 6 << 20);
        io::stdout().write_all(b"held\n").unwrap();
    }

    #[test]
    fn a_worker_can_compute_and_nothing_else() {
        // Outside, each of them works, but for the address that nobody listens at.
        let outside = attempts()
            .into_iter()
            .filter(|(_, attempt)| attempt.is_ok());
        let outside: Vec<_> = outside.map(|(what, _)| what).collect();
        assert!(outside.len() >= 11, "{outside:?}");
        let run = Command::new(env::current_exe().unwrap())
            .args(["--exact", "compiler::confine::tests::inside", "--nocapture"])
            .env(INSIDE, "yes")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("held"), "{run:?}");
    }
}
