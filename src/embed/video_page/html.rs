//! HTML of the embed page of a video.

use maud::{Markup, PreEscaped, html};

use super::VideoPage;
use crate::embed::html_shell::{self, HtmlPage};
use crate::embed::player::{Player, url_origin};
use crate::i18n::language_names;
use crate::i18n::messages::Message;
use crate::images::poster;
use crate::text::language::Language;

impl VideoPage {
    /// The URL of this page with a start position.
    fn url_at(&self, second: i64) -> String {
        let separator = if self.lang_query.is_empty() { "" } else { "&" };
        format!("{}?{}{separator}start={second}", self.canonical_url, self.lang_query)
    }

    pub(super) fn to_html_page(&self, start: i64) -> HtmlPage {
        let (width, height) = poster::SIZE;
        let head = html! {
            link rel="canonical" href=(self.canonical_url);
            (self.discovery.render_head(&self.title))
            meta name="description" content=(self.description.as_deref().unwrap_or_default());
            meta property="og:type" content="video.other";
            meta property="og:title" content=(self.title);
            meta property="og:description" content=(self.description.as_deref().unwrap_or_default());
            meta property="og:url" content=(self.public_url.as_ref().unwrap_or(&self.canonical_url));
            meta property="og:image" content=(self.poster_png_url);
            meta property="og:image:type" content="image/png";
            meta property="og:image:width" content=(width);
            meta property="og:image:height" content=(height);
            meta property="og:image:alt" content=(self.title);
            meta property="og:locale" content=(self.language.replace('-', "_"));
            meta name="twitter:card" content="player";
            meta name="twitter:image" content=(self.poster_png_url);
            meta name="twitter:image:alt" content=(self.title);
            meta name="twitter:player" content=(self.canonical_url);
            meta name="twitter:player:width" content="640";
            meta name="twitter:player:height" content="360";
            @if let Some(structured) = &self.json_ld {
                // `<` could end the script element.
                script type="application/ld+json" { (PreEscaped(structured.to_string().replace('<', "\\u003c"))) }
            }
        };
        let media = self.players.iter().filter_map(|player| {
            if let Player::File { url, .. } = player { url_origin(url) } else { None }
        });
        let external_captions = self
            .captions
            .iter()
            .filter(|caption| caption.stored != Some(true))
            .filter_map(|caption| url_origin(&caption.url));
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        let frames = self.players.iter().filter_map(|player| {
            if let Player::Iframe { origin, .. } = player { Some(*origin) } else { None }
        });
        HtmlPage {
            language: self.language.clone(),
            title: self.title.clone(),
            head,
            body: self.render_body(start),
            media_origins: media.chain(external_captions.filter(|_| is_file)).collect(),
            frame_origins: frames.collect(),
            is_builder: false,
            style: None,
        }
    }

    fn render_body(&self, start: i64) -> Markup {
        html! {
            @if let Some((language, warning)) = &self.content_note {
                p.note { strong { (Message::ContentNote.localize(self.ui_language)) ":" } " " span lang=[(*language != self.language).then_some(language)] { (warning) } }
            }
            div.player { (self.render_player(start)) }
            div.text {
                h1 {
                    @if let Some(about) = &self.public_url { a href=(about) target="_blank" rel="noopener" { (self.title) } } @else { (self.title) }
                }
                @if let Some(programme) = &self.programme { p.muted { (programme) } }
                (self.render_consent_notice())
                @if let Some(text) = &self.description { p { (text) } }
                (self.render_chapters())
                (self.render_evidence())
                (self.render_helplines())
                @if !self.credits.is_empty() { p.muted { (self.credits.join(", ")) } }
                @for text in &self.attribution { p.muted { (text) } }
            }
        }
    }

    /// The player, or the poster with a link to it.
    fn render_player(&self, start: i64) -> Markup {
        let files: Vec<(&String, &Option<String>)> = self
            .players
            .iter()
            .filter_map(|player| {
                if let Player::File { url, mime_type } = player {
                    Some((url, mime_type))
                } else {
                    None
                }
            })
            .collect();
        if !files.is_empty() {
            let fragment = if start > 0 { format!("#t={start}") } else { String::new() };
            return html! {
                video controls preload="none" playsinline poster=(self.poster_url) aria-label=(self.title) {
                    @for (url, mime_type) in files { source src=(format!("{url}{fragment}")) type=[mime_type.as_deref()]; }
                    (self.render_tracks())
                }
            };
        }
        let picture = html! { img src=(self.poster_url) alt="" width=(poster::SIZE.0) height=(poster::SIZE.1); };
        match self.players.first() {
            Some(Player::Iframe { site_name: site, url, .. }) => html! {
                (picture)
                a.play href=(url.replace("START", &start.to_string())) rel="nofollow" data-player=(url) data-title=(self.title)
                    aria-describedby="consent-notice" aria-label=(format!("{}: {}", Message::Play.localize(self.ui_language), self.title)) {
                    span { (format!("▶ {} ({site})", Message::Play.localize(self.ui_language))) }
                }
            },
            Some(Player::ExternalPage { site_name: site, url }) => html! {
                (picture)
                a.play href=(url) target="_blank" rel="noopener nofollow" { span { (Message::WatchOn.format(self.ui_language, site)) } }
            },
            _ => picture,
        }
    }

