//! The file that says whose signature which source needs.
//!
//! Owns its keys, and refuses every other one by line. A file that was cut short is none: it has to end with
//! `[end]`, because what is missing from it would be needed no more.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ringfence_tool::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::TrustError;
use super::pattern::{PATTERN_CHARACTERS_MAX, Pattern};
use super::{Named, Need, Rule, Trust};
use crate::key::PublicKey;

/// Bytes of a file. Bounds what a broken writer can make every start read.
pub const TRUST_BYTES_MAX: u64 = 1 << 20;

/// Rules in a file, and keys of one rule. Bound the time that a signature takes.
const RULES_MAX: usize = 1000;
const KEYS_MAX: usize = 16;

const TOP: &[&str] = &["end", "key", "require", "rule", "version"];
const KEY: &[&str] = &["file", "pem"];
const RULE: &[&str] = &["keys", "require", "source"];

/// What a rule would say of somebody who signs without a key, if that were understood.
const IDENTITY: &[&str] = &["identities", "identity", "issuer", "root", "subject"];

type Failure = (usize, String);
type Value<'v> = Spanned<DeValue<'v>>;
type Files<'f> = &'f mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

pub(super) fn read(name: &str, text: &str, file: Files<'_>) -> Result<Trust, TrustError> {
    let name: Arc<str> = name.into();
    let at = |(line, reason)| TrustError {
        name: Arc::clone(&name),
        line,
        reason,
    };
    if text.len() as u64 > TRUST_BYTES_MAX {
        let reason = format!("it has more than {TRUST_BYTES_MAX} bytes");
        return Err(at((1, reason)));
    }
    let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut reader = Reader { breaks, file };
    let (require, rules) = reader.top(text).map_err(at)?;
    Ok(Trust {
        name: Arc::clone(&name),
        require,
        rules,
    })
}

