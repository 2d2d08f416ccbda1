//! Compiles the hostile guests of the demonstration from their text, so that what is shown to be
//! stopped is what anybody can read under `tests/guests/`.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
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

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set `OUT_DIR`")?);
    let guests = Path::new("../../tests/guests");
    let mut cargo = io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
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
