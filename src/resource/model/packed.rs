//! Parts of an item that are stored as JSON and rendered unchanged.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// A part of an item that is stored as JSON and rendered unchanged; `None` is an empty list or an
/// unknown value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct PackedJson(pub Option<Box<RawValue>>);

impl PartialEq for PackedJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PackedJson {
    /// Packs a list; an empty list becomes `None`.
    pub fn list<T: Serialize>(members: &[T]) -> Self {
        if members.is_empty() {
            Self(None)
        } else {
            Self(serde_json::value::to_raw_value(members).ok())
        }
    }

    /// Packs an object.
    pub fn object<T: Serialize>(value: Option<&T>) -> Self {
        Self(value.and_then(|value| serde_json::value::to_raw_value(value).ok()))
    }

    /// Packs a decimal as a JSON number with its digits unchanged.
    pub fn number(decimal: Option<&str>) -> Self {
        Self(decimal.and_then(|decimal| RawValue::from_string(decimal.to_owned()).ok()))
    }

    fn as_str(&self) -> Option<&str> {
        self.0.as_deref().map(RawValue::get)
    }

    /// Deserializes the value; returns the default if there is none or it cannot be parsed.
    pub fn unpack<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        self.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Returns a wrapper that serializes as a list.
    pub fn into_list(self) -> PackedJsonList {
        PackedJsonList(self)
    }
}

/// A [`PackedJson`] list that serializes as `[]` if it is empty.
#[derive(Clone, Debug)]
pub struct PackedJsonList(PackedJson);

impl Serialize for PackedJsonList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.0 {
            None => <[(); 0]>::serialize(&[], serializer),
            Some(json) => json.serialize(serializer),
        }
    }
}
