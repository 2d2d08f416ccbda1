//! Tools that ask the client once, as in the eras with a handshake.

use super::Tool;
use crate::answer;
use crate::content::text;
use crate::question;

/// A value for each primitive type, as SEP-1034 has them.
const DEFAULTS: &str = r#"{
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "User name", "default": "John Doe"},
        "age": {"type": "integer", "description": "User age", "default": 30},
        "score": {"type": "number", "description": "User score", "default": 95.5},
        "status": {
            "type": "string",
            "description": "User status",
            "enum": ["active", "inactive", "pending"],
            "default": "active"
        },
        "verified": {"type": "boolean", "description": "Verification status", "default": true}
    },
    "required": []
}"#;

/// Each form of a choice, as SEP-1330 has them.
const CHOICES: &str = r#"{
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {
            "type": "string",
            "oneOf": [
                {"const": "value1", "title": "First Option"},
                {"const": "value2", "title": "Second Option"},
                {"const": "value3", "title": "Third Option"}
            ]
        },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"]
        },
        "untitledMulti": {
            "type": "array",
            "items": {"type": "string", "enum": ["option1", "option2", "option3"]}
        },
        "titledMulti": {
            "type": "array",
            "items": {
                "anyOf": [
                    {"const": "value1", "title": "First Choice"},
                    {"const": "value2", "title": "Second Choice"},
                    {"const": "value3", "title": "Third Choice"}
                ]
            }
        }
    },
    "required": []
}"#;

const USER: &str = r#"{
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"}
    },
    "required": ["username", "email"]
}"#;

pub(super) const TOOLS: &[Tool] = &[
    Tool::new(
        "test_sampling",
        "Asks the client's model.",
        |arguments, host| {
            let prompt = arguments.text("prompt")?;
            let said = question::ask_one(host, question::sample("sampling", prompt, 100))?;
            Ok(vec![text(format!(
                "LLM response: {}",
                answer::describe(&said)
            ))])
        },
    )
    .taking(
        r#"{
    "type": "object",
    "properties": {"prompt": {"type": "string", "description": "The prompt to send to the model"}},
    "required": ["prompt"],
    "additionalProperties": false
}"#,
    ),
    Tool::new(
        "test_elicitation",
        "Asks the person for a name and an address.",
        |arguments, host| {
            let message = arguments.text("message")?;
            let user = question::ask_one(host, question::form("user", message, USER))?;
            Ok(vec![text(format!(
                "User response: {}",
                answer::describe(&user)
            ))])
        },
    )
    .taking(
        r#"{
    "type": "object",
    "properties": {"message": {"type": "string", "description": "The message to show the person"}},
    "required": ["message"],
    "additionalProperties": false
}"#,
    ),
    Tool::new(
        "test_elicitation_sep1034_defaults",
        "Asks the person for values that have defaults.",
        |_, host| {
            let message = "Please review and update the form fields with defaults";
            let filled = question::ask_one(host, question::form("defaults", message, DEFAULTS))?;
            Ok(vec![text(format!(
                "Elicitation completed: {}",
                answer::describe(&filled)
            ))])
        },
    ),
    Tool::new(
        "test_elicitation_sep1330_enums",
        "Asks the person to choose, in each form of a choice.",
        |_, host| {
            let message = "Please select options from the enum fields";
            let chosen = question::ask_one(host, question::form("choices", message, CHOICES))?;
            Ok(vec![text(format!(
                "Elicitation completed: {}",
                answer::describe(&chosen)
            ))])
        },
    ),
    Tool::new(
        "test_missing_capability",
        "Asks the client's model without looking whether it can be asked.",
        |_, host| {
            let said = question::ask_one(host, question::sample("sampling", "Say hello", 100))?;
            Ok(vec![text(answer::describe(&said))])
        },
    ),
    Tool::new(
        "test_streaming_elicitation",
        "Reports progress, and asks the person.",
        |_, host| {
            host.progress(0.0, 1.0);
            let name = question::text("user_name", "What is your name?", "name");
            let answer = question::ask_one(host, name)?;
            Ok(vec![text(answer::describe(&answer))])
        },
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::bindings::ringfence::tool::client::{Answer, AskError, Request};
    use crate::bindings::ringfence::tool::types::ToolError;
    use crate::script::{Script, sampled, texts};
    use crate::tools::call;

    fn schema(host: &Script) -> Value {
        let asked = host.asked();
        let Request::Form(form) = &asked[0][0].request else {
            panic!("no form was asked: {asked:?}");
        };
        serde_json::from_str(&form.schema).unwrap()
    }

    #[test]
    fn what_the_model_says_is_told() {
        let host = Script::answering([vec![sampled("Paris")]]);
        let result = call("test_sampling", r#"{"prompt": "Capital?"}"#, &host);
        assert_eq!(texts(&result.unwrap()), ["LLM response: Paris"]);
        let Request::Sample(request) = &host.asked()[0][0].request else {
            panic!("no sampling was asked");
        };
        assert_eq!(request.max_tokens, 100);
        assert_eq!(request.messages, [crate::script::says("Capital?")]);
    }

    #[test]
    fn each_action_of_a_person_is_told() {
        let tell = |answer: Answer| {
            let host = Script::answering([vec![answer]]);
            let result = call("test_elicitation", r#"{"message": "Who?"}"#, &host);
            texts(&result.unwrap()).concat()
        };
        let form = r#"{"username":"u"}"#;
        assert_eq!(
            tell(Answer::Accepted(form.to_owned())),
            format!("User response: action=accept, content={form}")
        );
        assert_eq!(tell(Answer::Declined), "User response: action=decline");
        assert_eq!(tell(Answer::Dismissed), "User response: action=cancel");
    }

    #[test]
    fn nobody_answering_is_an_error_that_may_pass() {
        let host = Script::refusing(AskError::Expired);
        let error = call("test_missing_capability", "{}", &host).unwrap_err();
        assert!(matches!(error, ToolError::Unavailable(_)), "{error:?}");
    }

    #[test]
    fn defaults_are_those_of_the_suite() {
        let host = Script::answering([vec![Answer::Declined]]);
        call("test_elicitation_sep1034_defaults", "{}", &host).unwrap();
        let fields = &schema(&host)["properties"];
        let defaults = ["name", "age", "score", "status", "verified"].map(|name| {
            let field = &fields[name];
            (field["type"].clone(), field["default"].clone())
        });
        assert_eq!(
            defaults.map(|(kind, default)| json!([kind, default])),
            [
                json!(["string", "John Doe"]),
                json!(["integer", 30]),
                json!(["number", 95.5]),
                json!(["string", "active"]),
                json!(["boolean", true]),
            ]
        );
    }

    #[test]
    fn choices_are_in_each_form() {
        let host = Script::answering([vec![Answer::Declined]]);
        call("test_elicitation_sep1330_enums", "{}", &host).unwrap();
        let fields = schema(&host)["properties"].clone();
        assert!(fields["untitledSingle"]["enum"].is_array());
        assert!(fields["titledSingle"]["oneOf"][0]["title"].is_string());
        assert_eq!(
            fields["legacyEnum"]["enum"].as_array().unwrap().len(),
            fields["legacyEnum"]["enumNames"].as_array().unwrap().len()
        );
        assert!(fields["untitledMulti"]["items"]["enum"].is_array());
        assert!(fields["titledMulti"]["items"]["anyOf"][0]["const"].is_string());
    }
}
