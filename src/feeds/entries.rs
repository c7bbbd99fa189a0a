//! Renders items of each kind as feed entries.

use std::collections::HashMap;
use std::sync::Arc;

use super::feed::{Author, CaptionFile, Category, Entry, Image, MediaFile, RequiredNote};
use crate::db::{Id, RowId};
use crate::i18n::country_names::CountryReference;
use crate::i18n::messages::Message;
use crate::impact::resource::ImpactStatistics;
use crate::partners::fields::Logo;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::cache::attribution::Attribution;
use crate::resource::model::item::{LoadedItem, Reference, TranslationRow};
use crate::resource::model::packed::PackedJson;
use crate::resource::model::text_track::TrackKind;
use crate::resource::schema::ResourceKind;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::resource::view::urls::PublicUrls;
use crate::videos::media::{Caption, Credit, Source, Thumbnail};
use crate::videos::resource::Videos;
use crate::videos::tracks::Captions;

/// The data besides the item that an entry is rendered from.
pub struct EntryContext<'a> {
    /// Referenced items and the language preference.
    pub render_context: &'a RenderContext,
    /// Attributions of the programmes that the entries belong to.
    pub attributions: HashMap<Id, Arc<Attribution>>,
    /// Content notes in another language than the text of their item, with that language, by the
    /// row id of the item.
    pub content_notes: HashMap<RowId, (String, String)>,
    /// URLs of pages and resources.
    pub urls: &'a PublicUrls,
}

/// A resource kind whose lists are available as feeds.
pub trait FeedResource: Resource {
    /// Renders an item; `None` if it has no text in any language.
    fn render_entry(loaded: LoadedItem<Self::Fields>, context: &EntryContext<'_>) -> Option<Entry>;
}

impl EntryContext<'_> {
    /// The language of labels and country names.
    fn ui_language(&self) -> &'static str {
        self.render_context.language_preference.ui_language
    }

    /// An entry with the common fields, and the texts of the item.
    pub fn base_entry<O>(
        &self,
        kind: ResourceKind,
        loaded: &mut LoadedItem<O>,
    ) -> Option<(Entry, TranslationRow)> {
        let chosen = loaded.take_selected_text()?;
        let (item, language) = (&loaded.item, chosen.language.as_str().to_owned());
        let text = chosen.text;
        let entry = Entry {
            id: item.id,
            link: self.urls.page_url(kind, item.id, &item.slug, &language),
            title: text.title.clone(),
            language,
            summary: text.summary.clone(),
            description: text.description.clone(),
            content_note: text
                .content_note
                .as_ref()
                .or_else(|| self.content_notes.get(&item.number).map(|(_, note)| note))
                .map(|note| self.labelled_note(Message::ContentNote, note)),
            notes: Vec::new(),
            published: item.published_at.unwrap_or(item.created_at),
            updated: item.updated_at,
            categories: loaded
                .references
                .iter()
                .filter(|link| link.field != "partners")
                .filter_map(|link| self.category(link))
                .collect(),
            authors: Vec::new(),
            rights: None,
            image: None,
            duration_seconds: None,
            files: Vec::new(),
            player_urls: Vec::new(),
            captions: Vec::new(),
            chapters_url: None,
        };
        Some((entry, text))
    }

    /// The category of a reference to a topic or programme.
    fn category(&self, link: &Reference) -> Option<Category> {
        let kind = match link.field.as_str() {
            "topics" => ResourceKind::TOPIC,
            "programme" => ResourceKind::PROGRAMME,
            _ => return None,
        };
        let target = self.render_context.short_reference(&link.target_id)?;
        Some(Category {
            term: target.slug,
            label: target.title,
            scheme: self.urls.own_url(kind.path()),
        })
    }

    fn labelled_note(&self, label: Message, text: &str) -> RequiredNote {
        RequiredNote { label: Some(label.localize(self.ui_language())), text: text.to_owned() }
    }

    /// Adds countries as categories, with the required designation footnotes.
    fn add_countries(&self, countries: Vec<CountryReference>, entry: &mut Entry) {
        for country in countries {
            let mut label = country.name.to_owned();
            if let Some(footnote) = country.footnote {
                label.push('*');
                entry.notes.push(RequiredNote { label: None, text: format!("* {footnote}") });
            }
            entry.categories.push(Category {
                term: country.code.to_owned(),
                label,
                scheme: self.urls.own_url("/v1/countries"),
            });
        }
    }

    /// Adds the attribution of the item's programme.
    fn add_programme_attribution<O>(&self, loaded: &LoadedItem<O>, entry: &mut Entry) {
        if let Some(programme) = loaded
            .references_in("programme")
            .find_map(|link| self.attributions.get(&link.target_id))
        {
            add_attribution(
                programme.credit_line.as_deref(),
                programme.disclaimer.as_deref(),
                entry,
            );
        }
    }

    /// Partners of the item, as authors.
    fn partner_authors<O>(&self, loaded: &LoadedItem<O>) -> Vec<Author> {
        let links = loaded.references_in("partners").chain(loaded.references_in("partner"));
        links
            .filter_map(|link| {
                Some(Author {
                    name: self.render_context.short_reference(&link.target_id)?.title,
                    role: link.role.clone(),
                })
            })
            .collect()
    }
}

