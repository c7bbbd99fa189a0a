//! Maps media sources to players.

use crate::videos::media::Source;

/// How a source is played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Player {
    /// A file, played by the `video` element.
    File {
        /// The URL of the file.
        url: String,
        /// The media type, if known.
        mime_type: Option<String>,
    },
    /// A third-party player in an iframe, which loads when the visitor presses play.
    Iframe {
        /// Name of the site.
        site_name: &'static str,
        /// The origin of the player.
        origin: &'static str,
        /// The URL of the player, with the placeholder `START` for the start position in seconds.
        url: String,
    },
    /// A page of another site.
    ExternalPage {
        /// Name of the site.
        site_name: String,
        /// The page.
        url: String,
    },
}

const YOUTUBE_ORIGIN: &str = "https://www.youtube-nocookie.com";
const VIMEO_ORIGIN: &str = "https://player.vimeo.com";

/// The player for a source and the language of the visitor.
pub fn player_for_source(source: &Source, language: &str) -> Player {
    let iframe = match source.kind.as_str() {
        "youtube" => youtube_player(&source.url, language),
        "vimeo" => vimeo_player(&source.url),
        "file" | "hls" | "dash" => {
            let mime_type = source.mime_type.clone().or_else(|| match source.kind.as_str() {
                "hls" => Some("application/vnd.apple.mpegurl".to_owned()),
                "dash" => Some("application/dash+xml".to_owned()),
                _ => None,
            });
            return Player::File { url: source.url.clone(), mime_type };
        }
        _ => None,
    };
    iframe.unwrap_or_else(|| Player::ExternalPage {
        site_name: host_without_www(&source.url).to_owned(),
        url: source.url.clone(),
    })
}

/// The host of a URL, without `www.`.
fn host_without_www(url: &str) -> &str {
    let host = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host)
}

/// The origin of a URL.
pub fn url_origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // A host must not end a directive of the Content-Security-Policy.
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte));
    (matches!(scheme, "http" | "https") && is_host).then(|| format!("{scheme}://{host}"))
}

/// Path and query of a URL.
fn path_and_query(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|index| rest.get(index..)).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    path.split_once('?').unwrap_or((path, ""))
}

fn youtube_player(url: &str, language: &str) -> Option<Player> {
    let (path, query) = path_and_query(url);
    let mut parts = path.trim_start_matches('/').split('/');
    let first = parts.next().unwrap_or_default();
    let id = match host_without_www(url) {
        "youtu.be" => first,
        "youtube.com" | "m.youtube.com" | "youtube-nocookie.com" | "music.youtube.com" => {
            match first {
                "watch" => query.split('&').find_map(|pair| pair.strip_prefix("v="))?,
                "embed" | "shorts" | "live" | "v" => parts.next()?,
                _ => return None,
            }
        }
        _ => return None,
    };
    let is_id = (6..=20).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let language = language.split('-').next().unwrap_or_default();
    is_id.then(|| Player::Iframe {
        site_name: "YouTube",
        origin: YOUTUBE_ORIGIN,
        url: format!(
            "{YOUTUBE_ORIGIN}/embed/{id}?autoplay=1&rel=0&playsinline=1&hl={language}&start=START"
        ),
    })
}

fn vimeo_player(url: &str) -> Option<Player> {
    let (path, query) = path_and_query(url);
    let is_player = host_without_www(url) == "player.vimeo.com";
    if !is_player && host_without_www(url) != "vimeo.com" {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_number = |part: &&str| part.len() >= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    let index = parts.iter().position(is_number)?;
    let id = parts.get(index)?;
    // Unlisted videos have a hash in the URL.
    let is_hash =
        |hash: &&str| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let path_hash = parts.get(index.saturating_add(1)).copied().filter(is_hash);
    let hash =
        query.split('&').find_map(|pair| pair.strip_prefix("h=")).filter(is_hash).or(path_hash);
    let hash = hash.map(|hash| format!("&h={hash}")).unwrap_or_default();
    Some(Player::Iframe {
        site_name: "Vimeo",
        origin: VIMEO_ORIGIN,
        url: format!("{VIMEO_ORIGIN}/video/{id}?autoplay=1&dnt=1{hash}#t=STARTs"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player_for_url(kind: &str, url: &str) -> Player {
        let source = Source {
            kind: kind.to_owned(),
            url: url.to_owned(),
            mime_type: None,
            width: None,
            height: None,
            size_bytes: None,
        };
        player_for_source(&source, "sr-Latn")
    }

    #[test]
    fn uses_privacy_friendly_player_urls() {
        let expected = "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&rel=0&playsinline=1&hl=sr&start=START";
        for url in [
            "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
            "https://youtube.com/watch?app=desktop&v=aqz-KE-bpKQ&t=10s#x",
            "https://youtu.be/aqz-KE-bpKQ?si=abc",
            "http://m.youtube.com/shorts/aqz-KE-bpKQ",
            "https://www.youtube.com/embed/aqz-KE-bpKQ",
            "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ",
        ] {
            assert!(
                matches!(player_for_url("youtube", url), Player::Iframe { url, origin: YOUTUBE_ORIGIN, .. } if url == expected),
                "{url}"
            );
        }
        for (url, expected) in [
            (
                "https://vimeo.com/76979871",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1#t=STARTs",
            ),
            (
                "https://vimeo.com/channels/staffpicks/76979871",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1#t=STARTs",
            ),
            (
                "https://vimeo.com/76979871/8272103f6e",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e#t=STARTs",
            ),
            (
                "https://player.vimeo.com/video/76979871?h=8272103f6e",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e#t=STARTs",
            ),
        ] {
            assert!(
                matches!(player_for_url("vimeo", url), Player::Iframe { url, origin: VIMEO_ORIGIN, .. } if url == expected),
                "{url}"
            );
        }
    }

    #[test]
    fn falls_back_to_external_page() {
        for (kind, url, site) in [
            ("youtube", "https://www.youtube.com/@channel", "youtube.com"),
            ("youtube", "https://evil.example.org/watch?v=aqz-KE-bpKQ", "evil.example.org"),
            ("youtube", "https://www.youtube.com/watch?v=\"><script>", "youtube.com"),
            ("vimeo", "https://vimeo.com/user", "vimeo.com"),
            ("page", "https://www.example.org/film", "example.org"),
        ] {
            assert_eq!(
                player_for_url(kind, url),
                Player::ExternalPage { site_name: site.to_owned(), url: url.to_owned() }
            );
        }
        assert_eq!(
            player_for_url("file", "https://e.org/a.mp4"),
            Player::File { url: "https://e.org/a.mp4".to_owned(), mime_type: None }
        );
    }

    #[test]
    fn extracts_url_origin() {
        for (url, expected) in [
            ("https://media.example.org:8443/a;b?c", Some("https://media.example.org:8443")),
            ("http://[::1]/a", Some("http://[::1]")),
            ("https://user@media.example.org/", Some("https://media.example.org")),
            ("https://a;script-src *;/", None),
            ("ftp://e.org/", None),
            ("nothing", None),
        ] {
            assert_eq!(url_origin(url).as_deref(), expected, "{url}");
        }
    }
}
