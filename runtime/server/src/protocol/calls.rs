//! Requests that run a guest: tools, prompts and resources.
//!
//! Owns their way from parameters to a call, and back: at once, with a question for the client, or as
//! a task. Refuses to run anything itself: all of it goes through the funnel.

use std::sync::Arc;

use ringfence_sandbox::{ArgumentError, CallEvents};
use ringfence_tool::ProviderFunction;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::dispatch::raw;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::fault::{self, Fault};
use super::frame::Params;
use super::line::Line;
use super::open::{self, Open, Responses};
use super::running::{Ended, Paused, Running};
use super::server_info;
use super::wire::{Kind, ResultText, Shape};
use crate::call::{CallError, CallRequest, Target};
use crate::json::canonical;

/// `tools/call`.
pub(super) async fn tool(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut params: Params,
) -> Result<ResultText, Fault> {
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(fault::params(
            "`tools/call` needs the name of a tool: `name`, a string",
        ));
    };
    let arguments = match params.remove("arguments") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => {
            let text = "`arguments` of `tools/call` must be an object";
            let unfit = ArgumentError {
                path: "/".into(),
                message: text.into(),
            };
            // The answer is the protocol's; what somebody tried is on record all the same.
            drop(refuse(endpoint, exchange, name, Map::new(), unfit).await);
            return Err(fault::params(text));
        }
    };
    let offer = endpoint.offer();
    let Some(tool) = offer.tools.provided(&name) else {
        let target = Target::Tool(name);
        return call(endpoint, exchange, params, Kind::Tool, target, arguments).await;
    };
    // What this caller could never use answers as if it were not there; the funnel says so.
    let visible = tool
        .backing
        .is_visible(&endpoint.funnel.policy(), &exchange.caller);
    if visible && tool.needs_task && !exchange.client().tasks {
        let required = json!({"extensions": {rmcp::model::TASKS_EXTENSION_ID: {}}});
        return Err(fault::missing_capability(
            required,
            "this tool runs as a task, and the client does not say that it knows tasks",
        ));
    }
    let kind = Kind::Provided(tool.output.clone());
    if visible && let Err(unfit) = tool.input.check(&arguments) {
        let refused = refuse(endpoint, exchange, name, arguments, unfit.into());
        return Shape::new(kind, exchange).answer(refused.await);
    }
    let (target, arguments) = tool.aim(name, arguments);
    call(endpoint, exchange, params, kind, target, arguments).await
}

/// Writes down a call whose arguments do not fit.
async fn refuse(
    endpoint: &Endpoint,
    exchange: &Exchange,
    name: String,
    arguments: Map<String, Value>,
    unfit: ArgumentError,
) -> Ended {
    let request = CallRequest {
        id: exchange.name.to_string(),
        target: Target::Tool(name),
        arguments,
    };
    let error = CallError::Arguments(unfit);
    let funnel = &endpoint.funnel;
    funnel.refuse(&exchange.caller, &request, error).await
}

/// `prompts/get`.
pub(super) async fn prompt(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut params: Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if offer.prompts.is_empty() {
        return Err(fault::method("prompts/get"));
    }
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(fault::params(
            "`prompts/get` needs the name of a prompt: `name`, a string",
        ));
    };
    let given = match params.remove("arguments") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(given)) if given.values().all(Value::is_string) => given,
        Some(_) => {
            return Err(fault::params(
                "`arguments` of `prompts/get` must be an object of strings",
            ));
        }
    };
    let prompt = offer
        .prompts
        .by_name(&name)
        .ok_or_else(|| fault::unknown_prompt(&name))?;
    let visible = prompt
        .backing
        .is_visible(&endpoint.funnel.policy(), &exchange.caller);
    let mut arguments = Vec::new();
    for blank in &prompt.arguments {
        match given.get(&blank.name) {
            Some(value) => arguments.push(json!({"name": blank.name, "value": value})),
            None if visible && blank.required => {
                let text = format!("prompt `{name}` needs the argument `{}`", blank.name);
                return Err(fault::params(text).with("field", blank.name.as_str().into()));
            }
            None => {}
        }
    }
    let target = Target::Provided {
        component: prompt.backing.component().clone(),
        function: ProviderFunction::Get,
        item: name.clone(),
    };
    let arguments = Map::from_iter([
        ("name".to_owned(), prompt.name.as_str().into()),
        ("arguments".to_owned(), arguments.into()),
    ]);
    let kind = Kind::Prompt(name);
    call(endpoint, exchange, params, kind, target, arguments).await
}

