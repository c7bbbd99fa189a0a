//! What an answer shows beside the item itself: the chosen language, the items referred to, the
//! countries.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::completeness::Completeness;
use super::load::{Link, Loaded, Text};
use super::names::{Memory, Target};
use super::spec::{Kind, Spec, TextColumn};
use crate::db::{Id, IdMap, Time};
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::places::{CountryReference, Places};
use crate::text::choice::{Choice, choose};
use crate::text::language::Language;
use crate::text::transliterate::transliterate;

/// The surroundings in which items are shown.
#[derive(Clone)]
pub struct Shown {
    /// The languages asked for.
    pub wish: LanguagePreference,
    /// Country names and footnotes.
    pub places: Arc<Places>,
    /// The address of this server, before the paths of what it keeps itself; where it is not known
    /// they are shown without.
    pub base: String,
    /// Fields to show that a list else leaves out, see [`Spec::extras`].
    pub extras: Vec<&'static str>,
    memory: Option<Memory>,
    targets: IdMap<Arc<Target>>,
    /// Items as they are shown inside others; those of a page repeat.
    embedded: RefCell<IdMap<Option<Embedded>>>,
    /// The choice among the same languages is the same.
    choices: Vec<Chosen>,
}

/// Which of the languages of an item answers.
#[derive(Clone)]
struct Chosen {
    languages: Vec<Language>,
    original: String,
    choice: Option<Choice>,
}

/// The texts of an item in the language that was chosen for it.
#[derive(Clone, Debug)]
pub struct ChosenText {
    /// The language.
    pub language: Language,
    /// Whether the text was made from the other script.
    pub transliterated: bool,
    /// The texts.
    pub text: Text,
}

/// An item in short: enough to link to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reference {
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// Title, name or label in the answer's language.
    pub title: String,
}

/// An item as it is shown inside others, kept between reads: JSON.
pub type Kept = Arc<RawValue>;

/// An item shown inside another: a [`Reference`], or the whole resource where `include` asks for
/// it; as JSON. Those of a page share it within their thread: threads that counted the holders of
/// what all of them show would wait for each other.
#[derive(Clone, Debug)]
pub struct Embedded(Rc<Kept>);

fn keep<T: Serialize>(resource: &T) -> Option<Kept> {
    serde_json::value::to_raw_value(resource).ok().map(Kept::from)
}

impl Serialize for Embedded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Shown {
    /// Surroundings without any items yet; with a memory, those it has need not be read.
    pub fn new(wish: LanguagePreference, places: Arc<Places>, memory: Option<Memory>) -> Self {
        Self {
            wish,
            places,
            base: String::new(),
            extras: Vec::new(),
            memory,
            targets: IdMap::default(),
            embedded: RefCell::default(),
            choices: Vec::new(),
        }
    }

