//! Suggestions for the blanks of prompts and of the template.

use crate::bindings::exports::ringfence::tool::completion::{Reference, Suggestions};
use crate::resources;

const WORDS: [&str; 4] = ["paris", "park", "party", "test"];
const IDS: [&str; 3] = ["1", "123", "456"];

/// Suggests what begins with what was typed.
pub fn complete(reference: &Reference, argument: &str, value: &str) -> Suggestions {
    let known: Vec<&str> = match (reference, argument) {
        (Reference::Prompt(name), "arg1" | "arg2") if name == "test_prompt_with_arguments" => {
            WORDS.to_vec()
        }
        (Reference::Prompt(name), "resourceUri")
            if name == "test_prompt_with_embedded_resource" =>
        {
            resources::uris().collect()
        }
        (Reference::Template(pattern), "id") if pattern == resources::TEMPLATE => IDS.to_vec(),
        _ => Vec::new(),
    };
    let values: Vec<String> = known
        .into_iter()
        .filter(|known| known.starts_with(value))
        .map(str::to_owned)
        .collect();
    Suggestions {
        total: u32::try_from(values.len()).ok(),
        values,
        more: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_so_is_suggested() {
        let prompt = Reference::Prompt("test_prompt_with_arguments".to_owned());
        let suggestions = complete(&prompt, "arg1", "par");
        assert_eq!(suggestions.values, ["paris", "park", "party"]);
        assert_eq!(suggestions.total, Some(3));
        assert!(complete(&prompt, "arg1", "x").values.is_empty());
        assert!(complete(&prompt, "arg3", "").values.is_empty());
    }

    #[test]
    fn resources_are_suggested_where_one_is_meant() {
        let prompt = Reference::Prompt("test_prompt_with_embedded_resource".to_owned());
        let values = complete(&prompt, "resourceUri", "test://static-").values;
        assert_eq!(values, ["test://static-text", "test://static-binary"]);
    }

    #[test]
    fn ids_are_suggested_for_the_template() {
        let template = Reference::Template(resources::TEMPLATE.to_owned());
        assert_eq!(complete(&template, "id", "1").values, ["1", "123"]);
    }
}
