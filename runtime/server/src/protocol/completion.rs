//! Suggestions while a person types.

use std::sync::Arc;

use ringfence_sandbox::{Outcome, Output, Silent};
use ringfence_tool::{ComponentName, ProviderFunction};
use serde_json::{Map, Value, json};

use super::dispatch::raw;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::frame::Params;
use super::wire::ResultText;
use super::{sanitize, server_info};
use crate::call::{CallRequest, Target};
use crate::offer::provided::Suggestions;
use crate::offer::{Backing, Offer};

/// Suggestions of one answer, as the protocol has it.
const SUGGESTIONS_MAX: usize = 100;

/// `completion/complete`.
pub(super) async fn complete(
    endpoint: &Endpoint,
    exchange: &Exchange,
    params: &Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if !offer.completes() {
        return Err(fault::method("completion/complete"));
    }
    let malformed = || {
        fault::params(
            "`completion/complete` needs `ref`, a prompt or a resource template, and `argument`, \
             an object with `name` and `value`",
        )
    };
    let visible =
        |backing: &Backing| backing.is_visible(&endpoint.funnel.policy(), &exchange.caller);
    let (component, reference) = reference(&offer, params, visible, malformed)?;
    let argument = |member| {
        let argument = params
            .get("argument")
            .and_then(|argument| argument.get(member));
        argument.and_then(Value::as_str).ok_or_else(malformed)
    };
    let (name, value) = (argument("name")?, argument("value")?);
    let context = params
        .get("context")
        .and_then(|context| context.get("arguments"));
    let others: Vec<Value> = context
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_string())
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let suggestions = if offer.completer(&component) {
        let arguments = Map::from_iter([
            ("reference".to_owned(), reference),
            ("argument".to_owned(), name.into()),
            ("value".to_owned(), value.into()),
            ("others".to_owned(), others.into()),
        ]);
        ask(endpoint, exchange, component, name, arguments).await?
    } else {
        Suggestions::default()
    };
    let mut values = suggestions.values;
    let more = suggestions.more || values.len() > SUGGESTIONS_MAX;
    values.truncate(SUGGESTIONS_MAX);
    let values: Vec<_> = values.iter().map(|value| sanitize::text(value)).collect();
    let mut completion = Map::from_iter([
        ("values".to_owned(), json!(values)),
        ("hasMore".to_owned(), more.into()),
    ]);
    if let Some(total) = suggestions.total {
        completion.insert("total".into(), total.into());
    }
    let mut result = Map::from_iter([("completion".to_owned(), completion.into())]);
    if exchange.is_stateless() {
        server_info::stamp(&mut result, "complete");
    }
    Ok(raw(&result))
}

/// Whose blank is filled in, and what its component calls that.
fn reference(
    offer: &Offer,
    params: &Params,
    visible: impl Fn(&Backing) -> bool,
    malformed: impl Fn() -> Fault,
) -> Result<(ComponentName, Value), Fault> {
    let reference = params.get("ref").ok_or_else(&malformed)?;
    let text = |member| {
        let text = reference.get(member).and_then(Value::as_str);
        text.ok_or_else(&malformed)
    };
    match text("type")? {
        "ref/prompt" => {
            let name = text("name")?;
            let prompt = offer.prompts.by_name(name);
            let prompt = prompt
                .filter(|prompt| visible(&prompt.backing))
                .ok_or_else(|| fault::unknown_prompt(name))?;
            let component = prompt.backing.component().clone();
            Ok((component, json!({"prompt": prompt.name})))
        }
        "ref/resource" => {
            let uri = text("uri")?;
            let backing = offer.resources.template(uri);
            let backing = backing
                .or_else(|| offer.resources.backing(uri))
                .filter(|backing| visible(backing))
                .ok_or_else(|| fault::unknown_resource(uri, true))?;
            Ok((backing.component().clone(), json!({"template": uri})))
        }
        _ => Err(malformed()),
    }
}

async fn ask(
    endpoint: &Endpoint,
    exchange: &Exchange,
    component: ComponentName,
    argument: &str,
    arguments: Map<String, Value>,
) -> Result<Suggestions, Fault> {
    let request = CallRequest {
        id: exchange.name.to_string(),
        target: Target::Provided {
            component,
            function: ProviderFunction::Complete,
            item: argument.to_owned(),
        },
        arguments,
    };
    let events = Arc::new(Silent);
    let answer = endpoint
        .funnel
        .call(&exchange.caller, &request, events, exchange.cancel.clone())
        .await;
    match answer.map(|answer| answer.outcome) {
        Ok(Outcome::Returned(Output::Json(json))) => serde_json::from_str(&json)
            .map_err(|_| fault::internal("the component's suggestions do not parse")),
        Ok(Outcome::Cancelled) => Err(fault::cancelled()),
        Ok(outcome) => Err(fault::internal("the component did not suggest anything")
            .with("kind", outcome.word().into())),
        Err(error) => Err(fault::internal(&error.to_string()).with("kind", error.word().into())),
    }
}
