//! A picture and a sound, as small as their formats allow.

/// One red pixel.
pub(crate) const PNG: &[u8] = include_bytes!("../media/red.png");

/// A millisecond of silence.
pub(crate) const WAV: &[u8] = include_bytes!("../media/silence.wav");
