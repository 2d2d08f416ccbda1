//! Credentials where `docker login` and its like keep them.
//!
//! Owns the reading of that file: which entry, or which helper program, speaks for a registry.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::credential::{Credential, Keychain, Wiped};
use crate::helper;

/// Docker Hub is known by three names: to people, to its own API, and to `docker login`.
pub(crate) const HUB: &str = "docker.io";
pub(crate) const HUB_HOST: &str = "registry-1.docker.io";
const HUB_LOGIN: &str = "https://index.docker.io/v1/";

/// The file, as far as it says who speaks for a registry.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Docker {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<Wiped>,
    identitytoken: Option<Wiped>,
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker")
            .field("registries", &self.auths.keys())
            .finish_non_exhaustive()
    }
}

/// The file is none. What is in it is not told: it holds passwords.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("it is not a configuration of Docker: line {line}, column {column}")]
pub struct InvalidConfig {
    line: usize,
    column: usize,
}

impl Docker {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Where it is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidConfig> {
        serde_json::from_str(text).map_err(|error| InvalidConfig {
            line: error.line(),
            column: error.column(),
        })
    }

    fn entry(&self, registry: &str) -> Option<&Entry> {
        let exact = spellings(registry).find_map(|name| self.auths.get(&name));
        exact.or_else(|| {
            // `docker login` writes hosts and URLs.
            let mut entries = self.auths.iter();
            entries
                .find(|(key, _)| host(key) == registry)
                .map(|(_, entry)| entry)
        })
    }
}

/// The names that a registry goes by in the file.
fn spellings(registry: &str) -> impl Iterator<Item = String> {
    let is_hub = [HUB, HUB_HOST].contains(&registry);
    let hub = is_hub.then(|| HUB_LOGIN.to_owned());
    hub.into_iter().chain([registry.to_owned()])
}

fn host(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

impl Keychain for Docker {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, String> {
        let named =
            spellings(registry).find_map(|name| Some((self.cred_helpers.get(&name)?, name)));
        if let Some((program, name)) = named {
            return helper::ask(program, &name);
        }
        if let Some(entry) = self.entry(registry) {
            if let Some(Wiped(token)) = &entry.identitytoken
                && !token.is_empty()
            {
                return Ok(Some(Credential::Refresh(token.clone())));
            }
            if let Some(Wiped(auth)) = &entry.auth
                && !auth.is_empty()
            {
                return decoded(auth).map(Some);
            }
        }
        match &self.creds_store {
            Some(program) => {
                let name = spellings(registry).next().unwrap_or_default();
                helper::ask(program, &name)
            }
            None => Ok(None),
        }
    }
}

/// Base64 of `USER:PASSWORD`.
fn decoded(auth: &str) -> Result<Credential, String> {
    let wrong = || {
        "its `auth` in the configuration of Docker is not base64 of a name and a password"
            .to_owned()
    };
    let bytes = Zeroizing::new(STANDARD.decode(auth).map_err(|_| wrong())?);
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
    let (user, password) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Credential::Password {
        user: user.to_owned(),
        // Docker fills it up with zeros where it is short.
        password: Zeroizing::new(password.trim_end_matches('\0').to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(config: &str, registry: &str) -> String {
        let docker = Docker::parse(config).unwrap();
        match docker.credential(registry) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Credential::Password { user, password })) => format!("{user}:{}", *password),
            Ok(Some(Credential::Refresh(token))) => format!("token {}", *token),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn an_entry_is_found_by_each_of_its_names() {
        let auth = STANDARD.encode("ann:pass:word");
        for key in [
            "registry.example",
            "https://registry.example",
            "https://registry.example/v2/",
        ] {
            let config = format!(r#"{{"auths": {{"{key}": {{"auth": "{auth}"}}}}}}"#);
            assert_eq!(said(&config, "registry.example"), "ann:pass:word", "{key}");
            assert_eq!(said(&config, "registry.example.evil.example"), "nobody");
            assert_eq!(said(&config, "registry.example:444"), "nobody");
        }
        let config = format!(r#"{{"auths": {{"{HUB_LOGIN}": {{"auth": "{auth}"}}}}}}"#);
        assert_eq!(said(&config, "docker.io"), "ann:pass:word");
        let config = r#"{"auths": {"a.example": {"identitytoken": "t", "auth": "eA=="}}}"#;
        assert_eq!(said(config, "a.example"), "token t");
        assert_eq!(
            said(r#"{"auths": {"a.example": {}}}"#, "a.example"),
            "nobody"
        );
        assert_eq!(said("{}", "a.example"), "nobody");
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_said_without_it() {
        for auth in ["hunter2!", "aHVudGVyMg==", "/w=="] {
            let config = format!(r#"{{"auths": {{"a.example": {{"auth": "{auth}"}}}}}}"#);
            let said = said(&config, "a.example");
            assert!(said.starts_with("error"), "{said}");
            assert!(!said.contains("hunter2") && !said.contains(auth), "{said}");
        }
        let error = Docker::parse(r#"{"auths": "hunter2"}"#).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let auth = STANDARD.encode("ann:hunter2");
        let config = format!(r#"{{"auths": {{"a.example": {{"auth": "{auth}"}}}}}}"#);
        let docker = Docker::parse(&config).unwrap();
        let credential = docker.credential("a.example").unwrap();
        assert!(!format!("{docker:?} {credential:?}").contains("hunter2"));
    }

    #[test]
    fn a_helper_is_named_by_a_word_and_nothing_else() {
        for name in ["../evil", "a/b", "", "a b", "-x;", "a\\b"] {
            let config = serde_json::json!({"credsStore": name}).to_string();
            let said = said(&config, "a.example");
            assert!(said.starts_with("error"), "{name}: {said}");
        }
    }
}
