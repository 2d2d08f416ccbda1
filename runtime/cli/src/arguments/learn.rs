//! `ringfence learn`: its options.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use ringfence_policy::{FileGrant, Grant};

use super::common::Logging;
use super::quantity::seconds;

/// Run a tool where nothing real can happen, and propose the smallest policy that it needs.
///
/// Files are a copy of the folders that `--scratch` names, and an empty folder for all else. Buckets and
/// standard input are empty. The network is denied, so what would follow an answer is not seen. Everything that the tool wants is noted, and standard
/// output becomes a policy file with a reason for each line: read it, edit it, and use it with
/// `--policy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence learn files read '{\"path\": \"/docs/a.md\"}' --scratch ./docs:/docs
  ringfence learn ./my-tool.wasm --calls calls.jsonl --scratch ./docs:/docs > policy.toml
  ringfence learn fetch text '{\"url\": \"https://example.com\"}'

A line of `--calls` is `{\"function\": \"read\", \"arguments\": {\"path\": \"/docs/a.md\"}}`.")]
pub(crate) struct LearnArguments {
    /// The name of a tool that comes with ringfence, or the path of a component.
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,

    /// The function to call, as `ringfence inspect` lists it.
    #[arg(value_name = "FUNCTION", required_unless_present = "calls")]
    pub(crate) function: Option<String>,

    /// The arguments: a JSON object.
    #[arg(value_name = "JSON", default_value = "{}")]
    pub(crate) arguments: String,

    /// A file with more calls, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) calls: Option<PathBuf>,

    /// A folder that the tool may do anything with a copy of; repeat for more.
    ///
    /// GUEST is where the tool sees it. Whatever no folder is named for is an empty one at `/`.
    #[arg(long, value_name = "DIR:GUEST")]
    pub(crate) scratch: Vec<Scratched>,

    /// The longest that one call may take [default: 30].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Where machine code is kept between runs [default: your cache directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) logging: Logging,
}

/// A folder to copy, and where the tool sees it.
#[derive(Debug, Clone)]
pub(crate) struct Scratched(pub(crate) FileGrant);

impl FromStr for Scratched {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match format!("fs.write={text}").parse() {
            Ok(Grant::Files(files)) if files.glob.is_none() => Ok(Self(files)),
            _ => Err("expected a folder and a guest path, such as `./docs:/docs`".to_owned()),
        }
    }
}
