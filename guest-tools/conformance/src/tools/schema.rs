//! Tools whose input schemas must reach the client as they are.

use super::Tool;
use crate::content::text;

/// The keywords of JSON Schema 2020-12 that the suite looks for.
const KEYWORDS: &str = r##"{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"}
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": false
}"##;

/// Arguments that a client repeats in headers, of each type that may be.
const HEADERS: &str = r#"{
    "type": "object",
    "properties": {
        "region": {"type": "string", "description": "Any text", "x-mcp-header": "Region"},
        "priority": {"type": "integer", "description": "A number", "x-mcp-header": "Priority"},
        "verbose": {"type": "boolean", "description": "A switch", "x-mcp-header": "Verbose"},
        "query": {"type": "string", "description": "In no header"}
    },
    "required": ["region"],
    "additionalProperties": false
}"#;

pub(super) const TOOLS: &[Tool] = &[
    Tool::new(
        "json_schema_2020_12_tool",
        "Tool with JSON Schema 2020-12 features",
        |arguments, _| {
            let name = arguments.text_or("name", "nobody");
            Ok(vec![text(format!("The contact of {name} is valid"))])
        },
    )
    .taking(KEYWORDS),
    Tool::new(
        "test_custom_header",
        "Takes arguments that are in headers, too.",
        |arguments, _| Ok(vec![text(format!("Region: {}", arguments.text("region")?))]),
    )
    .taking(HEADERS),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_keyword_is_there() {
        let schema: Value = serde_json::from_str(KEYWORDS).unwrap();
        for keyword in [
            "$schema",
            "$defs",
            "allOf",
            "if",
            "then",
            "else",
            "additionalProperties",
        ] {
            assert!(schema.get(keyword).is_some(), "{keyword}");
        }
        assert!(schema.pointer("/allOf/0/anyOf").is_some());
        assert!(schema.pointer("/$defs/address/$anchor").is_some());
    }

    #[test]
    fn a_text_is_required_that_is_in_a_header() {
        let schema: Value = serde_json::from_str(HEADERS).unwrap();
        assert_eq!(schema["properties"]["region"]["type"], "string");
        assert_eq!(schema["properties"]["region"]["x-mcp-header"], "Region");
        assert_eq!(schema["required"][0], "region");
    }
}
