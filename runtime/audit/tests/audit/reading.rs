//! Records are found again, and followed as they come.

use std::ops::ControlFlow;

use ringfence_audit::{Call, CallName, Caller, Entry, Event, Query, Start, last, search};

use crate::harness::{PATIENCE, Place, a_call, call};

fn requests(place: &Place, query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    search(&place.folder, query, |_, entry| {
        found.push(entry.request.as_deref().unwrap_or("-").to_owned());
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn records_are_found_by_what_they_say() {
    let place = Place::new();
    let log = place.open();
    let recorder = log.recorder();
    drop(recorder.append(&Event::Start(Start {
        version: "1",
        command: "serve",
    })));
    drop(call(&recorder, "1"));
    drop(recorder.append(&Event::Call(Call {
        caller: Caller {
            tenant: "acme",
            principal: "eve\n",
        },
        outcome: "denied",
        denied: &["no grant".to_owned()],
        name: CallName {
            call: "c-2",
            request: "2",
            parent: Some("1"),
        },
        ..a_call("2")
    })));
    drop(log);
    let matches = |change: fn(&mut Query)| {
        let mut query = Query::default();
        change(&mut query);
        requests(&place, &query).concat()
    };
    assert_eq!(matches(|_| {}), "-12");
    assert_eq!(matches(|query| query.event = Some("call".into())), "12");
    assert_eq!(matches(|query| query.tenant = Some("acme".into())), "2");
    assert_eq!(matches(|query| query.principal = Some("eve\n".into())), "2");
    assert_eq!(
        matches(|query| query.outcome = Some("returned".into())),
        "1"
    );
    assert_eq!(matches(|query| query.request = Some("2".into())), "2");
    assert_eq!(matches(|query| query.call = Some("c-2".into())), "2");
    assert_eq!(matches(|query| query.call = Some("2".into())), "");
    assert_eq!(matches(|query| query.parent = Some("1".into())), "2");
    assert_eq!(matches(|query| query.parent = Some("2".into())), "");
    assert_eq!(
        matches(|query| query.tool = Some("text_stats".into())),
        "12"
    );
    assert_eq!(matches(|query| query.tool = Some("text".into())), "12");
    assert_eq!(matches(|query| query.tool = Some("tex".into())), "");
    assert_eq!(matches(|query| query.denied = true), "2");
    assert_eq!(matches(|query| query.since = "1h".parse().ok()), "-12");
    assert_eq!(matches(|query| query.until = "1h".parse().ok()), "");

    let mut first = 0;
    search(&place.folder, &Query::default(), |line, entry| {
        assert_eq!(Entry::of(line).as_ref(), Some(entry));
        first += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(first, 1);
}

#[test]
fn the_end_is_shown_and_followed_from_file_to_file() {
    let place = Place::new();
    let mut settings = place.settings();
    settings.rotate_bytes = 2000;
    let log = ringfence_audit::Log::start(settings).unwrap();
    let recorder = log.recorder();
    let append = |from: u64, to: u64| {
        for number in from..=to {
            call(&recorder, &number.to_string()).wait(PATIENCE).unwrap();
        }
    };
    let request = |line: &String| {
        Entry::of(line)
            .unwrap()
            .request
            .map(std::borrow::Cow::into_owned)
    };
    append(1, 20);
    assert!(place.files().len() > 3);
    let (lines, mut follower) = last(&place.folder, 9).unwrap();
    assert_eq!(lines.len(), 9);
    assert_eq!(request(&lines[8]).as_deref(), Some("20"));
    let all = place.text();
    let all: Vec<_> = all.lines().collect();
    assert_eq!(lines, all[all.len() - 9..]);
    append(21, 30);
    let mut seen = Vec::new();
    follower
        .look(|line| seen.extend(request(&line.to_owned())))
        .unwrap();
    assert_eq!(
        seen,
        (21..=30)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    );
    follower.look(|line| panic!("{line}")).unwrap();
    let (lines, _) = last(&place.folder, 1000).unwrap();
    assert_eq!(lines.len(), place.records().len());
    assert!(last(&place.folder, 0).unwrap().0.is_empty());
}
