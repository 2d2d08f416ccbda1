//! Where a reader of arguments stands, and the first thing that it found wrong.

use std::fmt;

use ringfence_tool::{Labels, Type};

use super::ArgumentError;

/// How many values the arguments of one call may hold. Each costs the host 40 bytes, so that a
/// megabyte of `[0,0,0,…]` would otherwise take forty.
pub(super) const VALUES_MAX: usize = 1_000_000;

/// How much of a wrong value an error repeats.
pub(super) const ECHO_CHARS_MAX: usize = 40;

/// Where the reader stands, and the first fault.
pub(super) struct Reading<'t> {
    pub(super) path: Vec<Step<'t>>,
    pub(super) fault: Option<String>,
    pub(super) values_left: usize,
}

pub(super) enum Step<'t> {
    Name(&'t str),
    Index(usize),
    /// A name that the caller made up, cut to one character more than is repeated.
    Unknown(String),
}

impl Reading<'_> {
    /// Notes what is wrong here; the error itself only ends the walk.
    pub(super) fn fault<E: serde::de::Error>(&mut self, message: String) -> E {
        self.fault.get_or_insert(message);
        E::custom("invalid arguments")
    }

    /// Notes what is wrong here, unless something is noted already.
    pub(super) fn note(&mut self, message: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(message);
    }

    pub(super) fn mismatch<E: serde::de::Error>(
        &mut self,
        ty: &Type,
        found: &dyn fmt::Display,
    ) -> E {
        self.fault(format!("expected {}, not {found}", expected(ty)))
    }

    pub(super) fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => return Err(self.fault(format!("expected at most {VALUES_MAX} values in all"))),
        }
        Ok(())
    }

    pub(super) fn error(mut self, error: &dyn fmt::Display) -> ArgumentError {
        use fmt::Write as _;
        let message = self
            .fault
            .take()
            .unwrap_or_else(|| format!("not valid JSON: {error}"));
        let mut path = String::new();
        for step in &self.path {
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Name(name) => write!(path, "/{name}"),
                Step::Index(index) => write!(path, "/{index}"),
                Step::Unknown(name) => write!(path, "/{}", Echo(name).pointer()),
            };
        }
        if path.is_empty() {
            path.push('/');
        }
        ArgumentError { path, message }
    }
}

/// What a value of this type looks like in JSON, for people.
pub(super) fn expected(ty: &Type) -> String {
    match ty {
        Type::Bool => "true or false".into(),
        Type::Char => "a string of one character".into(),
        Type::Integer(width) => {
            format!("an integer from {} to {}", width.minimum(), width.maximum())
        }
        Type::Float(_) => "a number".into(),
        Type::String => "a string".into(),
        Type::Bytes => "a base64 string".into(),
        Type::List(_) => "an array".into(),
        Type::Tuple(types) => format!("an array of {} values", types.len()),
        Type::Record(_) => "an object".into(),
        Type::Variant(variant) => {
            format!(
                "one of {}",
                names(variant.cases.iter().map(|case| &*case.name))
            )
        }
        Type::Enum(labels) => format!("one of {}", label_names(labels)),
        Type::Flags(labels) => format!("an array of {}", label_names(labels)),
        Type::Option(inner) => format!("{} or null", expected(inner)),
        Type::Result(_) => "an object with `ok` or `err`".into(),
    }
}

pub(super) fn label_names(labels: &Labels) -> String {
    names(labels.labels.iter().map(|label| &*label.name))
}

pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A wrong value, repeated short and harmless.
pub(super) struct Echo<'a>(pub(super) &'a str);

impl Echo<'_> {
    fn short(&self) -> String {
        let mut chars = self.0.chars();
        let head: String = chars.by_ref().take(ECHO_CHARS_MAX).collect();
        let more = if chars.next().is_some() { "…" } else { "" };
        format!("{}{more}", head.escape_debug())
    }

    /// As one step of a JSON pointer, in which a slash would begin the next.
    fn pointer(&self) -> String {
        self.short().replace('~', "~0").replace('/', "~1")
    }
}

impl fmt::Display for Echo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.short())
    }
}
