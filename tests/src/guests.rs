//! The guests under `guests/`, compiled, and the table of what must become of each.
//!
//! Owns the tables: a file without a row, a row without a file, and a row that says something other
//! than the head of its file each fail a test. Refuses to know how a guest is run.

use std::fmt;
use std::path::PathBuf;

/// What must become of a guest. Prints as the head of its file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expected {
    /// A limit stops it: the one of this name.
    Limit(&'static str),
    /// It is refused when it is made ready to run, before anybody calls it.
    RefusedAtPreparation,
    /// It is refused when its bytes are read, before anything is compiled.
    RefusedAtReading,
    /// It returns, and nothing has happened that should not.
    Returned,
    /// It returns an error on purpose.
    ToolError,
    /// It breaks.
    Trapped,
    /// Its function is not offered, because of its types. The component is.
    Unavailable,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => write!(f, "limit({limit})"),
            Self::RefusedAtPreparation => f.write_str("refused at preparation"),
            Self::RefusedAtReading => f.write_str("refused at reading"),
            Self::Returned => f.write_str("returned"),
            Self::ToolError => f.write_str("tool-error"),
            Self::Trapped => f.write_str("trapped"),
            Self::Unavailable => f.write_str("unavailable"),
        }
    }
}

/// One call of one guest, and what must become of it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file's name, without its folder and `.wat`.
    pub file: &'static str,
    /// The function to call, by its name in the component.
    pub function: &'static str,
    /// The arguments, as a JSON object.
    pub arguments: &'static str,
    /// Whether it must be granted a directory to get as far as it can.
    pub granted: bool,
    /// What must become of the call.
    pub expected: Expected,
    /// What it must return, as JSON, when that is always the same.
    pub result: Option<&'static str>,
}

impl Case {
    const fn attack(file: &'static str, expected: Expected) -> Self {
        Self::call(file, "attack", expected)
    }

    const fn call(file: &'static str, function: &'static str, expected: Expected) -> Self {
        Self {
            file,
            function,
            arguments: "{}",
            granted: false,
            expected,
            result: None,
        }
    }

    const fn with(mut self, arguments: &'static str) -> Self {
        self.arguments = arguments;
        self
    }

    const fn granted(mut self) -> Self {
        self.granted = true;
        self
    }

    const fn gives(mut self, result: &'static str) -> Self {
        self.result = Some(result);
        self
    }
}

use Expected::{
    Limit, RefusedAtPreparation, RefusedAtReading, Returned, ToolError, Trapped, Unavailable,
};

