//! Countries, regions and locations of an activity.

use crate::i18n::country_names;
use crate::i18n::country_names::NAME_LANGUAGES;
use crate::iati::activity::{
    Activity, DimensionSlice, Location, Narratives, Place, RecipientRegion,
};
use crate::iati::codes;
use crate::iati::export::context::ExportContext;
use crate::iati::load::{Programme, Statistic};
use crate::iati::narratives::tag_narratives;
use crate::impact::fields::Disaggregation;
use crate::impact::summary::fact_table::LOCATION_DIMENSION;
use crate::programmes::allocations;
use crate::text::language::Language;
use crate::text::slug::slugify;

/// Recipient countries and regions.
#[derive(Debug, Default)]
pub struct Recipients {
    /// Countries: code and percentage.
    pub countries: Vec<(String, Option<String>)>,
    /// Regions.
    pub regions: Vec<RecipientRegion>,
}

/// What IATI requires to know about the recipients of a programme, and the field that lacks it.
#[derive(Debug)]
pub struct MissingRecipient {
    /// Field of the programme.
    pub field: &'static str,
    /// Message.
    pub detail: &'static str,
}

/// Recipients of a programme: regions and countries with percentages, or the region that contains
/// all the countries.
pub fn recipients(
    programme: &Programme,
    countries: &[String],
) -> Result<Recipients, MissingRecipient> {
    let whole = || Some("100".to_owned());
    let shares: Vec<allocations::CountryShare> = programme.fields.country_shares.unpack();
    let stored: Vec<allocations::RecipientRegion> = programme.fields.regions.unpack();
    let regions: Vec<RecipientRegion> = stored
        .iter()
        .map(|region| {
            let same = stored.iter().filter(|other| other.vocabulary == region.vocabulary);
            let is_alone = shares.is_empty() && same.count() == 1;
            RecipientRegion {
                vocabulary: region.vocabulary.clone(),
                code: region.code.clone(),
                percentage: region.percentage.clone().or_else(|| is_alone.then(whole).flatten()),
                name: own_text(programme, region.name.as_deref()),
            }
        })
        .collect();
    if regions.iter().any(|region| region.percentage.is_none()) {
        return Err(MissingRecipient {
            field: "regions",
            detail: "IATI requires percentages for several regions of one vocabulary.",
        });
    }
    if !shares.is_empty() {
        let countries =
            shares.into_iter().map(|share| (share.country, Some(share.percentage))).collect();
        return Ok(Recipients { countries, regions });
    }
    if !regions.is_empty() {
        return Ok(Recipients { countries: Vec::new(), regions });
    }
    match countries {
        [] => Err(MissingRecipient {
            field: "countries",
            detail: "IATI requires a recipient country or region: add `countries` or `regions`.",
        }),
        [country] => {
            Ok(Recipients { countries: vec![(country.clone(), whole())], regions: Vec::new() })
        }
        several => codes::region_code(several.iter().map(String::as_str))
            .map(|code| Recipients {
                countries: Vec::new(),
                regions: vec![RecipientRegion {
                    vocabulary: codes::REGION_VOCABULARY_DAC.to_owned(),
                    code: code.to_owned(),
                    percentage: whole(),
                    name: Narratives::new(),
                }],
            })
            .ok_or(MissingRecipient {
                field: "country_shares",
                detail: "IATI requires the percentages of these countries, since no region contains all of them; or add `regions`.",
            }),
    }
}

/// A text without translations, in the original language of its programme.
pub fn own_text(programme: &Programme, text: Option<&str>) -> Narratives {
    let language = programme.item.original_language.as_str();
    tag_narratives(text.map(|text| (language, text.to_owned())).into_iter())
}

/// Adds the countries and the places of a statistic to the locations of an activity.
pub fn add_locations(one: &Statistic, context: &ExportContext<'_>, activity: &mut Activity) {
    let countries: Vec<String> = one.fields.countries.unpack();
    for code in countries {
        if !activity.locations.iter().any(|known| known.reference == code) {
            activity.locations.extend(country_location(&code, context));
        }
    }
    let dimensions: Vec<Disaggregation> = one.fields.disaggregation.unpack();
    for place in dimensions.iter().filter(|own| own.dimension == LOCATION_DIMENSION) {
        add_place(&place.value, &one.item.original_language, activity);
    }
}

/// Adds a place, whose reference is derived from its name.
fn add_place(name: &str, language: &str, activity: &mut Activity) {
    if find_place(name, activity).is_some() {
        return;
    }
    let base = format!("place-{}", slugify(name));
    let is_taken =
        |reference: &String| activity.places.iter().any(|place| place.reference == *reference);
    let numbered = (2..).map(|number: usize| format!("{base}-{number}"));
    let reference = std::iter::once(base.clone()).chain(numbered).find(|one| !is_taken(one));
    let name = tag_narratives([(language, name.to_owned())].into_iter());
    activity.places.push(Place { reference: reference.unwrap_or(base), name });
}

fn find_place<'a>(name: &str, activity: &'a Activity) -> Option<&'a Place> {
    activity.places.iter().find(|place| place.name.iter().any(|(_, known)| known == name))
}

/// Locations and dimensions of a statistic, whose locations the activity has.
pub fn dimension_slice(one: &Statistic, activity: &Activity) -> DimensionSlice {
    let dimensions: Vec<Disaggregation> = one.fields.disaggregation.unpack();
    let mut slice =
        DimensionSlice { locations: one.fields.countries.unpack(), dimensions: Vec::new() };
    for Disaggregation { dimension, value } in dimensions {
        let place = Some(&value)
            .filter(|_| dimension == LOCATION_DIMENSION)
            .and_then(|name| find_place(name, activity));
        match place {
            Some(place) => slice.locations.push(place.reference.clone()),
            None => slice.dimensions.push((dimension, value)),
        }
    }
    slice
}

/// A country as a location, with its names and footnote.
pub fn country_location(code: &str, context: &ExportContext<'_>) -> Option<Location> {
    let country = country_names::find_country(code)?;
    let footnote = context.country_names.designation_footnote(code);
    let mark = if footnote.is_some() { "*" } else { "" };
    let name = tag_narratives(
        NAME_LANGUAGES
            .iter()
            .map(|language| (*language, format!("{}{mark}", country.name(language)))),
    );
    // Built-in footnotes are in English.
    let language = context
        .settings
        .xk_footnote_text
        .as_ref()
        .map_or_else(Language::default, |_| context.settings.default_language());
    let note =
        tag_narratives(footnote.map(|note| (language.as_str(), note.to_owned())).into_iter());
    Some(Location {
        reference: code.to_owned(),
        country: country.code.to_owned(),
        name,
        footnote: note,
    })
}
