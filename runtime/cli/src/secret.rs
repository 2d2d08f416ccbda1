//! `ringfence secret`: what people do with secrets.
//!
//! Owns what is said about them. A value goes one way: in.

mod input;
mod watch;

pub(crate) use watch::watch;

use std::time::SystemTime;

use ringfence_audit::{Event, Secret, SecretState};
use ringfence_secrets::{Listed, Vault};
use serde_json::json;

use crate::arguments::{SecretArguments, SecretCommand, SecretPlace, VaultPlace};
use crate::console::{Console, Style};
use crate::environment;
use crate::failure::Failure;
use crate::recording::Recorded;
use crate::table::Table;

/// How the audit log names all secrets at once. No secret has this name.
const EVERY: &str = "*";

/// The folder below the state directory.
const FOLDER: &str = "secrets";

/// Runs one of the subcommands.
///
/// # Errors
///
/// The vault cannot be used, a value cannot be read, or there is no such secret.
pub(crate) fn run(arguments: &SecretArguments, console: Console) -> Result<(), Failure> {
    match &arguments.command {
        SecretCommand::Set {
            name,
            exact,
            place,
            recording,
        } => {
            let recorded = Recorded::open(recording)?;
            let vault = vault(&place.vault)?;
            let value = input::value(name, *exact, console)?;
            let version = vault.set(&place.tenant, name, value)?;
            record(&recorded, SecretState::Set, place, name.as_str());
            let replaced = match version {
                1 => String::new(),
                _ => format!("; version {} is gone", version - 1),
            };
            done(
                console,
                "stored",
                &format!("`{name}`, version {version}{replaced}"),
            );
        }
        SecretCommand::List { json, place } => {
            let listed = vault(&place.vault)?.list(&place.tenant)?;
            console.print(&if *json {
                as_json(&listed)
            } else {
                as_table(&listed)
            })?;
        }
        SecretCommand::Remove {
            name,
            place,
            recording,
        } => {
            let recorded = Recorded::open(recording)?;
            vault(&place.vault)?.remove(&place.tenant, name)?;
            record(&recorded, SecretState::Removed, place, name.as_str());
            done(console, "removed", &format!("`{name}`"));
        }
        SecretCommand::Rotate {
            name,
            exact,
            place,
            recording,
        } => {
            let recorded = Recorded::open(recording)?;
            let text = match name {
                Some(name) => {
                    let vault = vault(&place.vault)?;
                    vault.expect(&place.tenant, name)?;
                    let value = input::value(name, *exact, console)?;
                    let version = vault.replace(&place.tenant, name, value)?;
                    record(&recorded, SecretState::Rotated, place, name.as_str());
                    format!(
                        "`{name}`, version {version}; version {} is gone",
                        version - 1
                    )
                }
                None => everything(place, &recorded)?,
            };
            let what = if name.is_some() {
                "stored"
            } else {
                "sealed anew"
            };
            done(console, what, &text);
        }
    }
    Ok(())
}

/// Seals every secret anew, with a new key. Gives what there is to say of it.
fn everything(place: &SecretPlace, recorded: &Recorded) -> Result<String, Failure> {
    let rotated = vault(&place.vault)?.rotate()?;
    record(recorded, SecretState::Rotated, place, EVERY);
    let key = if rotated.key {
        "under a new key"
    } else {
        "under the same key: the command gave no newer one"
    };
    Ok(format!("{} secrets of all tenants {key}", rotated.secrets))
}

/// The vault that the options name.
///
/// # Errors
///
/// There is no place for one.
pub(crate) fn vault(place: &VaultPlace) -> Result<Vault, Failure> {
    let state = place.state_dir.clone().or_else(environment::state_folder);
    let folder = state.ok_or(Failure::StateFolder)?.join(FOLDER);
    let key = place
        .vault_key
        .clone()
        .unwrap_or_else(|| Vault::default_key(&folder));
    Ok(Vault::new(folder, key))
}

/// Writes down that a secret changed. Its value is nowhere.
fn record(recorded: &Recorded, state: SecretState, place: &SecretPlace, name: &str) {
    let by = format!("the command line, for the tenant {}", place.tenant);
    // Closing the log writes it.
    drop(recorded.recorder().append(&Event::Secret(Secret {
        state,
        name,
        by: &by,
        hosts: &[],
    })));
}

fn done(console: Console, what: &str, text: &str) {
    console.note(&format!("{} {text}", console.paint_note(Style::Good, what)));
}

fn as_table(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "there are no secrets; `ringfence secret set NAME` makes one".into();
    }
    let mut table = Table::new();
    table.row(["NAME", "VERSION", "SET"]);
    for secret in listed {
        let version = secret.version.to_string();
        table.row([secret.name.as_str(), &version, &age(secret.created)]);
    }
    table.render("")
}

fn as_json(listed: &[Listed]) -> String {
    let secrets = listed.iter().map(|secret| {
        let since = secret.created.duration_since(SystemTime::UNIX_EPOCH);
        json!({
            "name": secret.name.as_str(),
            "version": secret.version,
            "created": since.map_or(0, |since| since.as_secs()),
        })
    });
    secrets.collect::<serde_json::Value>().to_string()
}

/// How long ago, in the one unit that matters.
fn age(then: SystemTime) -> String {
    let Ok(since) = SystemTime::now().duration_since(then) else {
        return "in the future".into();
    };
    let seconds = since.as_secs();
    let (count, unit) = match seconds {
        0..60 => return "just now".into(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_age_has_one_unit() {
        let ago = |seconds| age(SystemTime::now() - Duration::from_secs(seconds));
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(61), "1 minute ago");
        assert_eq!(ago(7300), "2 hours ago");
        assert_eq!(ago(40 * 86_400), "40 days ago");
        assert_eq!(
            age(SystemTime::now() + Duration::from_mins(1)),
            "in the future"
        );
    }
}
