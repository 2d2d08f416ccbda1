//! Tools that ask in rounds, as in the era without a handshake.
//!
//! A fixture does not see rounds: it asks and gets answers. What makes a round of it, and what seals
//! the state in between, is the host.

use super::{Outcome, Tool};
use crate::answer;
use crate::arguments::Arguments;
use crate::bindings::ringfence::tool::client::{Abilities, Answer, Question};
use crate::bindings::ringfence::tool::types::ToolError;
use crate::content::text;
use crate::host::Host;
use crate::question;

pub(super) const TOOLS: &[Tool] = &[
    Tool::new(
        "test_input_required_result_elicitation",
        "Asks the person for a name, and greets.",
        |_, host| {
            let answer = question::ask_one(host, user_name())?;
            Ok(vec![text(greeting(&answer))])
        },
    ),
    Tool::new(
        "test_input_required_result_sampling",
        "Asks the client's model for a capital.",
        |_, host| {
            let answer = question::ask_one(host, capital_question())?;
            Ok(vec![text(answer::describe(&answer))])
        },
    ),
    Tool::new(
        "test_input_required_result_list_roots",
        "Asks the client for its roots.",
        |_, host| {
            let answer = question::ask_one(host, client_roots())?;
            Ok(vec![text(format!(
                "Client roots: {}",
                answer::describe(&answer)
            ))])
        },
    ),
    Tool::new(
        "test_input_required_result_request_state",
        "Asks the person to confirm, and goes on from where it was.",
        confirm,
    ),
    Tool::new(
        "test_input_required_result_tampered_state",
        "Asks the person to confirm; whoever tampers with the state in between is refused.",
        confirm,
    ),
    Tool::new(
        "test_input_required_result_multiple_inputs",
        "Asks the person, the client's model and the client, all at once.",
        |_, host| {
            let questions = vec![
                user_name(),
                question::sample("greeting", "Generate a greeting", 50),
                client_roots(),
            ];
            let answers = question::ask(host, questions)?;
            let [name, greeting, roots] = answers.as_slice() else {
                return Err(ToolError::Failed(
                    "the host did not answer each question".to_owned(),
                ));
            };
            Ok(vec![text(format!(
                "Name: {}; greeting: {}; roots: {}",
                answer::text(name, "name").unwrap_or_else(|instead| instead),
                answer::describe(greeting),
                answer::describe(roots)
            ))])
        },
    ),
    Tool::new(
        "test_input_required_result_multi_round",
        "Asks the person for a name, and then for a color.",
        |_, host| {
            let step = question::text("step1", "Step 1: What is your name?", "name");
            let name = question::ask_one(host, step)?;
            let step = question::text("step2", "Step 2: What is your favorite color?", "color");
            let color = question::ask_one(host, step)?;
            Ok(vec![text(format!(
                "Name: {}; favorite color: {}",
                answer::text(&name, "name").unwrap_or_else(|instead| instead),
                answer::text(&color, "color").unwrap_or_else(|instead| instead)
            ))])
        },
    ),
    Tool::new(
        "test_input_required_result_capabilities",
        "Asks whoever the client says can be asked.",
        |_, host| {
            let questions = within(host.can_ask());
            if questions.is_empty() {
                return Ok(vec![text("This client can be asked nothing")]);
            }
            let answers = question::ask(host, questions)?;
            let answers: Vec<_> = answers.iter().map(answer::describe).collect();
            Ok(vec![text(answers.join("; "))])
        },
    ),
];

fn user_name() -> Question {
    question::text("user_name", "What is your name?", "name")
}

fn capital_question() -> Question {
    question::sample("capital_question", "What is the capital of France?", 100)
}

fn client_roots() -> Question {
    question::roots("client_roots")
}