/// Adds the required credit line and disclaimer.
fn add_attribution(credit_line: Option<&str>, disclaimer: Option<&str>, entry: &mut Entry) {
    for text in [credit_line, disclaimer].into_iter().flatten() {
        entry.notes.push(RequiredNote { label: None, text: text.to_owned() });
    }
    if let Some(line) = credit_line {
        entry.rights = Some(
            entry
                .rights
                .take()
                .map_or_else(|| line.to_owned(), |rights| format!("{rights} · {line}")),
        );
    }
}

impl FeedResource for Videos {
    fn render_entry(
        mut loaded: LoadedItem<Self::Fields>,
        entry_context: &EntryContext<'_>,
    ) -> Option<Entry> {
        let (mut entry, _) = entry_context.base_entry(ResourceKind::VIDEO, &mut loaded)?;
        let fields = &loaded.fields;
        if let Some(licence) = &fields.licence {
            entry.notes.push(entry_context.labelled_note(Message::Licence, licence));
            entry.rights = Some(licence.clone());
        }
        entry_context.add_programme_attribution(&loaded, &mut entry);
        entry_context
            .add_countries(entry_context.render_context.countries(&fields.countries), &mut entry);
        let credits: Vec<Credit> = fields.credits.unpack();
        entry.authors = credits
            .into_iter()
            .map(|credit| Author { name: credit.name, role: credit.role })
            .collect();
        if entry.authors.is_empty() {
            entry.authors = entry_context.partner_authors(&loaded);
        }
        entry.image = fields.thumbnail.unpack::<Option<Thumbnail>>().map(|image| Image {
            url: image.url,
            width: image.width,
            height: image.height,
        });
        entry.duration_seconds = fields.duration_seconds;
        for source in fields.sources.unpack::<Vec<Source>>() {
            match media_type(&source) {
                Some(mime_type) => entry.files.push(MediaFile {
                    url: source.url,
                    mime_type,
                    size_bytes: source.size_bytes,
                    width: source.width,
                    height: source.height,
                }),
                None => entry.player_urls.push(source.url),
            }
        }
        let captions = Captions::new(
            &fields.captions,
            &loaded.item,
            &entry_context.render_context.base_url,
            &loaded.item.slug,
        );
        let has_chapters = fields.chapters.0.is_some()
            || loaded.item.track_summaries().iter().any(|track| track.kind == TrackKind::Chapters);
        let chapters_path =
            format!("/v1/videos/{}/chapters.json?lang={}", loaded.item.slug, entry.language);
        entry.chapters_url = has_chapters.then(|| entry_context.urls.own_url(&chapters_path));
        entry.captions = captions.all().into_iter().filter_map(to_caption_file).collect();
        Some(entry)
    }
}

