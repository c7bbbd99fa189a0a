//! Programmes as a table.

use super::cell::{Cells, Several};
use super::lists::Tabulated;
use super::row::Row;
use crate::programmes::model::Helpline;
use crate::programmes::store::Programmes;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;

impl Tabulated for Programmes {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "slug",
        "status",
        "language",
        "transliterated",
        "title",
        "summary",
        "description",
        "credit_line",
        "disclaimer",
        "start_date",
        "end_date",
        "countries",
        "partners",
        "partner_names",
        "website",
        "iati_identifier",
        "helplines",
        "languages",
        "published_at",
        "created_at",
        "updated_at",
    ];

    fn row(mut loaded: Loaded<Self::Own>, shown: &Shown, cells: &mut dyn Cells) {
        let mut row = Row::new(cells);
        let chosen = loaded.take_chosen();
        let text = chosen.as_ref().map(|chosen| &chosen.text);
        row.begin(&loaded.item, chosen.as_ref());
        row.some_text(text.map(|text| text.title.as_str()));
        row.some_text(text.and_then(|text| text.summary.as_deref()));
        row.some_text(text.and_then(|text| text.description.as_deref()));
        row.some_text(text.and_then(|text| text.credit_line.as_deref()));
        row.some_text(text.and_then(|text| text.disclaimer.as_deref()));
        row.day(loaded.own.start_date);
        row.day(loaded.own.end_date);
        row.countries(&loaded.own.countries);
        row.references(&loaded, "partners", shown);
        row.some_text(loaded.own.website.as_deref());
        row.some_text(loaded.own.iati_identifier.as_deref());
        let mut helplines = Several::default();
        for line in loaded.own.helplines.unpack::<Vec<Helpline>>() {
            let place =
                line.country.as_deref().map(|country| format!("{country}: ")).unwrap_or_default();
            helplines.add_pair(
                &format!("{place}{}", line.name),
                line.phone.as_deref().or(line.url.as_deref()),
            );
        }
        row.cell(helplines.cell());
        row.end(&loaded.item, &loaded.languages);
    }
}