/// `resources/read`.
pub(super) async fn resource(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut params: Params,
) -> Result<ResultText, Fault> {
    let offer = endpoint.offer();
    if offer.resources.is_empty() {
        return Err(fault::method("resources/read"));
    }
    let Some(Value::String(uri)) = params.remove("uri") else {
        return Err(fault::params("`resources/read` needs `uri`, a string"));
    };
    let unknown = || fault::unknown_resource(&uri, exchange.is_stateless());
    let backing = offer.resources.backing(&uri).ok_or_else(unknown)?;
    let target = Target::Provided {
        component: backing.component().clone(),
        function: ProviderFunction::Read,
        item: uri.clone(),
    };
    let arguments = Map::from_iter([("uri".to_owned(), uri.as_str().into())]);
    let kind = Kind::Resource(uri);
    call(endpoint, exchange, params, kind, target, arguments).await
}

/// Makes a call, or goes on with one that has waited for this request.
async fn call(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut params: Params,
    kind: Kind,
    target: Target,
    arguments: Map<String, Value>,
) -> Result<ResultText, Fault> {
    let (mut responses, state) = if exchange.is_stateless() {
        let responses = open::responses(params.remove("inputResponses"))?;
        let state = match params.remove("requestState") {
            None => None,
            Some(Value::String(state)) => Some(state),
            Some(_) => return Err(fault::params("`requestState` must be a string")),
        };
        (responses, state)
    } else {
        (Responses::new(), None)
    };
    let request = Arc::new(CallRequest {
        id: exchange.name.to_string(),
        target,
        arguments,
    });
    let asked = Arc::clone(&request);
    let digest = || digest(&asked.target, &asked.arguments);
    let running = match state {
        Some(state) => {
            let (mut running, mut open) =
                endpoint.parked.take(&exchange.caller, &digest(), &state)?;
            running.line.turn_to(exchange.audience());
            // What does not fit is asked again.
            let fit = open.take(&mut responses);
            if fit.is_ok() {
                // Those of one request at a time: what nobody asks for must not pile up.
                running.early = responses;
            }
            match open.settle() {
                Some(open) => match wait(endpoint, exchange, &digest(), running, open) {
                    Ok(result) => return Ok(result),
                    Err(running) => *running,
                },
                None => running,
            }
        }
        None => begin(endpoint, exchange, kind, request, responses),
    };
    go_on(endpoint, exchange, running, digest).await
}

fn begin(
    endpoint: &Endpoint,
    exchange: &Exchange,
    kind: Kind,
    request: Arc<CallRequest>,
    early: Responses,
) -> Running {
    let may_leave = matches!(kind, Kind::Tool | Kind::Provided(_)) && exchange.client().tasks;
    let line = Line::new(
        request.target.item().to_owned(),
        exchange.caller.clone(),
        exchange.audience(),
        Arc::clone(&endpoint.newsroom),
        may_leave.then(|| Arc::clone(&endpoint.tasks)),
    );
    let cancel = CancellationToken::new();
    let (funnel, caller) = (Arc::clone(&endpoint.funnel), exchange.caller.clone());
    let (events, token) = (Arc::clone(&line) as Arc<dyn CallEvents>, cancel.clone());
    Running {
        call: Box::pin(async move { funnel.call(&caller, &request, events, token).await }),
        line,
        cancel,
        shape: Shape::new(kind, exchange),
        early,
    }
}

/// Drives a call until there is something to answer.
async fn go_on(
    endpoint: &Endpoint,
    exchange: &Exchange,
    mut running: Running,
    digest: impl Fn() -> [u8; 32],
) -> Result<ResultText, Fault> {
    loop {
        match running.drive(exchange).await {
            Paused::Ended(ended) => return running.shape.answer(ended),
            Paused::Leaves(place) => {
                let mut created = place.take(running);
                server_info::stamp(&mut created, "task");
                return Ok(raw(&created));
            }
            // Nobody would come back for it.
            Paused::Waits(_) if exchange.cancel.is_cancelled() => return Err(fault::cancelled()),
            Paused::Waits(open) => match wait(endpoint, exchange, &digest(), running, open) {
                Ok(result) => return Ok(result),
                Err(back) => running = *back,
            },
        }
    }
}

/// Lets a call wait for the client's next request, and asks. The call comes back when there is no room.
fn wait(
    endpoint: &Endpoint,
    exchange: &Exchange,
    digest: &[u8],
    running: Running,
    open: Open,
) -> Result<ResultText, Box<Running>> {
    let requests = open.requests();
    let state = endpoint
        .parked
        .park(&exchange.caller, digest, (running, open))?;
    let mut asked = Map::from_iter([
        ("inputRequests".to_owned(), requests.into()),
        ("requestState".to_owned(), state.into()),
    ]);
    server_info::stamp(&mut asked, "input_required");
    Ok(raw(&asked))
}

/// What ties an answer to the request that asked for it: what is called, and with what.
fn digest(target: &Target, arguments: &Map<String, Value>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{target:?}").as_bytes());
    hasher.update(&canonical::digest(arguments));
    *hasher.finalize().as_bytes()
}