fn confirm(_: &Arguments, host: &dyn Host) -> Outcome {
    let answer = question::ask_one(host, question::tick("confirm", "Please confirm", "ok"))?;
    Ok(vec![text(if answer::is_ticked(&answer, "ok") {
        "state-ok: confirmed".to_owned()
    } else {
        format!("state-ok: not confirmed, {}", answer::describe(&answer))
    })])
}

/// One question for each ability that the client has.
fn within(abilities: Abilities) -> Vec<Question> {
    let mut questions = Vec::new();
    if abilities.contains(Abilities::FORM) {
        questions.push(user_name());
    }
    if abilities.contains(Abilities::SAMPLE) {
        questions.push(capital_question());
    }
    if abilities.contains(Abilities::ROOTS) {
        questions.push(client_roots());
    }
    questions
}

/// What `test_tool_with_task` says, too.
pub(super) fn greeting(name: &Answer) -> String {
    match answer::text(name, "name") {
        Ok(name) => format!("Hello, {name}!"),
        Err(instead) => format!("No name was given: {instead}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Script, accepted, rooted, sampled, texts};
    use crate::tools::call;

    #[test]
    fn a_name_is_greeted() {
        let host = Script::answering([vec![accepted(r#"{"name":"Alice"}"#)]]);
        let result = call("test_input_required_result_elicitation", "{}", &host).unwrap();
        assert_eq!(texts(&result), ["Hello, Alice!"]);
        assert_eq!(host.keys(), [vec!["user_name"]]);
    }

    #[test]
    fn no_name_is_no_greeting() {
        let host = Script::answering([vec![Answer::Declined]]);
        let result = call("test_input_required_result_elicitation", "{}", &host).unwrap();
        assert_eq!(texts(&result), ["No name was given: action=decline"]);
    }

    #[test]
    fn all_questions_are_asked_at_once() {
        let host = Script::answering([vec![
            accepted(r#"{"name":"Alice"}"#),
            sampled("Hello there!"),
            rooted("file:///test/root", "Test Root"),
        ]]);
        let result = call("test_input_required_result_multiple_inputs", "{}", &host).unwrap();
        assert_eq!(
            texts(&result),
            ["Name: Alice; greeting: Hello there!; roots: Test Root (file:///test/root)"]
        );
        assert_eq!(host.keys(), [vec!["user_name", "greeting", "client_roots"]]);
    }

    #[test]
    fn an_answer_that_is_missing_is_an_error() {
        let host = Script::answering([vec![sampled("Hello there!")]]);
        let result = call("test_input_required_result_multiple_inputs", "{}", &host);
        assert!(matches!(result, Err(ToolError::Failed(_))), "{result:?}");
    }

    #[test]
    fn the_second_round_comes_after_the_first() {
        let host = Script::answering([
            vec![accepted(r#"{"name":"Alice"}"#)],
            vec![accepted(r#"{"color":"blue"}"#)],
        ]);
        let result = call("test_input_required_result_multi_round", "{}", &host).unwrap();
        assert_eq!(texts(&result), ["Name: Alice; favorite color: blue"]);
        assert_eq!(host.keys(), [vec!["step1"], vec!["step2"]]);
    }

    #[test]
    fn a_state_that_came_back_is_told() {
        let host = Script::answering([vec![accepted(r#"{"ok":true}"#)]]);
        let result = call("test_input_required_result_request_state", "{}", &host).unwrap();
        assert_eq!(texts(&result), ["state-ok: confirmed"]);
        assert_eq!(host.keys(), [vec!["confirm"]]);
    }

    #[test]
    fn only_what_the_client_can_be_asked_is_asked() {
        let host = Script::answering([vec![sampled("Paris")]]).able(Abilities::SAMPLE);
        call("test_input_required_result_capabilities", "{}", &host).unwrap();
        assert_eq!(host.keys(), [vec!["capital_question"]]);

        let host = Script::default().able(Abilities::empty());
        call("test_input_required_result_capabilities", "{}", &host).unwrap();
        assert!(host.keys().is_empty());
    }
}
