//! Values that an operator sets for tools.
//!
//! Owns the file that holds them and what the command line adds. Which tool sees which is policy's
//! business.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

use ringfence_identity::TenantName;
use ringfence_policy::ConfigKey;
use ringfence_sandbox::Values;
use toml::{Table, Value};

use crate::arguments::Access;
use crate::failure::Failure;

/// The table of a file that holds the values of single tenants.
const TENANTS: &str = "tenant";

/// The longest file. One that was named by mistake is refused instead of read into memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// One value, as the command line names it: `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OneValue {
    key: ConfigKey,
    value: String,
}

impl FromStr for OneValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or("expected `KEY=VALUE`, such as `greeting=hello`")?;
        Ok(Self {
            key: key_of(key)?,
            value: value.to_owned(),
        })
    }
}

fn key_of(text: &str) -> Result<ConfigKey, String> {
    text.parse()
        .map_err(|error: ringfence_policy::InvalidGrant| error.to_string())
}

/// Every value that `access` names: those of the file, and in their place those of the command line.
///
/// # Errors
///
/// The file cannot be read, or holds something else than values.
pub(crate) fn of(access: &Access) -> Result<Values, Failure> {
    let mut values = Values::default();
    if let Some(path) = &access.config_values {
        let failed = |reason: String| Failure::Values {
            path: path.clone(),
            reason,
        };
        let text = text(path).map_err(|error| failed(error.to_string()))?;
        read(&text, &mut values).map_err(failed)?;
    }
    for OneValue { key, value } in &access.config_value {
        values.set(None, key.as_str(), value.as_str());
    }
    Ok(values)
}

fn text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let length = File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if length as u64 > FILE_BYTES_MAX {
        let why = format!("it is longer than {FILE_BYTES_MAX} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

fn read(text: &str, values: &mut Values) -> Result<(), String> {
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    for (key, value) in &table {
        match value {
            Value::Table(tenants) if key == TENANTS => {
                for (name, own) in tenants {
                    let tenant: TenantName = name
                        .parse()
                        .map_err(|error| format!("`{TENANTS}.{name}`: {error}"))?;
                    let own = own.as_table().ok_or_else(|| {
                        format!("`{TENANTS}.{name}` is no table: write `[{TENANTS}.{name}]`")
                    })?;
                    for (key, value) in own {
                        set(values, Some(&tenant), key, value)?;
                    }
                }
            }
            value => set(values, None, key, value)?,
        }
    }
    Ok(())
}

fn set(
    values: &mut Values,
    tenant: Option<&TenantName>,
    key: &str,
    value: &Value,
) -> Result<(), String> {
    let key = key_of(key).map_err(|error| format!("`{key}`: {error}"))?;
    let text = match value {
        Value::String(text) => text,
        Value::Table(_) => {
            return Err(format!(
                "`{key}` is a table, not text: put quotes around a key with dots in it"
            ));
        }
        other => {
            let kind = other.type_str();
            return Err(format!(
                "`{key}` is a value of type {kind}: put quotes around it"
            ));
        }
    };
    values.set(tenant.map(TenantName::as_str), key.as_str(), text.as_str());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Values, String> {
        let mut values = Values::default();
        read(text, &mut values)?;
        Ok(values)
    }

    #[test]
    fn a_tenant_has_its_own_values_before_everybodys() {
        let values = parsed(
            "greeting = 'hello'\n'app/place.name' = 'earth'\n[tenant.acme]\ngreeting = 'howdy'",
        )
        .unwrap();
        assert_eq!(values.value("acme", "greeting"), Some("howdy"));
        assert_eq!(values.value("other", "greeting"), Some("hello"));
        assert_eq!(values.value("acme", "app/place.name"), Some("earth"));
    }

    #[test]
    fn what_is_no_text_is_refused_and_says_where() {
        for (text, said) in [
            ("a = 1", "`a` is a value of type integer"),
            ("a.b = 'x'", "quotes around a key with dots"),
            ("tenant = 'x'\n[tenant.a]", "cannot extend"),
            ("[tenant]\nacme = 'x'", "write `[tenant.acme]`"),
            ("[tenant.'a/b']\nk = 'x'", "tenant.a/b"),
            ("'a b' = 'x'", "`a b`"),
            ("a = 'x", "line 1"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn one_value_has_a_key_and_any_text() {
        let one: OneValue = "greeting=a=b c".parse().unwrap();
        assert_eq!(
            (one.key.as_str(), one.value.as_str()),
            ("greeting", "a=b c")
        );
        for text in ["", "greeting", "=x", "a b=x"] {
            assert!(text.parse::<OneValue>().is_err(), "{text}");
        }
    }
}
