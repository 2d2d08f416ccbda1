//! Compiles the hostile guests of the demonstration from their text, so that what is shown to be
//! stopped is what anybody can read under `tests/guests/`. And has the program linked in its short form.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The guests that the demonstration runs, below `tests/guests/`.
const GUESTS: [&str; 18] = [
    "hostile/h01_endless_loop.wat",
    "hostile/h01_exponential_calls.wat",
    "hostile/h02_realloc_out_of_bounds.wat",
    "hostile/h03_recursion.wat",
    "hostile/h06_sleep_forever.wat",
    "hostile/h08_pollables.wat",
    "hostile/h10_grow_then_oom.wat",
    "hostile/h11_shared_memory.wat",
    "hostile/h12_table_grow_stepwise.wat",
    "hostile/h13_eight_memories.wat",
    "hostile/h13_instance_bomb.wat",
    "hostile/h14_string_2mib.wat",
    "hostile/h15_aliased_strings.wat",
    "hostile/h16_stdout_line.wat",
    "hostile/h17_random_bytes.wat",
    "hostile/h43_dump.wat",
    "hostile/h46_canary.wat",
    "plain/forge.wat",
];

/// The first release of the GNU C library that reads relocations in their short form.
const SHORT_RELOCATIONS: (u32, u32) = (2, 36);

/// Whether the program will run on the C library of this machine, and that one reads short relocations.
fn reads_short_relocations() -> bool {
    let is = |name: &str, value: &str| env::var_os(name).is_some_and(|found| found == value);
    let for_here = env::var_os("HOST").is_some_and(|host| env::var_os("TARGET") == Some(host));
    if !for_here || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return false;
    }
    let asked = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = asked.map(|asked| String::from_utf8_lossy(&asked.stdout).into_owned());
    let version = said.ok().and_then(|said| {
        let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    version.is_some_and(|version: (u32, u32)| version >= SHORT_RELOCATIONS)
}

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set `OUT_DIR`")?);
    let guests = Path::new("../../tests/guests");
    let mut cargo = io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    // In their long form they are two megabytes that every process reads when it starts. A program runs where
    // its C library is no older than that it was built with, as any other does.
    if reads_short_relocations() {
        writeln!(
            cargo,
            "cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs"
        )?;
    }
    for guest in GUESTS {
        let text = guests.join(guest);
        writeln!(cargo, "cargo::rerun-if-changed={}", text.display())?;
        let name = Path::new(guest)
            .file_stem()
            .ok_or("a guest without a name")?;
        fs::write(
            out.join(name).with_extension("wasm"),
            wat::parse_file(&text)?,
        )?;
    }
    Ok(())
}