struct Reader<'f> {
    breaks: Vec<usize>,
    file: Files<'f>,
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        self.breaks.partition_point(|at| *at < span.start) + 1
    }

    fn top(&mut self, text: &str) -> Result<(bool, Vec<Rule>), Failure> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = self.line(&error.span().unwrap_or_default());
            (line, error.message().to_owned())
        })?;
        let table = table.get_ref();
        self.known(table, TOP)?;
        let version = table.get("version");
        let one = version.and_then(|version| version.get_ref().as_integer());
        if one.is_none_or(|version| version.as_str() != "1" || version.radix() != 10) {
            let line = version.map_or(1, |version| self.line(&version.span()));
            return Err((line, "expected `version = 1`".to_owned()));
        }
        let Some(end) = table.get("end") else {
            let reason = "it must end with a line `[end]`: is the rest of it missing?";
            return Err((self.breaks.len().max(1), reason.to_owned()));
        };
        self.known(self.table("end", end)?, &[])?;
        let require = table.get("require");
        let require = require.map(|value| self.flag("require", value));
        let mut keys = BTreeMap::new();
        if let Some(named) = table.get("key") {
            for (name, key) in self.table("key", named)? {
                let key = self.key(name.get_ref(), key)?;
                keys.insert(name.get_ref().to_string(), key);
            }
        }
        let mut rules = Vec::new();
        if let Some(listed) = table.get("rule") {
            for rule in self.list("rule", listed, RULES_MAX)? {
                rules.push(self.rule(rule, &keys)?);
            }
        }
        Ok((require.transpose()?.unwrap_or_default(), rules))
    }

    fn key(&mut self, name: &str, value: &Value<'_>) -> Result<PublicKey, Failure> {
        let table = self.table(name, value)?;
        self.known(table, KEY)?;
        let (pem, place) = match (table.get("pem"), table.get("file")) {
            (Some(pem), None) => {
                let text = self.text("pem", pem)?;
                (text.as_bytes().to_vec(), pem)
            }
            (None, Some(file)) => {
                let path = self.text("file", file)?.to_owned();
                let read = (self.file)(&path);
                let failed = |why| (self.line(&file.span()), format!("`{path}`: {why}"));
                (read.map_err(failed)?, file)
            }
            _ => {
                let reason = format!("key `{name}` is given as `pem` or as `file`, one of both");
                return Err((self.line(&value.span()), reason));
            }
        };
        PublicKey::from_pem(&pem)
            .map_err(|error| (self.line(&place.span()), format!("key `{name}`: {error}")))
    }

    fn rule(&self, value: &Value<'_>, keys: &BTreeMap<String, PublicKey>) -> Result<Rule, Failure> {
        let table = self.table("rule", value)?;
        if let Some((key, _)) = table
            .iter()
            .find(|(key, _)| IDENTITY.contains(&&**key.get_ref()))
        {
            let reason = format!(
                "`{}`: signatures by a certificate are not understood: name `keys`",
                key.get_ref()
            );
            return Err((self.line(&key.span()), reason));
        }
        self.known(table, RULE)?;
        let line = self.line(&value.span());
        let Some(source) = table.get("source") else {
            let reason = "a rule has a `source`: `oci://registry.example/org/**`, for instance";
            return Err((line, reason.to_owned()));
        };
        let text = self.text("source", source)?;
        let starts = ["oci://", "https://", "file:", "*"];
        if !starts.iter().any(|start| text.starts_with(start)) {
            let reason = format!(
                "`{text}` does not begin as a source does: with `oci://`, `https://`, `file:` or `*`"
            );
            return Err((self.line(&source.span()), reason));
        }
        if text.chars().count() > PATTERN_CHARACTERS_MAX {
            let reason = format!("a source has at most {PATTERN_CHARACTERS_MAX} characters");
            return Err((self.line(&source.span()), reason));
        }
        let require = table.get("require");
        let require = require.map(|value| self.flag("require", value));
        let need = match (table.get("keys"), require.transpose()?) {
            (None, Some(false)) => Need::Nothing,
            (Some(listed), None | Some(true)) => {
                let listed = self.list("keys", listed, KEYS_MAX)?;
                if listed.is_empty() {
                    let reason = "a rule without keys could never be met: name one";
                    return Err((line, reason.to_owned()));
                }
                let named = listed.iter().map(|name| self.named(name, keys));
                Need::Keys(named.collect::<Result<_, _>>()?)
            }
            _ => {
                let reason = "a rule says either whose `keys` it needs, or `require = false`";
                return Err((line, reason.to_owned()));
            }
        };
        Ok(Rule {
            line,
            source: Pattern::read(text),
            need,
        })
    }

    fn named(
        &self,
        value: &Value<'_>,
        keys: &BTreeMap<String, PublicKey>,
    ) -> Result<Named, Failure> {
        let name = self.text("keys", value)?;
        let Some(key) = keys.get(name) else {
            let known = keys.keys().map(String::as_str);
            let reason = match nearest(name, known) {
                Some(near) => format!("there is no key `{name}`: did you mean `{near}`?"),
                None => format!("there is no key `{name}`: it needs a table `[key.{name}]`"),
            };
            return Err((self.line(&value.span()), reason));
        };
        Ok(Named {
            name: name.to_owned(),
            key: key.clone(),
        })
    }

    fn known(&self, table: &DeTable<'_>, known: &[&str]) -> Result<(), Failure> {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let reason = match nearest(name, known.iter().copied()) {
                Some(near) => format!("unknown key `{name}`: did you mean `{near}`?"),
                None if known.is_empty() => format!("unknown key `{name}`: nothing stands here"),
                None => format!("unknown key `{name}`: there are `{}`", known.join("`, `")),
            };
            return Err((self.line(&key.span()), reason));
        }
        Ok(())
    }

    fn table<'v>(&self, key: &str, value: &'v Value<'_>) -> Result<&'v DeTable<'v>, Failure> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.wrong(key, "a table", value))
    }

    fn list<'v>(
        &self,
        key: &str,
        value: &'v Value<'_>,
        max: usize,
    ) -> Result<&'v [Value<'v>], Failure> {
        let list = value.get_ref().as_array();
        let list = list.ok_or_else(|| self.wrong(key, "a list", value))?;
        if list.len() > max {
            return Err(self.wrong(key, &format!("at most {max} of them"), value));
        }
        Ok(list)
    }

    fn text<'v>(&self, key: &str, value: &'v Value<'_>) -> Result<&'v str, Failure> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.wrong(key, "text in quotes", value))
    }

    fn flag(&self, key: &str, value: &Value<'_>) -> Result<bool, Failure> {
        let flag = value.get_ref().as_bool();
        flag.ok_or_else(|| self.wrong(key, "`true` or `false`", value))
    }

    fn wrong(&self, key: &str, expected: &str, value: &Value<'_>) -> Failure {
        (
            self.line(&value.span()),
            format!("expected {expected} for `{key}`"),
        )
    }
}
