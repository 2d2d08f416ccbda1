//! Requests and what comes back.
//!
//! Owns redirects: each is a request of its own, so the host hears of it and decides. What a caller
//! set for one origin does not go to another.

use crate::error::Error;
use crate::limits::REDIRECTS_MAX;
use crate::url::Url;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// What to send.
    pub body: Option<String>,
}

/// The methods that this tool knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Gives a page.
    Get,
    /// Gives the head of a page.
    Head,
    /// Sends something.
    Post,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// As much of the body as is read.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
}

impl Response {
    /// The first field of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Sends requests.
pub trait Exchange {
    /// Sends one request. A redirect is a response.
    ///
    /// # Errors
    ///
    /// When it is denied or fails.
    fn send(&self, request: &Request) -> Result<Response, Error>;
}

/// Sends a request and follows where it leads, unless it sends something.
///
/// # Errors
///
/// As [`Exchange::send`], and when there is no end.
pub fn fetch(exchange: &impl Exchange, mut request: Request) -> Result<(Url, Response), Error> {
    let mut left = REDIRECTS_MAX;
    loop {
        let response = exchange.send(&request)?;
        let next = match response.status {
            301 | 302 | 303 | 307 | 308 if request.method != Method::Post => response
                .header("location")
                .and_then(|location| request.url.join(location)),
            _ => None,
        };
        let Some(next) = next else {
            return Ok((request.url, response));
        };
        left = left
            .checked_sub(1)
            .ok_or_else(|| Error::Redirects(next.to_string()))?;
        if request.url.origin() != next.origin() {
            request.headers.clear();
        }
        request.url = next;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Script {
        answers: RefCell<Vec<Response>>,
        asked: RefCell<Vec<Request>>,
    }

    impl Exchange for Script {
        fn send(&self, request: &Request) -> Result<Response, Error> {
            self.asked.borrow_mut().push(request.clone());
            Ok(self.answers.borrow_mut().remove(0))
        }
    }

    fn moved(status: u16, to: &str) -> Response {
        Response {
            status,
            headers: vec![("Location".into(), to.into())],
            ..Response::default()
        }
    }

    fn run(
        method: Method,
        answers: Vec<Response>,
    ) -> (Result<(Url, Response), Error>, Vec<Request>) {
        let script = Script {
            answers: RefCell::new(answers),
            asked: RefCell::default(),
        };
        let request = Request {
            method,
            url: Url::parse("https://a.example/x").unwrap(),
            headers: vec![("x-key".into(), "k3y".into())],
            body: None,
        };
        let fetched = fetch(&script, request);
        (fetched, script.asked.into_inner())
    }

    #[test]
    fn redirects_are_followed_and_headers_stay_behind() {
        let done = Response {
            status: 200,
            ..Response::default()
        };
        let answers = vec![moved(301, "/y"), moved(307, "//b.example/z"), done];
        let (fetched, asked) = run(Method::Get, answers);
        assert_eq!(fetched.unwrap().0.to_string(), "https://b.example/z");
        let asked: Vec<_> = asked
            .iter()
            .map(|request| (request.url.to_string(), request.headers.len()))
            .collect();
        assert_eq!(
            asked,
            [
                ("https://a.example/x".to_owned(), 1),
                ("https://a.example/y".to_owned(), 1),
                ("https://b.example/z".to_owned(), 0),
            ]
        );
    }

    #[test]
    fn what_sends_something_is_not_sent_twice() {
        let (fetched, asked) = run(Method::Post, vec![moved(307, "/y")]);
        assert_eq!(fetched.unwrap().1.status, 307);
        assert_eq!(asked.len(), 1);
    }

    #[test]
    fn a_redirect_that_leads_nowhere_is_a_page() {
        for to in ["mailto:a@b.example", "file:///etc/passwd"] {
            let (fetched, asked) = run(Method::Get, vec![moved(302, to)]);
            assert_eq!(fetched.unwrap().1.status, 302);
            assert_eq!(asked.len(), 1);
        }
    }

    #[test]
    fn a_loop_ends() {
        let answers = vec![moved(302, "/x"); 10];
        let (fetched, asked) = run(Method::Get, answers);
        assert_eq!(fetched, Err(Error::Redirects("https://a.example/x".into())));
        assert_eq!(asked.len(), 6);
    }
}