/// The media type of a source that is a file or stream; `None` for a video on another site's page.
fn media_type(source: &Source) -> Option<String> {
    let by_kind = match source.kind.as_str() {
        "hls" => "application/vnd.apple.mpegurl",
        "dash" => "application/dash+xml",
        "file" => match file_extension(&source.url).as_str() {
            "webm" => "video/webm",
            "ogv" | "ogg" => "video/ogg",
            "mov" => "video/quicktime",
            "mkv" => "video/x-matroska",
            "mp3" => "audio/mpeg",
            "m4a" => "audio/mp4",
            _ => "video/mp4",
        },
        _ => return None,
    };
    Some(source.mime_type.clone().unwrap_or_else(|| by_kind.to_owned()))
}

/// Converts captions and subtitles of a known format.
fn to_caption_file(caption: Caption) -> Option<CaptionFile> {
    if !matches!(caption.kind.as_str(), "captions" | "subtitles") {
        return None;
    }
    let mime_type = match file_extension(&caption.url).as_str() {
        "srt" => "application/x-subrip",
        "vtt" => "text/vtt",
        _ => return None,
    };
    Some(CaptionFile { url: caption.url, mime_type, language: caption.language })
}

/// The file extension in the path of a URL, in lower case.
fn file_extension(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

impl FeedResource for Programmes {
    fn render_entry(
        mut loaded: LoadedItem<Self::Fields>,
        entry_context: &EntryContext<'_>,
    ) -> Option<Entry> {
        let (mut entry, text) = entry_context.base_entry(ResourceKind::PROGRAMME, &mut loaded)?;
        add_attribution(text.credit_line.as_deref(), text.disclaimer.as_deref(), &mut entry);
        entry_context.add_countries(
            entry_context.render_context.countries(&loaded.fields.countries),
            &mut entry,
        );
        entry.authors = entry_context.partner_authors(&loaded);
        Some(entry)
    }
}

impl FeedResource for Partners {
    fn render_entry(
        mut loaded: LoadedItem<Self::Fields>,
        entry_context: &EntryContext<'_>,
    ) -> Option<Entry> {
        let (mut entry, _) = entry_context.base_entry(ResourceKind::PARTNER, &mut loaded)?;
        let country = loaded.fields.country.clone();
        entry_context.add_countries(
            entry_context
                .render_context
                .countries(&PackedJson::list(&country.into_iter().collect::<Vec<_>>())),
            &mut entry,
        );
        entry.image = loaded.fields.logo.unpack::<Option<Logo>>().map(|logo| Image {
            url: logo.url,
            width: None,
            height: None,
        });
        Some(entry)
    }
}

impl FeedResource for ImpactStatistics {
    fn render_entry(
        mut loaded: LoadedItem<Self::Fields>,
        entry_context: &EntryContext<'_>,
    ) -> Option<Entry> {
        let (mut entry, _) =
            entry_context.base_entry(ResourceKind::IMPACT_STATISTIC, &mut loaded)?;
        let fields = &loaded.fields;
        entry.title = fields.title(&entry.title, entry_context.ui_language());
        entry_context.add_programme_attribution(&loaded, &mut entry);
        entry_context
            .add_countries(entry_context.render_context.countries(&fields.countries), &mut entry);
        entry.authors = entry_context.partner_authors(&loaded);
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_media_type_of_source() {
        let source = |kind: &str, url: &str, mime_type: Option<&str>| {
            let mime_type = mime_type.map(str::to_owned);
            media_type(&Source {
                kind: kind.to_owned(),
                url: url.to_owned(),
                mime_type,
                width: None,
                height: None,
                size_bytes: None,
            })
        };
        assert_eq!(
            source("file", "https://e.org/a.b/film.WEBM?x=.mp4#t", None).as_deref(),
            Some("video/webm")
        );
        assert_eq!(source("file", "https://e.org/film", None).as_deref(), Some("video/mp4"));
        assert_eq!(
            source("file", "https://e.org/film.mp4", Some("video/x-own")).as_deref(),
            Some("video/x-own")
        );
        assert_eq!(
            source("hls", "https://e.org/film.m3u8", None).as_deref(),
            Some("application/vnd.apple.mpegurl")
        );
        assert_eq!(source("youtube", "https://www.youtube.com/watch?v=1", Some("text/html")), None);
    }
}
