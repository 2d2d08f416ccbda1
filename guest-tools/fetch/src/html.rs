//! HTML as text that can be read.
//!
//! Owns what is said with a tag and what without. In one pass over the text, without a tree: what a
//! page leaves open costs nothing. Refuses to run or load anything, and leaves out what a person would
//! not see either.

mod entity;
mod tag;
mod writer;

use crate::limits::TITLE_BYTES_MAX;
use crate::url::Url;
use tag::{Tag, Token, Tokens};
use writer::Writer;

/// A page as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable {
    /// The title, where it has one.
    pub title: Option<String>,
    /// What it says: that of its main part, where it has one.
    pub text: String,
}

/// What stands between these tags is not for reading.
const UNREAD: [&str; 12] = [
    "audio", "canvas", "datalist", "iframe", "math", "noscript", "object", "script", "select",
    "style", "svg", "template",
];

/// Reads `html`. With a `base`, links keep their targets.
pub fn read(html: &str, base: Option<&Url>) -> Readable {
    let mut writer = Writer::new();
    let mut title = None;
    let mut main = None;
    let mut tokens = Tokens::new(html);
    let mut links: Vec<Option<String>> = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => writer.text(&entity::decoded(text)),
            Token::Tag(tag) if tag.is("title") && !tag.closes => {
                let text = entity::decoded(tokens.raw(tag.name));
                title = title.or_else(|| one_line(&text));
            }
            Token::Tag(tag) if !tag.closes && is_unseen(&tag) => {
                if !tag.is_void() {
                    tokens.skip(tag.name);
                }
            }
            Token::Tag(tag) if tag.is("main") => match (tag.closes, &main) {
                (false, None) => {
                    writer.block();
                    main = Some((writer.written(), None));
                }
                (true, Some((start, None))) => main = Some((*start, Some(writer.written()))),
                _ => {}
            },
            Token::Tag(tag) if tag.is("a") => {
                let target = || Some(base?.join(&tag.attribute("href")?)?.to_string());
                if tag.closes {
                    if let Some(Some(target)) = links.pop() {
                        writer.raw(&format!("]({target})"));
                    }
                } else if links.is_empty() {
                    let target = target();
                    if target.is_some() {
                        writer.raw("[");
                    }
                    links.push(target);
                }
            }
            Token::Tag(tag) => element(&mut writer, &tag),
        }
    }
    let text = writer.finish();
    let main =
        main.and_then(|(start, end)| text.get(start..end.unwrap_or(text.len()).min(text.len())));
    let text = match main.map(str::trim) {
        Some(main) if !main.is_empty() => main.to_owned(),
        _ => text.trim().to_owned(),
    };
    Readable { title, text }
}

/// Whether a person would not see what is between this tag and its end. Text for machines alone is
/// where instructions to them are hidden.
fn is_unseen(tag: &Tag<'_>) -> bool {
    let hides = |style: String| {
        let style: String = style.to_ascii_lowercase().split_whitespace().collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    };
    UNREAD.iter().any(|name| tag.is(name))
        || tag.attribute("hidden").is_some()
        || tag.attribute("style").is_some_and(hides)
}

fn element(writer: &mut Writer, tag: &Tag<'_>) {
    let name = tag.name.to_ascii_lowercase();
    match name.as_str() {
        "br" => writer.line(),
        "hr" => {
            writer.block();
            writer.raw("---");
            writer.block();
        }
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            writer.block();
            if !tag.closes {
                let level = name
                    .bytes()
                    .last()
                    .map_or(1, |digit| digit.saturating_sub(b'0'));
                writer.raw(&"#".repeat(level.into()));
                writer.raw(" ");
            }
        }
        "p" | "ul" | "ol" | "dl" | "table" | "blockquote" | "figure" | "article" | "section" => {
            writer.block();
        }
        "pre" => writer.preformatted(!tag.closes),
        "li" => {
            writer.line();
            if !tag.closes {
                writer.raw("- ");
            }
        }
        "td" | "th" if !tag.closes => writer.cell(),
        "img" => {
            if let Some(alt) = tag.attribute("alt").and_then(|alt| one_line(&alt)) {
                writer.text(&format!("[image: {alt}]"));
            }
        }
        "address" | "aside" | "body" | "caption" | "dd" | "details" | "dialog" | "div" | "dt"
        | "fieldset" | "figcaption" | "footer" | "form" | "header" | "html" | "legend" | "nav"
        | "option" | "summary" | "tr" => writer.line(),
        _ => {}
    }
}

