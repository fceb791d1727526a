//! What a protocol is for. It must not know who is asked for it.

use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr};

/// What an author says that a protocol is for.
#[derive(Clone, Copy, Debug, Display, EnumString, PartialEq, Eq, IntoStaticStr, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fits {
    /// A fresh injury.
    Acute,
    /// An injury of three days and more, or none.
    Later,
    /// An intense spasm.
    Spasm,
    /// When the pain is gone.
    Recovery,
}

impl Fits {
    /// Every word, in the order of the file format's documentation.
    pub const ALL: [Fits; 4] = [Fits::Acute, Fits::Later, Fits::Spasm, Fits::Recovery];

    /// The word in files and in JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The meaning of this word.
    pub fn from_name(name: &str) -> Option<Fits> {
        name.parse().ok()
    }
}
