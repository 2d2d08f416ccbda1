//! Whose signature which source needs.
//!
//! Owns the decision: the first rule that names a source says what it needs, and no other one does. What is not
//! understood is refused. Where no file says anything, nothing is needed.

mod error;
mod pattern;
mod read;

use std::sync::Arc;

use crate::evidence::{Evidence, Signature};
use crate::key::PublicKey;
use crate::payload::Payload;
use crate::refusal::Refusal;
use crate::subject::{Subject, place};
use pattern::Pattern;

pub use error::TrustError;
pub use read::TRUST_BYTES_MAX;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// What people are told when they ask where a rule stands.
    name: Arc<str>,
    /// Whether a source that no rule names is refused.
    require: bool,
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    line: usize,
    source: Pattern,
    need: Need,
}

/// What a rule needs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Nothing,
    /// A signature by one of these.
    Keys(Vec<Named>),
}

/// A key, and what the file calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    key: PublicKey,
}

impl Named {
    /// Who signed, as the lock has it.
    fn identity(&self) -> String {
        format!("{}, {}", self.name, self.key)
    }
}

impl Trust {
    /// One key for whatever it is asked about: what a person names on a command line. `name` is what the key is
    /// called.
    pub fn in_key(name: &str, key: PublicKey) -> Self {
        let name = name.to_owned();
        let keys = vec![Named { name, key }];
        Self {
            name: "--key".into(),
            require: true,
            rules: vec![Rule {
                line: 0,
                source: Pattern::everything(),
                need: Need::Keys(keys),
            }],
        }
    }

    /// Reads the text of a file. `name` is what people are told when they ask where a rule stands; `file` gives
    /// the bytes of a file that is named in it, from where this one is.
    ///
    /// # Errors
    ///
    /// What is wrong, on which line, and what was probably meant.
    pub fn parse(
        name: &str,
        text: &str,
        file: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, TrustError> {
        read::read(name, text, file)
    }

    /// Whether anybody has to have signed what is from this source, so that it is worth asking for signatures.
    pub fn needs_signature(&self, source: &str) -> bool {
        let place = place(source);
        let rule = self.rules.iter().find(|rule| rule.source.covers(place));
        rule.is_some_and(|rule| rule.need != Need::Nothing)
    }

    /// Whether a component may be taken, with what came along. Gives who signed it, where somebody had to.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn judge(
        &self,
        subject: &Subject<'_>,
        evidence: &Evidence,
    ) -> Result<Option<String>, Refusal> {
        let place = subject.place();
        let rule = self.rules.iter().find(|rule| rule.source.covers(place));
        let Some(rule) = rule else {
            return if self.require {
                Err(Refusal::NoRule {
                    file: self.name.to_string(),
                    place: place.to_owned(),
                })
            } else {
                Ok(None)
            };
        };
        let Need::Keys(keys) = &rule.need else {
            return Ok(None);
        };
        let needed = Needed {
            rule: self.shown(rule),
            keys,
        };
        let mut nearest = needed.missing();
        for signature in evidence.signatures() {
            match needed.met_by(subject, signature) {
                Ok(by) => return Ok(Some(by)),
                Err(refusal) if refusal.nearness() > nearest.nearness() => nearest = refusal,
                Err(_) => {}
            }
        }
        Err(nearest)
    }

    /// Where a rule stands.
    fn shown(&self, rule: &Rule) -> String {
        match rule.line {
            0 => format!("`{}`", self.name),
            line => format!("`{}:{line}`", self.name),
        }
    }
}

/// What one rule needs.
struct Needed<'t> {
    rule: String,
    keys: &'t [Named],
}

impl Needed<'_> {
    fn wanted(&self) -> String {
        let names: Vec<_> = self
            .keys
            .iter()
            .map(|named| format!("`{}` ({})", named.name, named.key))
            .collect();
        names.join(" or ")
    }

    fn missing(&self) -> Refusal {
        Refusal::Missing {
            rule: self.rule.clone(),
            wanted: self.wanted(),
        }
    }

    /// Who signed, when that is enough.
    fn met_by(&self, subject: &Subject<'_>, signature: &Signature) -> Result<String, Refusal> {
        match signature {
            // Over the very bytes that run, wherever they are from.
            Signature::Bare { signature } => {
                Ok(self.signer(subject.bytes, signature, None)?.identity())
            }
            Signature::Simple {
                payload,
                signature,
                key,
            } => {
                let by = self.signer(payload, signature, key.as_deref())?;
                self.is_of(subject, payload, by)?;
                Ok(by.identity())
            }
        }
    }

    /// Whose signature it is. Before anything of what was signed is read.
    fn signer(
        &self,
        message: &[u8],
        signature: &[u8],
        says: Option<&str>,
    ) -> Result<&Named, Refusal> {
        let mut keys = self.keys.iter();
        if let Some(named) = keys.find(|named| named.key.has_signed(message, signature)) {
            return Ok(named);
        }
        let said = self
            .keys
            .iter()
            .find(|named| says.is_some_and(|says| says == named.key.fingerprint().to_string()));
        Err(match said {
            Some(named) => Refusal::Changed {
                by: format!("`{}`", named.name),
                rule: self.rule.clone(),
            },
            None => Refusal::WrongKey {
                rule: self.rule.clone(),
                wanted: self.wanted(),
            },
        })
    }

    /// Whether what was signed is the manifest that names the component.
    fn is_of(&self, subject: &Subject<'_>, payload: &[u8], by: &Named) -> Result<(), Refusal> {
        let rule = || self.rule.clone();
        let payload = Payload::read(payload).map_err(|error| Refusal::Malformed {
            reason: error.to_string(),
            rule: rule(),
        })?;
        let other = |reason: String| Refusal::OtherComponent {
            reason,
            rule: rule(),
        };
        let Some((manifest, bytes)) = subject.manifest else {
            return Err(other("it is no artifact of a registry".to_owned()));
        };
        if payload.manifest != manifest {
            return Err(Refusal::OtherArtifact {
                by: format!("`{}`", by.name),
                rule: rule(),
                found: payload.manifest,
                wanted: manifest,
            });
        }
        match crate::component_of(bytes) {
            Ok(component) if component == subject.digest => Ok(()),
            Ok(component) => Err(other(format!(
                "it names {component}, and this is {}",
                subject.digest
            ))),
            Err(error) => Err(other(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