/// Text on one line, where there is any.
fn one_line(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() >= TITLE_BYTES_MAX {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html, None).text
    }

    #[test]
    fn a_page_is_read_as_a_person_reads_it() {
        let page = "<!doctype html><html><head><title> A &amp; B\n</title><style>p{}</style></head>\
            <body><script>if (a < b) alert('<p>x</p>')</script><h1>Head</h1><p>One  <b>two</b>\n three.\
            <p>Four<br>five &lt;six&gt; &#8364;&#x20ac;&euro;<ul><li>a<li>b<ul><li>c</ul></ul>\
            <pre>  x\n    y</pre><table><tr><th>k<th>v<tr><td>1<td>2</table><img alt='A cat'><!-- no -->end";
        let read = read(page, None);
        assert_eq!(read.title.as_deref(), Some("A & B"));
        assert_eq!(
            read.text,
            "# Head\n\nOne two three.\n\nFour\nfive <six> €€€\n\n- a\n- b\n\n- c\n\n  x\n    y\n\nk | v\n1 | 2\n\n[image: A cat]end"
        );
    }

    #[test]
    fn the_main_part_is_the_page() {
        assert_eq!(
            text("<nav>menu</nav><main><p>said</main><footer>x</footer>"),
            "said"
        );
        assert_eq!(text("<main> </main><p>said"), "said");
        assert_eq!(text("a<main>b"), "b");
    }

    #[test]
    fn links_keep_their_targets_on_request() {
        let base = Url::parse("https://a.example/x/").unwrap();
        let html =
            "<a href='../y?a=1&amp;b=2'>to <b>y</b></a> <a href='javascript:x'>no</a> <a>none</a>";
        assert_eq!(
            read(html, Some(&base)).text,
            "[to y](https://a.example/y?a=1&b=2) no none"
        );
        assert_eq!(text(html), "to y no none");
    }

    #[test]
    fn what_nobody_sees_is_not_read() {
        for hidden in [
            "<div hidden>obey</div>",
            "<div style='color:red; DISPLAY : none'>obey<div>more</div>obey</div>",
            "<span style=\"visibility:hidden\">obey</span>",
            "<template><p>obey</p></template>",
            "<noscript>obey</noscript>",
            "<SCRIPT>obey</Script >",
            "<style>obey</style>",
            "<svg><text>obey</text></svg>",
            "<!-- obey -->",
            "<? obey ?>",
            "<input type=hidden value=obey hidden>",
        ] {
            assert_eq!(text(&format!("a {hidden}b")), "a b", "{hidden}");
        }
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        for (html, expected) in [
            ("a < b and c > d", "a < b and c > d"),
            ("a<", "a<"),
            ("a<b", "a"),
            ("a<p b='c", "a"),
            ("a<!-- b", "a"),
            ("a<script>b", "a"),
            ("a</p></p></p>b", "a\n\nb"),
            (
                "&amp;amp; &nosuch; &#xd800; &#99999999; & &;",
                "&amp; &nosuch; \u{fffd} \u{fffd} & &;",
            ),
            ("<title>x", ""),
            ("a\u{0}b\u{7}c", "abc"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    /// Each of these would take a second or more if anything were read twice.
    #[test]
    fn no_page_takes_long() {
        for piece in [
            "<",
            "<a",
            "<a ",
            "<p>",
            "</",
            "<!--",
            "<script>",
            "<div hidden>",
            "&",
            "&#",
            "<main>",
            "<pre>",
            "<td>",
        ] {
            let page = piece.repeat((1 << 18) / piece.len());
            let read = read(&page, None);
            assert!(
                read.text.len() <= crate::limits::READABLE_BYTES_MAX,
                "{piece}"
            );
        }
    }
}
