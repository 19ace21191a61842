//! Texts of the operating system in JSON: a string where one is UTF-8, else `{"bytes": [...]}`.
//!
//! For `#[serde(with = "shape_policy::os_text")]` at a field of a type that is [`OsText`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// Writes `value`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: OsText, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.to_text().serialize(to)
}

/// What [`serialize`] has written.
///
/// # Errors
/// What is read is no such text.
pub fn deserialize<'de, T: OsText, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::Text::deserialize(from).map(T::of_text)
}

/// What holds texts of the operating system: one, perhaps one, a list, or a pair.
pub trait OsText: Sized {
    /// The same in JSON.
    type Text: Serialize + DeserializeOwned;

    /// This, to be written.
    fn to_text(&self) -> Self::Text;
    /// What was read.
    fn of_text(text: Self::Text) -> Self;
}

/// One text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// It is UTF-8.
    Utf8(String),
    /// It is not.
    Other {
        /// What it is.
        bytes: Vec<u8>,
    },
}

impl From<&OsStr> for Text {
    fn from(text: &OsStr) -> Self {
        match text.to_str() {
            Some(text) => Self::Utf8(text.to_owned()),
            None => Self::Other {
                bytes: text.as_bytes().to_owned(),
            },
        }
    }
}

impl OsText for OsString {
    type Text = Text;

    fn to_text(&self) -> Text {
        self.as_os_str().into()
    }

    fn of_text(text: Text) -> Self {
        match text {
            Text::Utf8(text) => text.into(),
            Text::Other { bytes } => Self::from_vec(bytes),
        }
    }
}

impl OsText for PathBuf {
    type Text = Text;

    fn to_text(&self) -> Text {
        self.as_os_str().into()
    }

    fn of_text(text: Text) -> Self {
        OsString::of_text(text).into()
    }
}

impl<T: OsText> OsText for Option<T> {
    type Text = Option<T::Text>;

    fn to_text(&self) -> Self::Text {
        self.as_ref().map(T::to_text)
    }

    fn of_text(text: Self::Text) -> Self {
        text.map(T::of_text)
    }
}

impl<T: OsText> OsText for Vec<T> {
    type Text = Vec<T::Text>;

    fn to_text(&self) -> Self::Text {
        self.iter().map(T::to_text).collect()
    }

    fn of_text(text: Self::Text) -> Self {
        text.into_iter().map(T::of_text).collect()
    }
}

impl<A: OsText, B: OsText> OsText for (A, B) {
    type Text = (A::Text, B::Text);

    fn to_text(&self) -> Self::Text {
        (self.0.to_text(), self.1.to_text())
    }

    fn of_text((a, b): Self::Text) -> Self {
        (A::of_text(a), B::of_text(b))
    }
}
