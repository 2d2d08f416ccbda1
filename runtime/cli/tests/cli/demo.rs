//! `ringfence demo`: every row must hold.

use serde_json::Value;

use crate::harness::run;

#[test]
fn every_attack_is_stopped_and_no_neighbour_notices() {
    let run = run(["demo", "--json"]).exits(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["call"]["outcome"], "returned");
    let attacks = report["attacks"].as_array().unwrap();
    assert!(attacks.len() >= 19, "{}", attacks.len());
    for row in attacks {
        assert_eq!(row["stopped"], true, "{row}");
        assert_eq!(row["nextCall"]["right"], true, "{row}");
    }
    let reach = report["reach"].as_array().unwrap();
    let returned: Vec<&Value> = reach.iter().map(|step| &step["returned"]).collect();
    assert_eq!(returned, [false, true, false, true]);
    assert!(reach.iter().all(|step| step["right"] == true), "{reach:?}");
}

#[test]
fn the_page_shows_three_acts_and_the_way_on() {
    let run = run(["demo"]).exits(0);
    assert_eq!(run.stderr, "");
    for text in [
        "1. A tool works",
        "2. Hostile",
        "3. A tool reaches",
        "claude mcp add",
    ] {
        assert!(run.stdout.contains(text), "{text:?} is not in {run:?}");
    }
    assert!(!run.stdout.contains('✗'), "{run:?}");
    let rows = run
        .stdout
        .lines()
        .filter(|line| line.contains('✓') && line.contains(" right, "));
    let widths: Vec<usize> = rows.map(|row| row.chars().count()).collect();
    assert!(
        widths.len() >= 19 && widths.iter().all(|width| *width <= 100),
        "{widths:?}"
    );
}
