//! What the XML formats share: Media RSS thumbnails and RFC 822 dates.

use super::feed::Entry;
use crate::db::Time;
use crate::text::xml::Xml;

/// XML namespace of Media RSS.
pub const MEDIA_RSS_NS: &str = "http://search.yahoo.com/mrss/";

/// Writes the still image of an entry as `media:thumbnail`.
pub fn write_thumbnail(xml: &mut Xml, entry: &Entry) {
    let Some(image) = &entry.image else { return };
    let (width, height) =
        (image.width.map(|width| width.to_string()), image.height.map(|height| height.to_string()));
    let mut attributes = vec![("url", image.url.as_str())];
    attributes.extend(width.as_deref().map(|width| ("width", width)));
    attributes.extend(height.as_deref().map(|height| ("height", height)));
    xml.empty("media:thumbnail", &attributes);
}

/// Formats a time as an RFC 822 date with a four-digit year.
pub fn to_rfc822_date(time: Time) -> String {
    time.0.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