    /// The same, seen from this address.
    #[must_use]
    pub fn at(self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self }
    }

    /// Makes the items known that memory has; gives those that must be read.
    pub fn recall(&mut self, kind: Kind, viewer: Visibility, ids: Vec<Id>) -> Vec<Id> {
        let targets = &mut self.targets;
        let mut found = |target: Arc<Target>| drop(targets.insert(target.id, target));
        match &self.memory {
            Some(memory) => memory.recall(kind, viewer, ids, &mut found),
            None => ids,
        }
    }

    /// Makes items known that others refer to; `None` for one that the viewer may not see.
    pub fn learn(&mut self, kind: Kind, viewer: Visibility, read: Vec<(Id, Option<Arc<Target>>)>) {
        if let Some(memory) = &self.memory {
            memory.keep(kind, viewer, read.iter().cloned());
        }
        self.targets.extend(read.into_iter().filter_map(|(id, target)| Some((id, target?))));
    }

    /// The memory, for what is shown inside.
    pub fn memory(&self) -> Option<Memory> {
        self.memory.clone()
    }

    /// Adds a whole resource, to be shown in place of its short form.
    pub fn add_whole(&mut self, id: Id, resource: &Value) {
        self.embedded.get_mut().insert(id, keep(resource).map(|kept| Embedded(Rc::new(kept))));
    }

    /// Whether an item that is referred to may be shown.
    pub fn knows(&self, id: &Id) -> bool {
        self.targets.contains_key(id)
    }

    /// An item that is referred to, with all its titles that the viewer may see.
    pub fn target(&self, id: &Id) -> Option<&Arc<Target>> {
        self.targets.get(id)
    }

    /// Which of these languages answers, by the fallback chain; `None` where all of them are asked
    /// for.
    pub fn choose(&mut self, available: &[Language], original: &str) -> Option<Choice> {
        if self.wish.all_languages {
            return None;
        }
        if let Some(known) = self
            .choices
            .iter()
            .find(|known| known.languages == available && known.original == original)
        {
            return known.choice.clone();
        }
        let choice = choose(
            &self.wish.requested,
            available,
            &self.wish.fallback,
            &Language::stored(original),
        );
        self.choices.push(Chosen {
            languages: available.to_vec(),
            original: original.to_owned(),
            choice: choice.clone(),
        });
        choice
    }

    /// An item that is referred to; `None` where the viewer may not see it.
    pub fn embedded(&self, id: &Id) -> Option<Embedded> {
        if let Some(known) = self.embedded.borrow().get(id) {
            return known.clone();
        }
        let kept = self.targets.get(id).and_then(|target| {
            target.drawn.of(&self.wish.requested, || keep(&self.in_short(target)?))
        });
        let embedded = kept.map(|kept| Embedded(Rc::new(kept)));
        self.embedded.borrow_mut().insert(*id, embedded.clone());
        embedded
    }

    /// An item that is referred to, in short; `None` where the viewer may not see it.
    pub fn reference(&self, id: &Id) -> Option<Reference> {
        self.targets.get(id).and_then(|target| self.in_short(target))
    }

    fn in_short(&self, target: &Target) -> Option<Reference> {
        let (_, title) = self.title(target)?;
        Some(Reference { id: target.id, slug: target.slug.clone(), title })
    }

    /// The title of an item in the answer's language, and which that is.
    pub fn title(&self, target: &Target) -> Option<(Language, String)> {
        let choice =
            choose(&self.wish.requested, &target.languages, &self.wish.fallback, &target.original)?;
        let (stored, title) =
            (target.languages.get(choice.index)?, target.titles.get(choice.index)?);
        Some(match choice.transliterate_to {
            Some(to) => (to.clone(), transliterate(title, stored, &to).into_owned()),
            None => (stored.clone(), title.clone()),
        })
    }

    /// Countries by code.
    pub fn countries(&self, codes: &Packed) -> Vec<CountryReference> {
        let codes: Vec<String> = codes.unpack();
        codes.iter().filter_map(|code| self.places.country(code, self.wish.ui_language)).collect()
    }
}

impl<O> Loaded<O> {
    /// What is referred to in a field that holds one reference.
    pub fn one(&self, field: &str, shown: &Shown) -> Option<Embedded> {
        self.in_field(field).find_map(|link| shown.embedded(&link.target_id))
    }

    /// What is referred to in a field that holds several.
    pub fn many(&self, field: &str, shown: &Shown) -> Vec<Embedded> {
        self.in_field(field).filter_map(|link| shown.embedded(&link.target_id)).collect()
    }

    /// The references of a field.
    pub fn in_field<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Link> {
        self.links.iter().filter(move |link| link.field == field)
    }

    /// Takes the texts in the answer's language; `None` when every language is asked for.
    pub fn take_chosen(&mut self) -> Option<ChosenText> {
        let choice = self.choice.as_ref()?;
        let stored = self.languages.get(choice.index)?;
        let place = self.texts.iter().position(|text| text.language == stored.as_str())?;
        let mut text = self.texts.swap_remove(place);
        if let Some(to) = &choice.transliterate_to {
            let change =
                |value: &mut String| *value = transliterate(value, stored, to).into_owned();
            change(&mut text.title);
            for value in [
                &mut text.summary,
                &mut text.description,
                &mut text.content_note,
                &mut text.credit_line,
                &mut text.disclaimer,
            ] {
                value.as_mut().map(change);
            }
        }
        Some(ChosenText {
            language: choice.language.clone(),
            transliterated: choice.transliterate_to.is_some(),
            text,
        })
    }

