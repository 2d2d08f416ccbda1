//! What has to do with signatures and publishing: its commands and their options.

use std::path::PathBuf;

use clap::Args;
use ringfence_registry::Reference;

use super::install::{Reaching, ShelfPlace, Trusting};
use crate::exit_code;

/// Make a key to sign tools with.
///
/// The private key is written to FILE, for you alone; the public one to FILE and `.pub`, for everybody. Both are
/// text that other programs read as well: Ed25519, as PKCS#8 and as SPKI.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence keygen release.key                       and release.key.pub
  ringfence sign ./tool.wasm --key release.key")]
pub(crate) struct KeygenArguments {
    /// Where to write the private key. Nothing that is there is overwritten.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Sign a tool: an artifact of a registry, or a file.
///
/// The signature of an artifact is put beside it in its registry, and names the digest that its tag leads to now.
/// The signature of a file is written to its path and `.sig`. `cosign` reads both.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence sign oci://registry.example/org/tool:1.0 --key release.key
  ringfence sign oci://registry.example/org/tool@sha256:… --key release.key
  ringfence sign ./tool.wasm --key release.key       ./tool.wasm.sig")]
pub(crate) struct SignArguments {
    /// What to sign: `oci://…`, or a path.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,

    /// The private key: Ed25519 or ECDSA over P-256, as PKCS#8 in PEM, not encrypted.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    #[command(flatten)]
    pub(crate) reaching: Reaching,
}

/// Tell who signed a tool, without installing it.
///
/// Whose signature counts is what `--key` names, or what the trust file says.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ringfence verify oci://registry.example/org/tool:1.0 --key release.key.pub
  ringfence verify oci://registry.example/org/tool:1.0         by your trust file
  ringfence verify ./tool.wasm --key release.key.pub

Exit codes:
{}", exit_code::TABLE))]
pub(crate) struct VerifySourceArguments {
    /// What to look at: `oci://…`, `https://…#sha256=…`, or a path.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,

    /// The public key that has to have signed it, instead of what the trust file says.
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    pub(crate) key: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) trusting: Trusting,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,

    #[command(flatten)]
    pub(crate) reaching: Reaching,
}

/// Put a tool into a registry.
///
/// It is written as other programs for WebAssembly components write it. The same tool is the same artifact, whoever
/// pushes it. The tag leads to it from then on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence push ./tool.wasm oci://registry.example/org/tool:1.0
  ringfence sign oci://registry.example/org/tool:1.0 --key release.key")]
pub(crate) struct PushArguments {
    /// The tool: a component.
    #[arg(value_name = "TOOL.wasm")]
    pub(crate) file: PathBuf,

    /// Where to: `oci://REGISTRY/REPOSITORY:TAG`.
    #[arg(value_name = "REFERENCE")]
    pub(crate) to: Reference,

    #[command(flatten)]
    pub(crate) reaching: Reaching,
}

/// Fetch a tool into a file, without installing it.
///
/// It has to be signed where the trust file says so.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence pull oci://registry.example/org/tool:1.0 -o tool.wasm
  ringfence inspect ./tool.wasm                      look at it before it is installed")]
pub(crate) struct PullArguments {
    /// Where from: `oci://…` or `https://…#sha256=…`.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,

    /// Where to write it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) trusting: Trusting,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,

    #[command(flatten)]
    pub(crate) reaching: Reaching,
}
