//! One limit on what a call may use.
//!
//! Owns `budget.KIND=AMOUNT` and what it does to a [`Budget`]. Refuses to know how a limit is
//! enforced.

use std::fmt;
use std::time::Duration;

use super::invalid::InvalidGrant;
use super::quantity;
use crate::budget::Budget;

/// What every limit begins with.
pub(crate) const PREFIX: &str = "budget.";

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitKind {
    /// Time of a processor.
    Cpu,
    /// New files, directories and links.
    Files,
    /// Instructions, roughly.
    Fuel,
    /// Live handles.
    Handles,
    /// Lines of log.
    LogLines,
    /// Bytes of linear memory.
    Memory,
    /// Bytes kept of standard output and error, each.
    Output,
    /// Bytes of the result.
    Result,
    /// Time from start to end.
    Wall,
    /// Bytes written to files.
    Written,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    Count,
    Time,
}

impl LimitKind {
    /// Every kind, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Cpu,
        Self::Files,
        Self::Fuel,
        Self::Handles,
        Self::LogLines,
        Self::Memory,
        Self::Output,
        Self::Result,
        Self::Wall,
        Self::Written,
    ];

    /// Its word, after `budget.`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Files => "files",
            Self::Fuel => "fuel",
            Self::Handles => "handles",
            Self::LogLines => "log-lines",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::Result => "result",
            Self::Wall => "wall",
            Self::Written => "written",
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::Cpu | Self::Wall => Unit::Time,
            Self::Memory | Self::Output | Self::Result | Self::Written => Unit::Bytes,
            Self::Files | Self::Fuel | Self::Handles | Self::LogLines => Unit::Count,
        }
    }

    /// The least and the most that a policy may name, in bytes, milliseconds or one by one. The most
    /// is what a host of ordinary size can promise to many calls at once.
    fn bounds(self) -> (u64, u64) {
        let wall = u64::try_from(Budget::WALL_MAX.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::Cpu | Self::Wall => (1, wall),
            Self::Files => (0, Budget::CREATED_FILES_MAX),
            Self::Fuel => (1, Budget::FUEL_MAX),
            Self::Handles => (1, Budget::HANDLES_MAX as u64),
            Self::LogLines => (0, Budget::LOG_LINES_MAX as u64),
            Self::Memory => (
                Budget::MEMORY_BYTES_MIN as u64,
                Budget::MEMORY_BYTES_MAX as u64,
            ),
            Self::Output => (0, Budget::OUTPUT_BYTES_MAX as u64),
            Self::Result => (1, Budget::RESULT_BYTES_MAX as u64),
            Self::Written => (0, Budget::WRITTEN_BYTES_MAX),
        }
    }
}

/// One limit: no more than that for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    kind: LimitKind,
    amount: u64,
}

impl Limit {
    /// What it counts.
    pub fn kind(self) -> LimitKind {
        self.kind
    }

    /// How much: bytes, milliseconds, or one by one.
    pub fn amount(self) -> u64 {
        self.amount
    }

    /// Reads the word after `budget.` and the value after `=`.
    ///
    /// # Errors
    ///
    /// No such limit, no amount, or one out of bounds.
    pub(crate) fn parse(word: &str, value: Option<&str>) -> Result<Self, InvalidGrant> {
        const EXPECTED: &str =
            "an amount within the limits of this host, such as `budget.wall=30s`";
        let found = LimitKind::ALL.iter().find(|kind| kind.word() == word);
        let Some(kind) = found.copied() else {
            let words: Vec<_> = LimitKind::ALL
                .iter()
                .map(|kind| format!("{PREFIX}{}", kind.word()))
                .collect();
            let wrong = format!("{PREFIX}{word}");
            return Err(InvalidGrant::unknown(
                &wrong,
                words.iter().map(String::as_str),
            ));
        };
        let Some(value) = value else {
            return Err(InvalidGrant::malformed(EXPECTED, word));
        };
        let amount = match kind.unit() {
            Unit::Bytes => quantity::bytes(value)?,
            Unit::Count => quantity::number(value, "a whole number")?,
            Unit::Time => quantity::milliseconds(value)?,
        };
        let (least, most) = kind.bounds();
        if (least..=most).contains(&amount) {
            Ok(Self { kind, amount })
        } else {
            Err(InvalidGrant::malformed(EXPECTED, value))
        }
    }

    /// Sets this limit in `budget`.
    pub(crate) fn set(self, budget: &mut Budget) {
        let size = usize::try_from(self.amount).unwrap_or(usize::MAX);
        let time = Duration::from_millis(self.amount);
        match self.kind {
            LimitKind::Cpu => budget.cpu = time,
            LimitKind::Files => budget.created_files = self.amount,
            LimitKind::Fuel => budget.fuel = self.amount,
            LimitKind::Handles => budget.handles = size,
            LimitKind::LogLines => budget.log_lines = size,
            LimitKind::Memory => budget.memory_bytes = size,
            LimitKind::Output => budget.output_bytes = size,
            LimitKind::Result => budget.result_bytes = size,
            LimitKind::Wall => budget.wall = time,
            LimitKind::Written => budget.written_bytes = self.amount,
        }
    }

    /// What `budget` says of the same thing.
    pub(crate) fn of(kind: LimitKind, budget: &Budget) -> Self {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let amount = match kind {
            LimitKind::Cpu => milliseconds(budget.cpu),
            LimitKind::Files => budget.created_files,
            LimitKind::Fuel => budget.fuel,
            LimitKind::Handles => budget.handles as u64,
            LimitKind::LogLines => budget.log_lines as u64,
            LimitKind::Memory => budget.memory_bytes as u64,
            LimitKind::Output => budget.output_bytes as u64,
            LimitKind::Result => budget.result_bytes as u64,
            LimitKind::Wall => milliseconds(budget.wall),
            LimitKind::Written => budget.written_bytes,
        };
        Self { kind, amount }
    }

    /// Whether nobody has said anything of the same thing in `budget`: it is as it was built in.
    pub(crate) fn is_unsaid(self, budget: &Budget, built_in: &Budget) -> bool {
        Self::of(self.kind, budget) == Self::of(self.kind, built_in)
    }

    /// Lowers `budget` to this limit; never raises it.
    pub(crate) fn lower(self, budget: &mut Budget) {
        if self.amount < Self::of(self.kind, budget).amount {
            self.set(budget);
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}=", self.kind.word())?;
        match self.kind.unit() {
            Unit::Bytes => quantity::show_bytes(self.amount, f),
            Unit::Count => write!(f, "{}", self.amount),
            Unit::Time => quantity::show_milliseconds(self.amount, f),
        }
    }
}
