//! `ringfence policy` and `ringfence check`: their options.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringfence_identity::{Caller, PrincipalName, TenantName};

use super::common::Access;

/// Ask a policy what it allows, and seal it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence policy explain files --policy policy.toml
  ringfence policy explain files write --grant fs.read=./docs:/docs
  ringfence policy explain fetch --policy policy.toml --as acme/alice
  ringfence policy seal policy.toml

`docs/policy.md` describes the file.")]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Explain(Box<ExplainArguments>),
    Seal(SealArguments),
    Verify(VerifySealArguments),
}

/// Seal a policy file, so that nothing in it changes unseen.
///
/// Puts a digest of the file at its end, in place of the one that it may have. From then on the file
/// is refused when anything in it has changed, until it is sealed again. For after it was edited by
/// hand, and looked at.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence check policy.toml && ringfence policy seal policy.toml")]
pub(crate) struct SealArguments {
    /// The policy file.
    #[arg(value_name = "POLICY.toml")]
    pub(crate) file: PathBuf,
}

/// Say whether a policy file is whole and as it was when it was sealed.
///
/// Ends with code 1 when it has no seal, and with code 2 when it has one that does not fit, or is no
/// policy.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence policy verify policy.toml")]
pub(crate) struct VerifySealArguments {
    /// The policy file.
    #[arg(value_name = "POLICY.toml")]
    pub(crate) file: PathBuf,
}

/// Show what a tool may do, and which line says so.
///
/// Nothing of the tool runs. What it asks for is held against the policy as each call would be.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence policy explain files --policy policy.toml
  ringfence policy explain ./my-tool.wasm --grant env=LANG
  ringfence policy explain fetch get --policy policy.toml --as acme/alice")]
pub(crate) struct ExplainArguments {
    /// The name of a tool that comes with ringfence, or the path of a component.
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,

    /// One function alone.
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: Option<String>,

    /// In whose name it would be called [default: local/local, whoever starts ringfence].
    #[arg(long = "as", value_name = "TENANT/PRINCIPAL", value_parser = caller)]
    pub(crate) caller: Option<Caller>,

    #[command(flatten)]
    pub(crate) access: Access,
}

/// Look for what is probably wrong with a policy file.
///
/// Grants that give away more than a tool needs, that no tool asks for, or that together let private
/// data leave. Ends with code 1 when there is anything to say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence check policy.toml                        with the tools that come with ringfence
  ringfence check policy.toml ./tools                with those of a folder")]
pub(crate) struct CheckArguments {
    /// The policy file.
    #[arg(value_name = "POLICY.toml")]
    pub(crate) file: PathBuf,

    /// The components, or folders of them, that the policy is for [default: those that come with
    /// ringfence].
    #[arg(value_name = "TOOL.wasm|DIR")]
    pub(crate) tools: Vec<PathBuf>,
}

/// Reads `TENANT/PRINCIPAL`.
fn caller(text: &str) -> Result<Caller, String> {
    let Some((tenant, principal)) = text.split_once('/') else {
        return Err("expected TENANT/PRINCIPAL, such as `acme/alice`".to_owned());
    };
    let tenant: TenantName = tenant.parse().map_err(|error| format!("tenant {error}"))?;
    let principal: PrincipalName = principal
        .parse()
        .map_err(|error| format!("principal {error}"))?;
    Ok(Caller::new(tenant, principal))
}
