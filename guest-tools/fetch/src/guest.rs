//! The component's exports: translates between WIT's types and the modules', and nothing else.

use crate::error::Error;
use crate::exchange::{self, Method, Request};
use crate::page::{self, Wanted};
use crate::url::Url;
use crate::wasi::Host;

pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: [
            "../wasi/io.wit",
            "../wasi/clocks.wit",
            "../wasi/random.wit",
            "../wasi/filesystem.wit",
            "../wasi/sockets.wit",
            "../wasi/cli.wit",
            "../wasi/http.wit",
            "wit",
        ],
        world: "ringfence:fetch/fetch",
        generate_all,
    });
}

use bindings::{Format, Guest, Head, Header, Page};

struct Fetch;

impl Guest for Fetch {
    fn get(
        url: String,
        format: Option<Format>,
        links: Option<bool>,
        start: Option<u32>,
        limit: Option<u32>,
        headers: Option<Vec<Header>>,
    ) -> Result<Page, String> {
        let wanted = Wanted {
            source: format == Some(Format::Source),
            links: links.unwrap_or(false),
            start: start.unwrap_or(0),
            limit,
        };
        let request = request(Method::Get, &url, headers).map_err(explain)?;
        read(request, wanted).map_err(explain)
    }

    fn head(url: String, headers: Option<Vec<Header>>) -> Result<Head, String> {
        let request = request(Method::Head, &url, headers).map_err(explain)?;
        let (url, response) = exchange::fetch(&Host, request).map_err(explain)?;
        let headers = response.headers.into_iter();
        Ok(Head {
            url: url.to_string(),
            status: response.status,
            headers: headers
                .map(|(name, value)| Header { name, value })
                .collect(),
        })
    }

    fn post(
        url: String,
        body: String,
        content_type: Option<String>,
        format: Option<Format>,
        limit: Option<u32>,
        headers: Option<Vec<Header>>,
    ) -> Result<Page, String> {
        let wanted = Wanted {
            source: format == Some(Format::Source),
            limit,
            ..Wanted::default()
        };
        let mut request = request(Method::Post, &url, headers).map_err(explain)?;
        let content_type = content_type.unwrap_or_else(|| "application/json".to_owned());
        request
            .headers
            .push(("content-type".to_owned(), content_type));
        request.body = Some(body);
        read(request, wanted).map_err(explain)
    }
}

fn request(method: Method, url: &str, headers: Option<Vec<Header>>) -> Result<Request, Error> {
    let headers = headers.unwrap_or_default().into_iter();
    Ok(Request {
        method,
        url: Url::parse(url)?,
        headers: headers
            .map(|Header { name, value }| (name, value))
            .collect(),
        body: None,
    })
}

fn read(request: Request, wanted: Wanted) -> Result<Page, Error> {
    let (url, response) = exchange::fetch(&Host, request)?;
    let read = page::read(&url, &response, wanted)?;
    Ok(Page {
        url: url.to_string(),
        status: response.status,
        content_type: read.content_type,
        title: read.title,
        text: read.text,
        next_start: read.next_start,
        cut: response.cut,
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` wants"
)]
fn explain(error: Error) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Fetch with_types_in super::bindings);
    use super::Fetch;
}
