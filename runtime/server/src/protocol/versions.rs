//! The versions that are served.

use rmcp::model::ProtocolVersion;

/// The versions that are served. 2024-11-05 is left out: its transport is gone.
pub(crate) const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// The version with this name, when it is served.
pub(crate) fn served(name: &str) -> Option<ProtocolVersion> {
    VERSIONS
        .into_iter()
        .find(|version| version.as_str() == name)
}

/// Whether clients of this version begin with `initialize`.
pub(crate) fn is_handshake(version: &ProtocolVersion) -> bool {
    *version < ProtocolVersion::V_2026_07_28
}

/// What is agreed with a client that begins with `initialize` and asks for `requested`: that, or the
/// newest that it may know.
pub(crate) fn agreed(requested: &str) -> ProtocolVersion {
    served(requested)
        .filter(is_handshake)
        .unwrap_or(ProtocolVersion::V_2025_11_25)
}