    /// Every language, when that is asked for.
    pub fn translations(&self, spec: &Spec, shown: &Shown) -> Option<BTreeMap<String, Value>> {
        if !shown.wish.include_translations {
            return None;
        }
        Some(
            self.texts
                .iter()
                .map(|text| (text.language.clone(), translation(spec, text)))
                .collect(),
        )
    }

    /// Takes what every resource shows.
    pub fn take_common(&mut self) -> Common {
        Common {
            id: self.item.id,
            slug: take(&mut self.item.slug),
            status: take(&mut self.item.status),
            revision: self.item.revision,
            created_at: self.item.created_at,
            updated_at: self.item.updated_at,
            published_at: self.item.published_at,
            original_language: take(&mut self.item.original_language),
            languages: take(&mut self.languages),
            completeness: self.completeness.take(),
        }
    }
}

/// The texts of one language, under the names that the kind gives them.
pub fn translation(spec: &Spec, text: &Text) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("status".to_owned(), json!(text.status));
    for (name, column) in spec.texts {
        object.insert(
            (*name).to_owned(),
            text.column(*column).map_or(Value::Null, |value| json!(value)),
        );
    }
    Value::Object(object)
}

impl Text {
    /// The text in a column.
    pub fn column(&self, column: TextColumn) -> Option<&str> {
        match column {
            TextColumn::Title => Some(&self.title),
            TextColumn::Summary => self.summary.as_deref(),
            TextColumn::Description => self.description.as_deref(),
            TextColumn::ContentNote => self.content_note.as_deref(),
            TextColumn::CreditLine => self.credit_line.as_deref(),
            TextColumn::Disclaimer => self.disclaimer.as_deref(),
        }
    }
}

/// What every resource shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Common {
    /// Identifier (UUIDv7): never changes.
    #[schema(value_type = uuid::Uuid, example = "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    pub id: Id,
    /// Readable name in addresses, unique within its kind; a former slug redirects to the present
    /// one.
    #[schema(
        pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length = 80,
        example = "football-players-speak-out"
    )]
    pub slug: String,
    /// Whether the public sees it.
    #[schema(value_type = super::Status)]
    pub status: String,
    /// Grows with every change of the item itself.
    #[schema(minimum = 1, example = 3)]
    pub revision: i64,
    /// When it was stored.
    #[schema(value_type = chrono::DateTime<chrono::Utc>, example = "2026-05-07T08:00:00Z")]
    pub created_at: Time,
    /// When it was last changed itself.
    #[schema(value_type = chrono::DateTime<chrono::Utc>, example = "2026-05-07T08:00:00Z")]
    pub updated_at: Time,
    /// When it was published.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, required, example = "2026-05-07T08:00:00Z")]
    pub published_at: Option<Time>,
    /// The language it was written in (BCP 47).
    #[schema(example = "en")]
    pub original_language: String,
    /// The languages in which texts exist that you may see.
    #[schema(value_type = Vec<String>, example = json!(["en", "mk", "sr-Latn"]))]
    pub languages: Vec<Language>,
    /// Which parts are there in which language; only where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub completeness: Option<Completeness>,
}

/// A part of an item that is kept as JSON and shown as it is kept; `None` is an empty list or an
/// unknown value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Packed(pub Option<Box<RawValue>>);

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Packed {
    /// Packs a list; an empty list is nothing.
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

    /// Packs a decimal as a JSON number, as it is written.
    pub fn number(decimal: Option<&str>) -> Self {
        Self(decimal.and_then(|decimal| RawValue::from_string(decimal.to_owned()).ok()))
    }

    fn text(&self) -> Option<&str> {
        self.0.as_deref().map(RawValue::get)
    }

    /// Reads it back; what cannot be read is empty.
    pub fn unpack<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        self.text().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// To be shown as a list.
    pub fn shown_as_list(self) -> PackedList {
        PackedList(self)
    }
}

/// A [`Packed`] list: shown as `[]` where it is empty.
#[derive(Clone, Debug)]
pub struct PackedList(Packed);

impl Serialize for PackedList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.0 {
            None => <[(); 0]>::serialize(&[], serializer),
            Some(json) => json.serialize(serializer),
        }
    }
}