/// Everything under `guests/hostile/`.
pub const HOSTILE: &[Case] = &[
    Case::attack("h01_endless_loop", Limit("fuel")),
    Case::attack("h01_endless_tail_call", Limit("fuel")),
    Case::attack("h01_exponential_calls", Limit("fuel")),
    Case::attack("h02_host_result_loop", Limit("fuel")),
    Case::attack("h02_post_return_loop", Limit("fuel")),
    Case::attack("h02_realloc_loop", Limit("fuel")).with(r#"{"text":"x"}"#),
    Case::attack("h02_realloc_out_of_bounds", Trapped).with(r#"{"text":"x"}"#),
    Case::attack("h02_realloc_reenters", Trapped).with(r#"{"text":"x"}"#),
    Case::attack("h02_realloc_unaligned", Trapped).with(r#"{"numbers":[1,2]}"#),
    Case::attack("h02_start_loop", Limit("fuel")),
    Case::attack("h02_start_sleep", Limit("wall")),
    Case::attack("h03_host_calls_at_depth", Limit("stack")),
    Case::attack("h03_recursion", Limit("stack")),
    Case::attack("h03_recursion_big_frames", Limit("stack")),
    Case::attack("h03_recursion_in_realloc", Limit("stack")).with(r#"{"text":"x"}"#),
    Case::attack("h03_recursion_indirect", Limit("stack")),
    Case::attack("h04_memory_copy", Limit("fuel")),
    Case::attack("h04_memory_fill", Limit("fuel")),
    Case::attack("h04_table_copy", Limit("fuel")),
    Case::attack("h04_table_fill", Limit("fuel")),
    Case::attack("h05_clock_flood", Limit("fuel")),
    Case::attack("h05_log_flood", Limit("fuel")),
    Case::attack("h05_progress_flood", Limit("fuel")),
    Case::attack("h06_many_sleeps", Limit("wall")),
    Case::attack("h06_poll_nothing", Trapped),
    Case::attack("h06_sleep_forever", Limit("wall")),
    Case::attack("h07_catch_everything", RefusedAtPreparation),
    Case::attack("h08_poll_repeated", Limit("host-call-data")),
    Case::attack("h08_pollables", Limit("handles")),
    Case::attack("h10_grow_at_once", Returned).gives("1"),
    Case::attack("h10_grow_stepwise", Limit("fuel")),
    Case::attack("h10_grow_then_oom", Limit("memory")),
    Case::attack("h10_initial_huge", RefusedAtPreparation),
    Case::attack("h10_initial_over_budget", Limit("memory")),
    Case::attack("h11_async_export", RefusedAtReading),
    Case::attack("h11_atomics", RefusedAtPreparation),
    Case::attack("h11_call_ref", RefusedAtPreparation),
    Case::attack("h11_custom_page_size", RefusedAtReading),
    Case::attack("h11_exception_tag", RefusedAtReading),
    Case::attack("h11_gc_struct", RefusedAtReading),
    Case::attack("h11_memory64", RefusedAtReading),
    Case::attack("h11_multi_memory", RefusedAtReading),
    Case::attack("h11_relaxed_simd", RefusedAtPreparation),
    Case::attack("h11_shared_memory", RefusedAtReading),
    Case::attack("h11_stack_switching", RefusedAtReading),
    Case::attack("h11_stream_result", RefusedAtReading),
    Case::attack("h11_table64", RefusedAtReading),
    Case::attack("h11_thread_new", RefusedAtReading),
    Case::attack("h12_table_grow_at_once", Returned).gives("-1"),
    Case::attack("h12_table_grow_stepwise", Limit("tables")),
    Case::attack("h12_table_initial_huge", RefusedAtPreparation),
    Case::attack("h12_table_initial_over_budget", Limit("tables")),
    Case::attack("h13_eight_memories", Limit("memory")),
    Case::attack("h13_hold_memories", Limit("fuel")),
    Case::attack("h13_instance_bomb", RefusedAtReading),
    Case::attack("h13_type_bomb", Unavailable),
    Case::attack("h14_bytes_16mib", Limit("host-call-data")),
    Case::attack("h14_case_out_of_range", Trapped),
    Case::attack("h14_char_surrogate", Trapped),
    Case::attack("h14_elements_1e7", Limit("host-call-data")),
    Case::attack("h14_result_at_end", Trapped),
    Case::attack("h14_result_unaligned", Trapped),
    Case::attack("h14_string_1gib", Trapped),
    Case::attack("h14_string_2mib", Limit("result")),
    Case::attack("h14_string_not_utf8", Trapped),
    Case::attack("h15_aliased_lists", Limit("host-call-data")),
    Case::attack("h15_aliased_strings", Limit("host-call-data")),
    Case::attack("h15_control_characters", Limit("result")),
    Case::attack("h15_deep_options", Limit("host-call-data")),
    Case::attack("h15_flags", Limit("host-call-data")),
    Case::attack("h15_long_enum_names", Limit("host-call-data")),
    Case::attack("h15_long_field_names", Limit("host-call-data")),
    Case::attack("h16_blocking_zeroes", Trapped),
    Case::attack("h16_not_utf8", Returned),
    Case::attack("h16_stderr_endless", Limit("fuel")),
    Case::attack("h16_stdout_endless", Limit("fuel")),
    Case::attack("h16_stdout_line", Returned),
    Case::attack("h16_write_flood", Limit("fuel")),
    Case::attack("h16_write_unpermitted", Trapped),
    Case::attack("h16_write_zeroes", Trapped),
    Case::attack("h17_insecure_bytes", Limit("random")),
    Case::attack("h17_random_bytes", Limit("random")),
    Case::attack("h17_random_flood", Limit("fuel")),
    Case::attack("h18_open_files", Limit("handles")).granted(),
    Case::attack("h18_open_sockets", Returned).gives("4"),
    Case::attack("h18_open_streams", Limit("handles")),
    Case::attack("h19_resource_across_instances", Limit("handles")),
    Case::attack("h19_resource_new", Limit("handles")),
    Case::attack("h22_thread_spawn_module", RefusedAtReading),
    Case::attack("h22_wasi_threads", RefusedAtPreparation),
    Case::attack("h43_dump", Returned).gives("[[],[],null,0]"),
    Case::attack("h44_tells_what_it_knows", Trapped).with(r#"{"text":"x"}"#),
    Case::attack("h45_ansi_panic", Trapped),
    Case::attack("h46_canary", Returned).gives("0"),
    Case::attack("h46_stack_residue", Returned).gives("0"),
    Case::attack("h47_fine_clock", Returned).gives("0"),
    Case::attack("h52_host_path", RefusedAtPreparation),
    Case::attack("h52_unknown_function", RefusedAtPreparation),
    Case::attack("h52_unknown_interface", RefusedAtPreparation),
    Case::attack("h52_unknown_version", RefusedAtPreparation),
    Case::attack("h52_wrong_type", RefusedAtPreparation),
    Case::attack("h57_impossible_values", Returned)
        .gives(r#"[null,null,null,"a\u0000b\u001b[2Jc\",\"d"]"#),
    Case::attack("h59_links", Returned),
];

/// Everything under `guests/plain/`. A file may have several rows.
pub const PLAIN: &[Case] = &[
    Case::call("add", "add", Returned)
        .with(r#"{"a":2,"b":3}"#)
        .gives("5"),
    Case::call("add", "add", Returned)
        .with(r#"{"a":4294967295,"b":1}"#)
        .gives("0"),
    Case::call("counter", "next", Returned).gives("1"),
    Case::call("echo", "echo", Returned)
        .with(r#"{"text":"grüße 🦀"}"#)
        .gives(r#""grüße 🦀""#),
    Case::call("echo", "echo", Returned)
        .with(r#"{"text":""}"#)
        .gives(r#""""#),
    Case::call("echo", "echo-list", Returned)
        .with(r#"{"numbers":[1,2,3]}"#)
        .gives("[1,2,3]"),
    Case::call("echo", "echo-point", Returned)
        .with(r#"{"point":{"x":-1,"y":2147483647}}"#)
        .gives(r#"{"x":-1,"y":2147483647}"#),
    Case::call("eight_memories", "grow", Returned)
        .with(r#"{"pages":2}"#)
        .gives("16"),
    Case::call("err", "fail", ToolError).with(r#"{"message":"no such page"}"#),
    Case::call("exit", "leave", Trapped).with(r#"{"failed":true}"#),
    Case::call("exit", "leave", Trapped).with(r#"{"failed":false}"#),
    Case::call("forge", "forge", Returned).gives(r#""genuine""#),
    Case::call("fuel", "burn", Returned)
        .with(r#"{"rounds":1000}"#)
        .gives("1000"),
    Case::call("hog", "grow", Returned)
        .with(r#"{"pages":16}"#)
        .gives("16"),
    Case::call("host", "work", Returned).with(r#"{"steps":3}"#),
    Case::call("ints", "echo-u8", Returned)
        .with(r#"{"value":255}"#)
        .gives("255"),
    Case::call("ints", "echo-s8", Returned)
        .with(r#"{"value":-128}"#)
        .gives("-128"),
    Case::call("ints", "echo-u16", Returned)
        .with(r#"{"value":65535}"#)
        .gives("65535"),
    Case::call("ints", "echo-s16", Returned)
        .with(r#"{"value":-32768}"#)
        .gives("-32768"),
    Case::call("ints", "echo-u32", Returned)
        .with(r#"{"value":4294967295}"#)
        .gives("4294967295"),
    Case::call("ints", "echo-s32", Returned)
        .with(r#"{"value":-2147483648}"#)
        .gives("-2147483648"),
    Case::call("ints", "echo-u64", Returned)
        .with(r#"{"value":18446744073709551615}"#)
        .gives("18446744073709551615"),
    Case::call("ints", "echo-s64", Returned)
        .with(r#"{"value":-9223372036854775808}"#)
        .gives("-9223372036854775808"),
    Case::call("ints", "echo-f32", Returned)
        .with(r#"{"value":0.5}"#)
        .gives("0.5"),
    Case::call("ints", "echo-f64", Returned)
        .with(r#"{"value":0.1}"#)
        .gives("0.1"),
    Case::call("ints", "echo-bool", Returned)
        .with(r#"{"value":true}"#)
        .gives("true"),
    Case::call("ints", "echo-char", Returned)
        .with(r#"{"value":"ß"}"#)
        .gives(r#""ß""#),
    Case::call("linger", "linger", Limit("wall")).with(r#"{"steps":3}"#),
    Case::call("oob", "read", Trapped),
    Case::call("option", "add", Returned)
        .with(r#"{"a":1}"#)
        .gives("1"),
    Case::call("option", "add", Returned)
        .with(r#"{"a":1,"b":null}"#)
        .gives("1"),
    Case::call("option", "add", Returned)
        .with(r#"{"a":1,"b":2}"#)
        .gives("3"),
    Case::call("option", "same", Returned).gives("null"),
    Case::call("option", "same", Returned)
        .with(r#"{"value":7}"#)
        .gives("7"),
    Case::call("recurse", "recurse", Returned)
        .with(r#"{"levels":1000}"#)
        .gives("1000"),
    Case::call("recurse", "recurse", Limit("stack")).with(r#"{"levels":10000000}"#),
    Case::call("sleep", "sleep", Returned)
        .with(r#"{"milliseconds":1}"#)
        .gives("1"),
    Case::call("spin", "spin", Limit("fuel")),
    Case::call("tables", "grow", Returned)
        .with(r#"{"elements":5000}"#)
        .gives("5000"),
    Case::call("trap", "unreachable", Trapped),
    Case::call("trap", "divide", Trapped),
    Case::call("trap", "call", Trapped),
    Case::call("unit", "run", Returned),
];

/// The bytes of a hostile guest, by the name of its file.
///
/// # Panics
///
/// When there is no such file, or it does not parse: then the test that asked is wrong.
pub fn hostile(file: &str) -> Vec<u8> {
    compiled("hostile", file)
}

/// The bytes of a well-behaved guest, by the name of its file.
///
/// # Panics
///
/// When there is no such file, or it does not parse: then the test that asked is wrong.
pub fn plain(file: &str) -> Vec<u8> {
    compiled("plain", file)
}

/// The bytes of a guest that does something with what it is granted, by the name of its file.
///
/// # Panics
///
/// When there is no such file, or it does not parse: then the test that asked is wrong.
pub fn granted(file: &str) -> Vec<u8> {
    compiled("granted", file)
}

/// The folder `guests/` of this crate.
fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "guests", name]
        .iter()
        .collect()
}

#[expect(clippy::panic, reason = "a guest that does not parse is a broken test")]
fn compiled(kind: &str, file: &str) -> Vec<u8> {
    let path = folder(kind).join(file).with_extension("wat");
    wat::parse_file(&path).unwrap_or_else(|error| panic!("failed to read a guest: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn files(kind: &str) -> BTreeSet<String> {
        std::fs::read_dir(folder(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .inspect(|path| assert_eq!(path.extension().unwrap(), "wat", "{path:?}"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    fn rows(table: &[Case]) -> BTreeSet<String> {
        table.iter().map(|case| case.file.to_owned()).collect()
    }

    #[test]
    fn every_guest_has_a_row_and_every_row_a_guest() {
        assert_eq!(files("hostile"), rows(HOSTILE));
        assert_eq!(files("plain"), rows(PLAIN));
        assert_eq!(
            HOSTILE.len(),
            rows(HOSTILE).len(),
            "a hostile guest has two rows"
        );
    }

    #[test]
    fn the_head_of_a_file_says_what_its_row_says() {
        for (kind, table) in [("hostile", HOSTILE), ("plain", PLAIN)] {
            for file in rows(table) {
                let text = std::fs::read_to_string(folder(kind).join(&file).with_extension("wat"));
                let text = text.unwrap();
                let said = text
                    .lines()
                    .find_map(|line| line.strip_prefix(";; Expected: "));
                // A guest of several functions names in its head what the most striking one does.
                let mut rows = table.iter().filter(|case| case.file == file);
                assert!(
                    rows.any(|case| said == Some(case.expected.to_string().as_str())),
                    "`{file}` says {said:?}, and no row of it does"
                );
            }
        }
    }

    #[test]
    fn a_hostile_guest_says_what_it_tries_and_why_it_matters() {
        for case in HOSTILE {
            let text =
                std::fs::read_to_string(folder("hostile").join(case.file).with_extension("wat"));
            let text = text.unwrap();
            let number = case.file.split('_').next().unwrap().to_uppercase();
            assert!(
                text.starts_with(&format!(";; {number}: ")),
                "`{}` has no title",
                case.file
            );
            for part in [";; Tries: ", ";; Why: "] {
                assert!(text.contains(part), "`{}` has no `{part}`", case.file);
            }
        }
    }

    #[test]
    fn every_guest_parses() {
        for case in HOSTILE {
            assert_eq!(
                hostile(case.file).get(..4),
                Some(b"\0asm".as_slice()),
                "{}",
                case.file
            );
        }
        for case in PLAIN {
            assert_eq!(
                plain(case.file).get(..4),
                Some(b"\0asm".as_slice()),
                "{}",
                case.file
            );
        }
    }
}
