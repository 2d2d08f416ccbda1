//! Grants that give away more than a tool needs.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Component, Path};

use super::{Lint, LintKind, lint};
use crate::grant::{Grant, HostPattern, Methods, NetGrant, Network, Ports, Scheme};
use crate::rule::{Effect, Mode, Rule, Scope};

/// Ports in one grant that are still one service.
const PORTS_FEW: u32 = 100;

/// Parts of names below which programs keep what lets them log in.
const CREDENTIALS: [&str; 8] = [
    ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube", ".netrc", ".ssh",
];

/// Parts of names of variables that hold secrets.
const SECRETIVE: [&str; 6] = [
    "CREDENTIAL",
    "PASSPHRASE",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "TOKEN",
];

/// Where clouds answer with the credentials of the machine.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

pub(super) fn lints(rule: &Rule) -> Vec<Lint> {
    let grant = match &rule.effect {
        Effect::Allow(grant) => grant,
        Effect::Dangerous(Mode::Allow) if rule.scope == Scope::default() => {
            let message = "every dangerous call of every tool is allowed".to_owned();
            let advice =
                "write `dangerous = \"ask\"` here, and `\"allow\"` for the tools that need it";
            return vec![lint(rule, LintKind::Broad, message, advice)];
        }
        _ => return Vec::new(),
    };
    let broad = |message: String, advice: &str| lint(rule, LintKind::Broad, message, advice);
    match grant {
        Grant::Files(files) => path(&files.host)
            .map(|what| {
                let advice = "grant the directory that the tool works in";
                broad(format!("`{grant}` gives away {what}"), advice)
            })
            .into_iter()
            .collect(),
        Grant::Net(net) => network(rule, grant, net),
        Grant::Socket(socket) => {
            let mut lints: Vec<_> = host(&socket.host)
                .map(|what| {
                    broad(
                        format!("`{grant}` reaches {what}"),
                        "name the hosts that the tool needs",
                    )
                })
                .into_iter()
                .collect();
            lints.extend(ports(rule, grant, socket.ports));
            lints
        }
        Grant::Env(name) if SECRETIVE.iter().any(|part| name.as_str().contains(part)) => {
            let message =
                format!("`{grant}` shows a secret to the tool, and to whoever it talks to");
            let advice = format!("keep it as a secret: `secret={name}->HOST`");
            vec![lint(rule, LintKind::Leak, message, advice)]
        }
        Grant::Tools(pattern) if pattern.is_open() && pattern.stem().is_empty() => {
            let message = format!("`{grant}` lends the tool what every other tool may do");
            vec![broad(message, "name the tools that it calls")]
        }
        _ => Vec::new(),
    }
}

/// What somebody who can see `host` can see.
fn path(host: &Path) -> Option<&'static str> {
    let mut parts = host.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    if parts.clone().any(|part| CREDENTIALS.contains(&part)) {
        return Some("what other programs log in with");
    }
    if !host.is_absolute() {
        return None;
    }
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Some("the whole host"),
        (Some("home" | "Users"), None, _) => Some("everybody's home"),
        (Some("home" | "Users"), Some(_), None) | (Some("root"), None, _) => Some("a whole home"),
        (Some("etc" | "proc" | "sys" | "dev" | "run" | "boot"), ..) => Some("the host's own state"),
        (Some(_), None, _) => Some("a whole branch of the host"),
        _ => None,
    }
}

fn network(rule: &Rule, grant: &Grant, net: &NetGrant) -> Vec<Lint> {
    let broad = |message: String, advice: &str| lint(rule, LintKind::Broad, message, advice);
    let mut lints = Vec::new();
    if let Some(what) = host(&net.host) {
        let message = format!("`{grant}` reaches {what}");
        lints.push(broad(message, "name the hosts that the tool needs"));
    }
    if net.methods == Methods::ALL {
        let message = format!("`{grant}` allows every method");
        lints.push(broad(
            message,
            "name the methods that the tool needs, such as `GET,POST`",
        ));
    }
    if net.scheme == Scheme::Http && matches!(net.host, HostPattern::Name(_) | HostPattern::Any) {
        let message = format!("`{grant}` goes over the network in clear");
        lints.push(lint(rule, LintKind::Leak, message, "write `https` instead"));
    }
    lints.extend(ports(rule, grant, net.ports));
    lints
}

fn ports(rule: &Rule, grant: &Grant, ports: Ports) -> Option<Lint> {
    (ports.count() > PORTS_FEW).then(|| {
        let message = format!("`{grant}` reaches {} ports", ports.count());
        let advice = "name the ports that the tool needs";
        lint(rule, LintKind::Broad, message, advice)
    })
}

fn host(host: &HostPattern) -> Option<&'static str> {
    match host {
        HostPattern::Any => Some("every host"),
        HostPattern::Suffix(name) if !name.as_str().contains('.') => {
            Some("every name below a top level")
        }
        HostPattern::Network(network) if METADATA.iter().any(|at| network.contains(*at)) => {
            Some("where clouds keep the machine's own credentials")
        }
        HostPattern::Network(network) if is_wide(network) => Some("a large part of the network"),
        _ => None,
    }
}

/// Whether a range is wider than any network that one organisation runs.
fn is_wide(network: &Network) -> bool {
    let least = if network.address().is_ipv4() { 8 } else { 16 };
    network.prefix() < least
}
