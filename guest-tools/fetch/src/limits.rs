//! What is bounded, and why.

/// Bytes of a body that are read. A page is smaller; a download would fill the memory.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// Characters that are returned when nobody says how many: a few pages of a model's attention.
pub const CHARACTERS_DEFAULT: u32 = 20_000;

/// Characters that can be asked for.
pub const CHARACTERS_MAX: u32 = 200_000;

/// Bytes of text in one result, which is the host's limit with room for escapes.
pub const TEXT_BYTES_MAX: usize = 512 << 10;

/// Redirects that are followed. Bounds a loop.
pub const REDIRECTS_MAX: u32 = 5;

/// Bytes of a title. A longer one is text in disguise.
pub const TITLE_BYTES_MAX: usize = 1024;

/// Bytes of readable text that are made of a page, before it is cut to what was asked for. Bounds
/// what headings, bullets and targets of links add.
pub const READABLE_BYTES_MAX: usize = 2 * BODY_BYTES_MAX;

/// Characters of what the host says of a request that it did not send. It quotes names that whoever calls
/// has written.
pub const WHY_CHARACTERS_MAX: usize = 1000;
