//! What a schema costs before a value is even looked into.
//!
//! Owns refusing schemas that send a validator round in circles, or twice as far with each line. A
//! component writes the schema, and often the value that is held against it: neither may keep a worker
//! busy. Refuses to know values: what a schema and a value do together is counted in [`super::work`].

use super::graph::{At, Graph, WHOLE};

/// Schemas that one value may be held against at one place, with all that they refer to. Bounds what
/// `allOf` of `allOf` of the same two lines does.
const EVALUATIONS_MAX: u64 = 10_000;

/// Places that a value may be held against one after the other before it is looked into. Bounds our own
/// recursion, and the validator's.
const CHAIN_MAX: usize = 64;

/// Checks a schema.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn check(graph: &Graph) -> Result<(), String> {
    let mut walk = Walk {
        graph,
        known: vec![Known::Not; graph.len()],
    };
    for at in WHOLE..graph.len() {
        walk.cost(at, 0)?;
    }
    Ok(())
}

/// What was reckoned of one place.
#[derive(Clone, Copy)]
enum Known {
    Not,
    /// Whoever comes back here goes in circles.
    Open,
    As(u64),
}

struct Walk<'g> {
    graph: &'g Graph,
    known: Vec<Known>,
}

impl Walk<'_> {
    /// How many schemas a value is held against by the one at `at`.
    fn cost(&mut self, at: At, chain: usize) -> Result<u64, String> {
        let graph = self.graph;
        let (Some(place), Some(known)) = (graph.place(at), self.known.get_mut(at)) else {
            return Ok(1);
        };
        match known {
            Known::As(cost) => return Ok(*cost),
            Known::Open => return Err("it refers to itself without looking into the value".into()),
            Known::Not => *known = Known::Open,
        }
        if chain > CHAIN_MAX {
            return Err("its references lead on and on".into());
        }
        let mut cost = 1_u64;
        for next in place.same() {
            cost = cost.saturating_add(self.cost(next, chain + 1)?);
        }
        if cost > EVALUATIONS_MAX {
            return Err(format!(
                "a value would be held against more than {EVALUATIONS_MAX} schemas"
            ));
        }
        if let Some(known) = self.known.get_mut(at) {
            *known = Known::As(cost);
        }
        Ok(cost)
    }
}
