//! The attacks of the demonstration: who tries what, and what must stop it.
//!
//! Owns the table. The guests are those of `tests/guests/`, compiled from their text when this
//! program was built. Limits are lower than usual, so that the demonstration takes a minute less.

use std::time::Duration;

use ringfence_policy::Budget;
use ringfence_sandbox::{Answer, Limit, Outcome, Output, Truncated};

/// Instructions for a guest that is to run out of them: a tenth of a second or so.
const FUEL_SHORT: u64 = 100_000_000;

/// Processor time for a guest that is to run out of it.
const CPU_SHORT: Duration = Duration::from_millis(200);

/// Time for a guest that is to run out of it.
const WALL_SHORT: Duration = Duration::from_millis(300);

/// One attack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attack {
    /// The guest.
    pub(super) bytes: &'static [u8],
    /// What it is called, for people. The catalog makes a component's name of it.
    pub(super) name: &'static str,
    /// What it tries, for people.
    pub(super) tries: &'static str,
    /// The function to call.
    pub(super) function: &'static str,
    /// Its arguments.
    pub(super) arguments: &'static str,
    /// What stops it.
    pub(super) stop: Stopper,
}

impl Attack {
    /// What most attacks have in common.
    const DEFAULT: Self = Self {
        bytes: &[],
        name: "",
        tries: "",
        function: "attack",
        arguments: "{}",
        stop: Stopper::Refusal(""),
    };
}

/// What must stop an attack.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stopper {
    /// It is refused before it runs, with these words in the table.
    Refusal(&'static str),
    /// This limit.
    Limit(Limit),
    /// The sandbox's own checks: it traps.
    Trap(&'static str),
    /// It returns, having gained nothing: the words, and what proves it.
    Nothing(&'static str, fn(&Answer) -> bool),
}

impl Stopper {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Limit(limit) => format!("limit: {}", limit.word()),
            Self::Nothing(words, _) | Self::Refusal(words) | Self::Trap(words) => words.to_owned(),
        }
    }

    /// The limits of a call that is to be stopped like this.
    pub(super) fn budget(self) -> Budget {
        let mut budget = Budget::default();
        match self {
            Self::Limit(Limit::Cpu) => budget.cpu = CPU_SHORT,
            Self::Limit(Limit::Wall) => budget.wall = WALL_SHORT,
            _ => budget.fuel = FUEL_SHORT,
        }
        budget
    }

    /// Whether a call that ended like this was stopped as it must be.
    pub(super) fn holds(self, answer: &Answer) -> bool {
        match self {
            Self::Limit(limit) => answer.outcome == Outcome::Limit(limit),
            Self::Nothing(_, proof) => proof(answer),
            Self::Refusal(_) => false,
            Self::Trap(_) => matches!(answer.outcome, Outcome::Trapped(_)),
        }
    }
}

macro_rules! guest {
    ($file:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $file, ".wasm"))
    };
}

/// Every attack, in the order of the table.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        bytes: guest!("h01_endless_loop"),
        name: "endless loop",
        tries: "compute for ever",
        stop: Stopper::Limit(Limit::Fuel),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h01_exponential_calls"),
        name: "call tree",
        tries: "make 2^60 calls, without a loop",
        stop: Stopper::Limit(Limit::Cpu),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h06_sleep_forever"),
        name: "sleeper",
        tries: "wait 584 years, idle",
        stop: Stopper::Limit(Limit::Wall),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h10_grow_then_oom"),
        name: "memory hog",
        tries: "take memory until there is none",
        stop: Stopper::Limit(Limit::Memory),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h13_eight_memories"),
        name: "eight memories",
        tries: "stay below the limit eight times",
        stop: Stopper::Limit(Limit::Memory),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h12_table_grow_stepwise"),
        name: "table hog",
        tries: "hide memory in tables",
        stop: Stopper::Limit(Limit::Tables),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h03_recursion"),
        name: "recursion",
        tries: "overflow the stack",
        stop: Stopper::Limit(Limit::Stack),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h08_pollables"),
        name: "handle hog",
        tries: "set a million timers",
        stop: Stopper::Limit(Limit::Handles),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h17_random_bytes"),
        name: "random flood",
        tries: "ask for 16 EiB of random bytes",
        stop: Stopper::Limit(Limit::Random),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h14_string_2mib"),
        name: "long answer",
        tries: "answer with 2 MiB of text",
        stop: Stopper::Limit(Limit::Result),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h15_aliased_strings"),
        name: "data bomb",
        tries: "answer with 1 MiB, 1,000 times",
        stop: Stopper::Limit(Limit::HostCallData),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h02_realloc_out_of_bounds"),
        name: "wild pointer",
        tries: "make the host write elsewhere",
        stop: Stopper::Trap("memory safety: trapped"),
        function: "attack",
        arguments: r#"{"text":"x"}"#,
    },
    Attack {
        bytes: guest!("h13_instance_bomb"),
        name: "instance bomb",
        tries: "unfold a kilobyte into a billion",
        stop: Stopper::Refusal("refused when read"),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h11_shared_memory"),
        name: "shared memory",
        tries: "get memory that no limit counts",
        stop: Stopper::Refusal("refused when read"),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h16_stdout_line"),
        name: "output flood",
        tries: "print a line of 16 MiB",
        stop: Stopper::Nothing("output cut at 256 KiB", |answer| {
            answer.stdout.len() <= Budget::default().output_bytes
                && answer.receipt.truncated.contains(&Truncated::Stdout)
        }),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("forge"),
        name: "forger",
        tries: "forge an answer of the protocol",
        stop: Stopper::Nothing("captured, never sent", |answer| {
            let genuine = Outcome::Returned(Output::Json(r#""genuine""#.into()));
            answer.outcome == genuine && answer.stdout.starts_with(b"{\"jsonrpc\"")
        }),
        function: "forge",
        arguments: "{}",
    },
    Attack {
        bytes: guest!("h43_dump"),
        name: "spy",
        tries: "read the environment and files",
        stop: Stopper::Nothing("found nothing", |answer| {
            answer.outcome == Outcome::Returned(Output::Json("[[],[],null,0]".into()))
        }),
        ..Attack::DEFAULT
    },
    Attack {
        bytes: guest!("h46_canary"),
        name: "scavenger",
        tries: "find what an earlier call left",
        stop: Stopper::Nothing("a clean sandbox", |answer| {
            answer.outcome == Outcome::Returned(Output::Json("0".into()))
        }),
        ..Attack::DEFAULT
    },
];

/// The guest of the crowd: `super::crowd`.
pub(super) const LOOP: Attack = Attack {
    bytes: guest!("h01_endless_loop"),
    name: "a crowd",
    tries: "64 endless loops at once",
    stop: Stopper::Limit(Limit::Wall),
    ..Attack::DEFAULT
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ATTACKS.len());
    }
}
