//! Partners as a table.

use super::cell::Cells;
use super::lists::Tabulated;
use super::row::Row;
use crate::partners::model::Logo;
use crate::partners::store::Partners;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;

impl Tabulated for Partners {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "name",
        "description",
        "credit_line",
        "disclaimer",
        "kind",
        "acronym",
        "is_group",
        "country",
        "website",
        "logo_url",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn row(mut loaded: Loaded<Self::Own>, _shown: &Shown, cells: &mut dyn Cells) {
        let mut row = Row::new(cells);
        let chosen = loaded.take_chosen();
        let text = chosen.as_ref().map(|chosen| &chosen.text);
        row.begin(&loaded.item, chosen.as_ref());
        row.some_text(text.map(|text| text.title.as_str()));
        row.some_text(text.and_then(|text| text.description.as_deref()));
        row.some_text(text.and_then(|text| text.credit_line.as_deref()));
        row.some_text(text.and_then(|text| text.disclaimer.as_deref()));
        row.some_text(loaded.own.kind.as_deref());
        row.some_text(loaded.own.acronym.as_deref());
        row.flag(Some(loaded.own.is_group));
        row.some_text(loaded.own.country.as_deref());
        row.some_text(loaded.own.website.as_deref());
        let logo: Option<Logo> = loaded.own.logo.unpack();
        row.some_text(logo.as_ref().map(|logo| logo.url.as_str()));
        row.end(&loaded.item, &loaded.languages);
    }
}
