//! What components describe themselves: tools, resources, prompts, completions.

use ringfence_identity::Caller;
use serde_json::{Value, json};

use crate::client::{self, Client, kind, stateless, text};

/// A client of the handshake era and one of the stateless era, by whether it is the latter.
async fn client(is_stateless: bool) -> Client {
    let mut client = Client::on(&client::everything(Vec::new()), Caller::local());
    if !is_stateless {
        client.greet_as("2025-11-25", json!({})).await;
    }
    client
}

async fn ask(client: &mut Client, is_stateless: bool, method: &str, mut params: Value) -> Value {
    if is_stateless {
        params["_meta"] = stateless();
    }
    let answer = client.ask(method, params).await;
    if answer.get("result").is_some() {
        let complete = answer["result"].get("resultType") == Some(&json!("complete"));
        assert_eq!(complete, is_stateless, "{answer}");
        let meta = &answer["result"]["_meta"];
        let named = meta.get("io.modelcontextprotocol/serverInfo").is_some();
        assert_eq!(named, is_stateless, "{answer}");
    }
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_says_what_it_has() {
    let list = json!({"listChanged": true});
    let mut client = client(true).await;
    let discovered = ask(&mut client, true, "server/discover", json!({})).await;
    let hello = client.greet().await;
    for capabilities in [
        &discovered["result"]["capabilities"],
        &hello["result"]["capabilities"],
    ] {
        assert_eq!(capabilities["tools"], list);
        assert_eq!(capabilities["prompts"], list);
        let resources = json!({"listChanged": true, "subscribe": true});
        assert_eq!(capabilities["resources"], resources);
        assert_eq!(capabilities["completions"], json!({}));
    }
    // What may change is stale at once.
    assert_eq!(discovered["result"]["ttlMs"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn described_tools_are_listed_and_called() {
    for is_stateless in [false, true] {
        let mut client = client(is_stateless).await;
        let list = ask(&mut client, is_stateless, "tools/list", json!({})).await;
        let tools = list["result"]["tools"].as_array().unwrap();
        let names: Vec<_> = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert!(names.is_sorted() && names.contains(&"test_simple_text"));
        let schema = tools
            .iter()
            .find(|tool| tool["name"] == "json_schema_2020_12_tool");
        let schema = &schema.unwrap()["inputSchema"];
        assert_eq!(schema["$defs"]["address"]["$anchor"], "addressDef");
        assert!(
            tools
                .iter()
                .all(|tool| tool["annotations"]["readOnlyHint"] == true)
        );

        let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
        let params = json!({"name": "test_simple_text"});
        let answer = ask(&mut client, is_stateless, "tools/call", params).await;
        assert_eq!(text(&answer), "This is a simple text response for testing.");
        let params = call("test_multiple_content_types", json!({}));
        let answer = ask(&mut client, is_stateless, "tools/call", params).await;
        let content = answer["result"]["content"].as_array().unwrap();
        let kinds: Vec<_> = content.iter().map(|block| block["type"].clone()).collect();
        assert_eq!(kinds, ["text", "image", "resource"]);

        // Its own schema counts.
        let arguments = json!({"contactMethod": "phone"});
        let params = call("json_schema_2020_12_tool", arguments);
        let answer = ask(&mut client, is_stateless, "tools/call", params).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let error = &answer["result"]["_meta"]["ringfence/error"];
        assert_eq!(error["kind"], "validation", "{answer}");
        let params = call("test_error_handling", json!({}));
        let answer = ask(&mut client, is_stateless, "tools/call", params).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_are_listed() {
    for is_stateless in [false, true] {
        let mut client = client(is_stateless).await;
        let list = ask(&mut client, is_stateless, "resources/list", json!({})).await;
        let listed = list["result"]["resources"].as_array().unwrap();
        let uris: Vec<_> = listed
            .iter()
            .map(|one| one["uri"].as_str().unwrap())
            .collect();
        let expected = [
            "test://example-resource",
            "test://static-binary",
            "test://static-text",
            "test://watched-resource",
        ];
        assert_eq!(uris, expected);
        assert_eq!(listed[1]["mimeType"], "image/png");
        assert!(listed[1]["size"].is_u64());

        let method = "resources/templates/list";
        let list = ask(&mut client, is_stateless, method, json!({})).await;
        let template = &list["result"]["resourceTemplates"][0];
        assert_eq!(template["uriTemplate"], "test://template/{id}/data");
        assert_eq!(list["result"].get("ttlMs").is_some(), is_stateless);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_are_read() {
    for is_stateless in [false, true] {
        let mut client = client(is_stateless).await;
        for (uri, mime_type, member) in [
            ("test://static-text", "text/plain", "text"),
            ("test://static-binary", "image/png", "blob"),
            ("test://template/123/data", "application/json", "text"),
        ] {
            let params = json!({"uri": uri});
            let answer = ask(&mut client, is_stateless, "resources/read", params).await;
            let contents = answer["result"]["contents"].as_array().unwrap();
            assert_eq!(contents.len(), 1, "{answer}");
            assert_eq!(contents[0]["uri"], uri);
            assert_eq!(contents[0]["mimeType"], mime_type);
            let body = contents[0][member].as_str().unwrap();
            match member {
                "blob" => assert!(body.starts_with("iVBORw0KGgo"), "{body}"),
                _ if uri.contains("template") => assert!(body.contains(r#""id":"123""#), "{body}"),
                _ => assert_eq!(body, "This is the content of the static text resource."),
            }
            assert_eq!(answer["result"].get("ttlMs").is_some(), is_stateless);
        }
        let code = if is_stateless { -32602 } else { -32002 };
        for uri in [
            "test://nobody",
            "test://template//data",
            "file:///etc/passwd",
            "no uri",
        ] {
            let params = json!({"uri": uri});
            let answer = ask(&mut client, is_stateless, "resources/read", params).await;
            assert_eq!(answer["error"]["code"], code, "{answer}");
            assert_eq!(answer["error"]["data"]["uri"], uri);
        }
        for params in [json!({}), json!({"uri": 7})] {
            let answer = ask(&mut client, is_stateless, "resources/read", params).await;
            assert_eq!(kind(&answer), "invalid-params");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_are_listed_and_filled_in() {
    for is_stateless in [false, true] {
        let mut client = client(is_stateless).await;
        let list = ask(&mut client, is_stateless, "prompts/list", json!({})).await;
        let prompts = list["result"]["prompts"].as_array().unwrap();
        assert_eq!(prompts.len(), 5, "{list}");
        let filled = prompts
            .iter()
            .find(|one| one["name"] == "test_prompt_with_arguments");
        let arguments = filled.unwrap()["arguments"].as_array().unwrap();
        assert_eq!(arguments.len(), 2);
        assert_eq!(arguments[0]["required"], true);

        let get = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
        let given = json!({"arg1": "hello", "arg2": "world", "arg3": "?"});
        let params = get("test_prompt_with_arguments", given);
        let answer = ask(&mut client, is_stateless, "prompts/get", params).await;
        let message = &answer["result"]["messages"][0];
        assert_eq!(message["role"], "user");
        let expected = "Prompt with arguments: arg1='hello', arg2='world'";
        assert_eq!(message["content"]["text"], expected);
        let params = json!({"name": "test_prompt_with_image"});
        let answer = ask(&mut client, is_stateless, "prompts/get", params).await;
        assert_eq!(answer["result"]["messages"][0]["content"]["type"], "image");

        let missing = get("test_prompt_with_arguments", json!({"arg1": "hello"}));
        let answer = ask(&mut client, is_stateless, "prompts/get", missing).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert_eq!(answer["error"]["data"]["field"], "arg2");
        let nobody = get("nobody", json!({}));
        let answer = ask(&mut client, is_stateless, "prompts/get", nobody).await;
        assert_eq!(kind(&answer), "unknown-prompt");
        for params in [
            json!({}),
            get(
                "test_prompt_with_arguments",
                json!({"arg1": 1, "arg2": "a"}),
            ),
            get("test_prompt_with_arguments", json!([])),
        ] {
            let answer = ask(&mut client, is_stateless, "prompts/get", params).await;
            assert_eq!(kind(&answer), "invalid-params");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completions_are_suggested() {
    for is_stateless in [false, true] {
        let mut client = client(is_stateless).await;
        let prompt = json!({"type": "ref/prompt", "name": "test_prompt_with_arguments"});
        let template = json!({"type": "ref/resource", "uri": "test://template/{id}/data"});
        for (reference, name, value, expected) in [
            (&prompt, "arg1", "par", json!(["paris", "park", "party"])),
            (&prompt, "arg1", "x", json!([])),
            (&template, "id", "1", json!(["1", "123"])),
        ] {
            let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
            let answer = ask(&mut client, is_stateless, "completion/complete", params).await;
            let completion = &answer["result"]["completion"];
            assert_eq!(completion["values"], expected, "{answer}");
            assert_eq!(completion["hasMore"], false);
            let total = expected.as_array().unwrap().len();
            assert_eq!(completion["total"], total);
        }
        let argument = json!({"name": "a", "value": "b"});
        for params in [
            json!({}),
            json!({"ref": prompt}),
            json!({"ref": prompt, "argument": {"name": "arg1"}}),
            json!({"ref": {"type": "ref/other"}, "argument": argument}),
            json!({"ref": {"type": "ref/prompt", "name": "nobody"}, "argument": argument}),
            json!({"ref": {"type": "ref/resource", "uri": "test://no"}, "argument": argument}),
        ] {
            let answer = ask(
                &mut client,
                is_stateless,
                "completion/complete",
                params.clone(),
            )
            .await;
            assert_eq!(answer["error"]["code"], -32602, "{params}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_describes_has_no_methods() {
    let mut client = Client::greeted(&["add"]).await;
    for method in [
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "completion/complete",
    ] {
        let answer = client.ask(method, json!({"uri": "a:b", "name": "a"})).await;
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
}
