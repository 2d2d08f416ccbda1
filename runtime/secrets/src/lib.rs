//! Secrets: at rest, on their way to where they belong, and out of everything that leaves.
//!
//! Owns the [`Vault`], the [`Placeholder`] that a guest sees in a value's place, and the [`Scrubber`]
//! that finds values in what a guest says. Refuses to know what a guest is, which host may be sent a
//! secret, and how a request is made: policy binds a secret to a destination, egress sends it there.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("secrets");
//! use ringfence_secrets::{Secrets, SecretValue, Vault};
//!
//! let vault = Vault::new(folder.clone(), Vault::default_key(&folder));
//! let (tenant, name) = ("local".parse()?, "API_TOKEN".parse()?);
//! vault.set(&tenant, &name, SecretValue::new(b"tok_5f0c2b71".to_vec())?)?;
//!
//! let secrets = Secrets::open(vault)?.of(&tenant);
//! let header = secrets.header_for(&name)?;
//! assert_eq!(header.expose(), b"tok_5f0c2b71");
//! let said = secrets.scrubber().text("it is dG9rXzVmMGMyYjcx");
//! assert_eq!(said, "it is [secret API_TOKEN]");
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod disk;
mod key;
mod name;
mod placeholder;
mod scrub;
mod seal;
mod secrets;
mod value;
mod vault;

pub use disk::DiskError;
pub use key::{InvalidKeySource, KeyError, KeySource};
pub use name::{InvalidSecretName, NAME_BYTES_MAX, SecretName};
pub use placeholder::{Filled, Placeholder, Unfilled};
pub use scrub::{Scrubbed, Scrubber, Stream};
pub use secrets::{Secrets, TenantSecrets, Unusable};
pub use value::{InvalidValue, SecretValue, VALUE_BYTES_MAX, VALUE_BYTES_MIN};
pub use vault::{Listed, Rotated, SECRETS_MAX, TENANT_BYTES_MAX, Vault, VaultError};