    /// The notice that playing loads from a third party.
    fn render_consent_notice(&self) -> Markup {
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        match self.players.first() {
            Some(Player::Iframe { site_name: site, .. }) if !is_file => {
                html! { p.muted id="consent-notice" { (Message::ExternalVideoNotice.format(self.ui_language, site)) } }
            }
            None => html! { p.muted { (Message::VideoUnavailable.localize(self.ui_language)) } },
            _ => html! {},
        }
    }

    fn render_tracks(&self) -> Markup {
        let language = Language::from_canonical(&self.language);
        let of_this_server = || {
            self.captions
                .iter()
                .enumerate()
                .filter(|(_, caption)| caption.stored == Some(true) && caption.kind != "chapters")
        };
        let same = of_this_server().find(|(_, caption)| caption.language == self.language);
        let same_primary_language = || {
            of_this_server().find(|(_, caption)| {
                Language::from_canonical(&caption.language).primary_language()
                    == language.primary_language()
            })
        };
        // The default track loads immediately, so only tracks of this server qualify.
        let shown = same.or_else(same_primary_language).map(|(index, _)| index);
        html! {
            @for (index, caption) in self.captions.iter().enumerate() {
                track src=(caption.url) kind=(caption.kind) srclang=(caption.language) default[Some(index) == shown]
                    label=(caption.label.clone().unwrap_or_else(|| language_names::display_name(&Language::from_canonical(&caption.language), self.ui_language)));
            }
        }
    }

    fn render_chapters(&self) -> Markup {
        if self.chapters.is_empty() || self.players.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Message::Chapters.localize(self.ui_language)) }
            ol {
                @for chapter in &self.chapters {
                    @let second = html_shell::truncate_seconds(chapter.start_seconds);
                    li { a href=(self.url_at(second)) data-second=(second) { span.time { (html_shell::format_timecode(second)) } (chapter.title) } }
                }
            }
        }
    }

    fn render_evidence(&self) -> Markup {
        if self.evidence.is_empty() {
            return html! {};
        }
        let playable = !self.players.is_empty();
        html! {
            h2 { (Message::ImpactStatistics.localize(self.ui_language)) }
            ul {
                @for result in &self.evidence {
                    li {
                        @if let Some(second) = result.start_seconds.filter(|_| playable) {
                            a href=(self.url_at(second)) data-second=(second) { span.time { (html_shell::format_timecode(second)) } } " "
                        }
                        a href=(result.url) lang=[(result.language != self.language).then_some(&result.language)] { (result.title) }
                        @if let Some((text, language)) = &result.quote { " " q lang=[language.as_ref()] { (text) } }
                    }
                }
            }
        }
    }

    fn render_helplines(&self) -> Markup {
        if self.helplines.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Message::Helplines.localize(self.ui_language)) }
            ul {
                @for (helpline, country) in &self.helplines {
                    li {
                        @if let Some(url) = &helpline.url { a href=(url) target="_blank" rel="noopener" { (helpline.name) } } @else { (helpline.name) }
                        @if let Some(country) = country { span.muted { " (" (country) ")" } }
                        @if let Some(phone) = &helpline.phone { " " a href=(format!("tel:{}", dialable_number(phone))) { (phone) } }
                    }
                }
            }
        }
    }
}

/// A telephone number for a `tel:` URL.
fn dialable_number(phone: &str) -> String {
    let phone = if phone.starts_with('+') { phone.replace("(0)", "") } else { phone.to_owned() };
    phone
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
        .collect::<String>()
        .replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_timecodes_and_phone_numbers() {
        assert_eq!(
            [
                html_shell::format_timecode(0),
                html_shell::format_timecode(63),
                html_shell::format_timecode(3_723)
            ],
            ["0:00", "1:03", "1:02:03"]
        );
        assert_eq!(
            [html_shell::truncate_seconds(12.9), html_shell::truncate_seconds(0.0)],
            [12, 0]
        );
        assert_eq!(
            [dialable_number("+381 (0)11 / 123-456"), dialable_number("*121#")],
            ["+38111123456", "*121%23"]
        );
    }
}
