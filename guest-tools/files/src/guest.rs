//! The component's exports: translates between WIT's types and the modules', and nothing else.

use crate::disk::{How, Kind as Node};
use crate::error::Error;
use crate::pattern::Pattern;
use crate::walk::Filter;
use crate::wasi::Granted;
use crate::{edit, glob, list, read, search, write};

pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: ["../wasi/io.wit", "../wasi/clocks.wit", "../wasi/filesystem.wit", "wit"],
        world: "ringfence:files/files",
        generate_all,
    });
}

use bindings::{Edited, Entry, Excerpt, Findings, Guest, Hit, Kind, Listing, WriteMode};

struct Files;

impl Guest for Files {
    fn list(
        path: Option<String>,
        depth: Option<u32>,
        glob: Option<String>,
        hidden: Option<bool>,
        limit: Option<u32>,
    ) -> Result<Listing, String> {
        let filter = filter(glob, hidden)?;
        let listing =
            list::list(&Granted::new(), path.as_deref(), depth, &filter, limit).map_err(explain)?;
        let entries = listing.entries.into_iter().map(|entry| Entry {
            path: entry.path,
            kind: match entry.kind {
                Node::Directory => Kind::Directory,
                Node::File => Kind::File,
                Node::Link => Kind::Link,
                Node::Other => Kind::Other,
            },
            size: entry.size,
        });
        Ok(Listing {
            entries: entries.collect(),
            more: listing.more,
        })
    }

    fn read(path: String, first_line: Option<u32>, lines: Option<u32>) -> Result<Excerpt, String> {
        let excerpt = read::read(&Granted::new(), &path, first_line, lines).map_err(explain)?;
        Ok(Excerpt {
            text: excerpt.text,
            first_line: excerpt.first_line,
            last_line: excerpt.last_line,
            next_line: excerpt.next_line,
            cut_lines: excerpt.cut_lines,
            file_size: excerpt.file_size,
        })
    }

    fn search(
        pattern: String,
        path: Option<String>,
        literal: Option<bool>,
        ignore_case: Option<bool>,
        glob: Option<String>,
        hidden: Option<bool>,
        limit: Option<u32>,
    ) -> Result<Findings, String> {
        let filter = filter(glob, hidden)?;
        let pattern = Pattern::new(
            &pattern,
            literal.unwrap_or(false),
            ignore_case.unwrap_or(false),
        )
        .map_err(explain)?;
        let found = search::search(&Granted::new(), pattern, path.as_deref(), &filter, limit)
            .map_err(explain)?;
        let hits = found.hits.into_iter();
        Ok(Findings {
            hits: hits
                .map(|hit| Hit {
                    path: hit.path,
                    line: hit.line,
                    text: hit.text,
                })
                .collect(),
            searched: found.searched,
            skipped: found.skipped,
            more: found.more,
        })
    }

    fn write(
        path: String,
        text: String,
        mode: Option<WriteMode>,
        parents: Option<bool>,
    ) -> Result<String, String> {
        let how = match mode {
            None | Some(WriteMode::Create) => How::Create,
            Some(WriteMode::Replace) => How::Replace,
            Some(WriteMode::Append) => How::Append,
        };
        write::write(&Granted::new(), &path, &text, how, parents.unwrap_or(false)).map_err(explain)
    }

    fn edit(path: String, old: String, new: String, all: Option<bool>) -> Result<Edited, String> {
        let edited = edit::edit(&Granted::new(), &path, &old, &new, all.unwrap_or(false))
            .map_err(explain)?;
        Ok(Edited {
            count: narrow(edited.count),
            line: narrow(edited.line),
        })
    }
}

fn filter(glob: Option<String>, hidden: Option<bool>) -> Result<Filter, String> {
    if glob
        .as_ref()
        .is_some_and(|glob| glob.len() > glob::MAX_GLOB_BYTES)
    {
        return Err(format!("`glob` has at most {} bytes", glob::MAX_GLOB_BYTES));
    }
    Ok(Filter {
        glob,
        hidden: hidden.unwrap_or(false),
    })
}

/// Counts fit: a guest's memory has 32-bit addresses.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn explain(error: Error) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Files with_types_in super::bindings);
    use super::Files;
}
