//! A second evaluator: slow, short, written from the book's page. It reads every rule for every
//! question, and shares no index, no narrowing and no comparison with the product.

use ringfence_identity::Caller;
use ringfence_policy::{
    Capability, Effect, FileGrant, FileOperation, Glob, Grant, Host, Kind, Rule, Scheme, Subject,
};

use crate::naive::{
    about, allowed, begins, concerns, denies_file, file_kind, glob, is_range, leads, line, parts,
    wild,
};
use crate::question::{Answer, Out, Question};

struct Weigher<'a> {
    rules: Vec<&'a Rule>,
    requests: Option<&'a [Capability]>,
}

/// What rules say when `caller` calls `subject`.
pub(crate) fn answer(
    rules: &[Rule],
    caller: &Caller,
    subject: &Subject<'_>,
    question: &Question,
) -> Answer {
    let rules = rules.iter();
    let holding = rules.filter(|rule| concerns(&rule.scope, caller, subject));
    let weigher = Weigher {
        rules: holding.collect(),
        requests: subject.reach.requests(),
    };
    match question {
        Question::File(operation, path) => weigher.file(*operation, path),
        Question::Named(kind, name) => weigher.named(*kind, name),
        Question::Out(out) => weigher.out(out),
        Question::Secret(scheme, host, port) => weigher.secret(*scheme, host, *port),
    }
}

impl<'a> Weigher<'a> {
    fn grants(&self) -> impl Iterator<Item = (usize, &'a Grant)> {
        self.rules.iter().filter_map(|rule| match &rule.effect {
            Effect::Allow(grant) => Some((line(rule), grant)),
            _ => None,
        })
    }

    fn denied(&self, about: impl Fn(&Capability) -> bool) -> Option<usize> {
        let found = self
            .rules
            .iter()
            .find(|rule| matches!(&rule.effect, Effect::Deny(capability) if about(capability)));
        found.map(|rule| line(rule))
    }

    fn asks(&self, wanted: impl Fn(&Capability) -> bool) -> bool {
        self.requests.is_none_or(|all| all.iter().any(wanted))
    }

    fn file(&self, operation: FileOperation, text: &str) -> Answer {
        if text.contains("..") || text.contains("//") {
            return Answer::No(None);
        }
        let path = parts(text);
        if let Some(line) = self.denied(|one| denies_file(one, operation, &path)) {
            return Answer::No(Some(line));
        }
        let mounted: Vec<_> = self
            .grants()
            .filter_map(|(line, grant)| match grant {
                Grant::Files(files) => {
                    let (base, may) = self.mount(files);
                    (!may.is_empty() && begins(&path, &base)).then_some((line, base, may, files))
                }
                _ => None,
            })
            .collect();
        let deepest = mounted.iter().map(|(_, base, ..)| base.len()).max();
        let fits = |pattern: Option<&Glob>, base: usize| {
            pattern.is_none_or(|pattern| {
                let (pattern, rest) = (parts(pattern.as_str()), &path[base..]);
                glob(&pattern, rest) || (operation == FileOperation::List && leads(&pattern, rest))
            })
        };
        let found = mounted.iter().find(|(_, base, may, files)| {
            Some(base.len()) == deepest
                && may.contains(&operation)
                && fits(files.glob.as_ref(), base.len())
        });
        let asked = self.asks(|request| {
            let kind = file_kind(request.kind());
            let here = match request {
                Capability::Files(files) => {
                    let base = parts(files.guest.as_str());
                    begins(&path, &base) && fits(files.glob.as_ref(), base.len())
                }
                _ => true,
            };
            here && kind.is_some_and(|kind| allowed(kind).contains(&operation))
        });
        yes(found.map(|(line, ..)| *line).filter(|_| asked))
    }

    /// Where a grant is mounted, and what is asked for and not denied there.
    fn mount(&self, files: &FileGrant) -> (Vec<String>, Vec<FileOperation>) {
        let base = parts(files.guest.as_str());
        let touches = |request: &Capability| match request {
            Capability::Files(asked) => {
                let asked = parts(asked.guest.as_str());
                begins(&asked, &base) || begins(&base, &asked)
            }
            _ => true,
        };
        let mut may = allowed(files.kind);
        may.retain(|operation| {
            let asked = self.asks(|request| {
                let kind = file_kind(request.kind());
                touches(request) && kind.is_some_and(|kind| allowed(kind).contains(operation))
            });
            asked
                && self
                    .denied(|one| denies_file(one, *operation, &base))
                    .is_none()
        });
        if !may.contains(&FileOperation::List) {
            may.retain(|operation| *operation != FileOperation::Read);
        }
        (base, may)
    }

    fn named(&self, kind: Kind, name: &str) -> Answer {
        let name: Vec<_> = name.chars().collect();
        let same = |one: &Capability| {
            let text = one.to_string();
            let value = text.split_once('=').map_or("*", |(_, value)| value);
            one.kind() == kind && wild(&value.chars().collect::<Vec<_>>(), &name)
        };
        let gives = |grant: &Grant| Capability::of(grant).is_some_and(|one| same(&one));
        self.decide(same, gives, self.asks(same))
    }

    fn secret(&self, scheme: Scheme, host: &Host, port: u16) -> Answer {
        let lines = self.grants().filter(|(_, grant)| match grant {
            Grant::Secret(secret) => {
                let same = |one: &Capability| {
                    *one == Capability::Any(Kind::Secret)
                        || *one == Capability::Secret(secret.name.clone())
                };
                let there = secret.scheme == scheme && secret.host == *host && secret.port == port;
                there && self.asks(same) && self.denied(same).is_none()
            }
            _ => false,
        });
        Answer::Yes(lines.map(|(line, _)| line).collect())
    }

    fn out(&self, out: &Out) -> Answer {
        let about = |to: &Host, one: &Capability, deny: bool| about(out, to, one, deny);
        let gives = |to: &Host, grant: &Grant| {
            Capability::of(grant).is_some_and(|one| about(to, &one, false))
        };
        let asked = self.asks(|one| about(&out.host, one, false));
        let denied = |one: &Capability| about(&out.host, one, true);
        let first = self.decide(denied, |grant| gives(&out.host, grant), asked);
        let (Some((at, public)), Answer::Yes(_)) = (out.at, &first) else {
            return first;
        };
        let target = Host::Address(at);
        let named = !matches!(out.host, Host::Address(named) if named != at);
        let kept = self.denied(|one| is_range(one) && about(&target, one, true));
        let range = |grant: &Grant| Capability::of(grant).is_some_and(|one| is_range(&one));
        let free = |grant: &Grant| public && !range(grant) && gives(&out.host, grant);
        let held = |grant: &Grant| range(grant) && gives(&target, grant);
        let open = self.grants().any(|(_, grant)| free(grant) || held(grant));
        if named && kept.is_none() && open {
            first
        } else {
            Answer::No(None)
        }
    }

    fn decide(
        &self,
        about: impl Fn(&Capability) -> bool,
        gives: impl Fn(&Grant) -> bool,
        asked: bool,
    ) -> Answer {
        if let Some(line) = self.denied(about) {
            return Answer::No(Some(line));
        }
        let found = self.grants().find(|(_, grant)| gives(grant));
        yes(found.map(|(line, _)| line).filter(|_| asked))
    }
}

fn yes(line: Option<usize>) -> Answer {
    line.map_or(Answer::No(None), |line| Answer::Yes(vec![line]))
}
