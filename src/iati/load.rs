//! Loads the items that activities are built from, in a fixed number of queries.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::sql_types::{BigInt, Text as SqlText};

use crate::db::sql_fragment::{Bind, Fragment, Statement, id_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::{FieldError, Problem};
use crate::iati::activity::Narratives;
use crate::iati::narratives::narratives;
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::impact::results::resource::Results;
use crate::partners::resource::Partners;
use crate::resource::model::item::LoadedItem;
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::kind_predicate;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_where;
use crate::videos::resource::Videos;
use crate::{impact, partners, programmes, videos};

/// Maximum number of statistics, and of videos, that are loaded at once.
const MAX_RELATED_ITEMS: i64 = 50_000;
/// Number of videos that are loaded at once, of which only the titles are kept.
const VIDEOS_PER_QUERY: usize = 250;

/// A programme.
pub type Programme = LoadedItem<programmes::fields::ProgrammeFields>;
/// A partner.
pub type Partner = LoadedItem<partners::fields::PartnerFields>;
/// A statistic.
pub type Statistic = LoadedItem<impact::fields::StatisticFields>;
/// An indicator.
pub type LoadedIndicator = LoadedItem<impact::indicators::model::IndicatorFields>;
/// A result.
pub type LoadedResult = LoadedItem<impact::results::model::ResultFields>;
/// A video, as documents link to it.
#[derive(Debug)]
pub struct LinkedVideo {
    /// Identifier.
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// Titles in all languages.
    pub title: Narratives,
    /// The original language.
    pub original_language: String,
    /// Language of the page to link to: the original language, if the video has a text in it.
    pub page_language: String,
    /// Spoken languages.
    pub spoken_languages: Vec<String>,
}

impl LinkedVideo {
    fn new(video: LoadedItem<videos::fields::VideoFields>) -> Self {
        let title = narratives(&video, |text| Some(text.title.clone()));
        let original_language = video.item.original_language;
        let languages = || video.texts.iter().map(|text| &text.language);
        let page_language = languages()
            .find(|language| **language == original_language)
            .or_else(|| languages().next())
            .cloned()
            .unwrap_or_default();
        Self {
            id: video.item.id,
            slug: video.item.slug,
            title,
            original_language,
            page_language,
            spoken_languages: video.fields.spoken_languages.unpack(),
        }
    }
}

/// Programmes and their related items, in all languages.
#[derive(Debug, Default)]
pub struct ExportData {
    /// Programmes in list order.
    pub programmes: Vec<Programme>,
    /// Partners.
    pub partners: HashMap<Id, Partner>,
    /// Statistics by programme.
    pub statistics_by_programme: HashMap<Id, Vec<Statistic>>,
    /// Indicators.
    pub indicators: HashMap<Id, LoadedIndicator>,
    /// Results of the indicators.
    pub results: HashMap<Id, LoadedResult>,
    /// Videos.
    pub videos: HashMap<Id, LinkedVideo>,
    /// Video ids by programme.
    pub videos_by_programme: HashMap<Id, Vec<Id>>,
}

impl ExportData {
    /// The statistics of a programme.
    pub fn statistics_of(&self, programme: &Programme) -> &[Statistic] {
        self.statistics_by_programme.get(&programme.item.id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Loads the public related items of programmes. `render_context` must select all languages.
    pub fn load(
        connection: &mut Connection,
        programmes: Vec<Programme>,
        render_context: &mut RenderContext,
    ) -> Result<Self, Problem> {
        let of: Vec<Id> = programmes.iter().map(|one| one.item.id).collect();
        let mut catalogue = Self { programmes, ..Self::default() };
        if of.is_empty() {
            return Ok(catalogue);
        }
        let condition = kind_predicate(ResourceKind::IMPACT_STATISTIC)
            .sql(" AND ")
            .append(&public_only(&referring_to("impact_statistic.programme", &of)));
        let statistics = load_where::<ImpactStatistics>(
            connection,
            &with_limit(condition),
            Visibility::Published,
            render_context,
        )?;
        enforce_limit(statistics.len(), "statistics")?;
        let partners: BTreeSet<Id> = catalogue
            .programmes
            .iter()
            .flat_map(|one| one.references_in("partners"))
            .chain(statistics.iter().flat_map(|one| one.references_in("partner")))
            .map(|link| link.target_id)
            .collect();
        if !partners.is_empty() {
            let found = load_where::<Partners>(
                connection,
                &public_only(&id_in_fragment("items.id", &partners)),
                Visibility::Published,
                render_context,
            )?;
            catalogue.partners = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        let measured: BTreeSet<Id> = statistics
            .iter()
            .flat_map(|one| one.references_in("indicator"))
            .map(|link| link.target_id)
            .collect();
        if !measured.is_empty() {
            let found = load_where::<Indicators>(
                connection,
                &public_only(&id_in_fragment("items.id", &measured)),
                Visibility::Published,
                render_context,
            )?;
            catalogue.indicators = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        let results: BTreeSet<Id> = catalogue
            .indicators
            .values()
            .flat_map(|one| one.references_in("result"))
            .map(|link| link.target_id)
            .collect();
        if !results.is_empty() {
            let found = load_where::<Results>(
                connection,
                &public_only(&id_in_fragment("items.id", &results)),
                Visibility::Published,
                render_context,
            )?;
            catalogue.results = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        let mut video_ids: BTreeSet<Id> = BTreeSet::new();
        for one in statistics {
            video_ids.extend(one.references_in("evidence").map(|link| link.target_id));
            let programme = one.references_in("programme").map(|link| link.target_id).next();
            if let Some(programme) = programme {
                catalogue.statistics_by_programme.entry(programme).or_default().push(one);
            }
        }
        for (video, programme) in load_video_programme_pairs(connection, &of)? {
            video_ids.insert(video);
            catalogue.videos_by_programme.entry(programme).or_default().push(video);
        }
        enforce_limit(video_ids.len(), "videos")?;
        let video_ids: Vec<Id> = video_ids.into_iter().collect();
        for ids in video_ids.chunks(VIDEOS_PER_QUERY) {
            let found = load_where::<Videos>(
                connection,
                &public_only(&id_in_fragment("items.id", ids)),
                Visibility::Published,
                &mut render_context.clone(),
            )?;
            catalogue
                .videos
                .extend(found.into_iter().map(LinkedVideo::new).map(|video| (video.id, video)));
        }
        Ok(catalogue)
    }
}

/// Slugs of the public items that no activity can report, in order.
pub struct UnreportedItems {
    /// Statistics that belong to no public programme.
    pub statistics: Vec<String>,
    /// Indicators without a statistic that is reported.
    pub indicators: Vec<String>,
}

/// Loads the slugs of the public statistics and indicators that no activity can report.
pub fn load_unreported_items(connection: &mut Connection) -> Result<UnreportedItems, Error> {
    let programmes = public_only(&kind_predicate(ResourceKind::PROGRAMME));
    let programmes: Vec<Id> =
        Statement::<Uuid>::select("items.id", "items", &programmes).load_rows(connection)?;
    let programmes: HashSet<String> = programmes.iter().map(Id::to_string).collect();
    let statistics =
        public_only(&kind_predicate(ResourceKind::IMPACT_STATISTIC)).sql(" ORDER BY items.number");
    let statistics: Vec<(RowId, String)> =
        Statement::<(BigInt, SqlText)>::select("items.number, items.slug", "items", &statistics)
            .load_rows(connection)?;
    let of_programmes: HashSet<RowId> =
        load_filter_values(connection, "impact_statistic.programme")?
            .into_iter()
            .filter(|(_, programme)| programmes.contains(programme))
            .map(|(statistic, _)| statistic)
            .collect();
    let (reported, unreported): (Vec<_>, Vec<_>) =
        statistics.into_iter().partition(|(number, _)| of_programmes.contains(number));
    let reported: HashSet<RowId> = reported.into_iter().map(|(number, _)| number).collect();
    let measured: HashSet<String> = load_filter_values(connection, "impact_statistic.indicator")?
        .into_iter()
        .filter(|(statistic, _)| reported.contains(statistic))
        .map(|(_, indicator)| indicator)
        .collect();
    let indicators =
        public_only(&kind_predicate(ResourceKind::INDICATOR)).sql(" ORDER BY items.number");
    let indicators: Vec<(Id, String)> =
        Statement::<(Uuid, SqlText)>::select("items.id, items.slug", "items", &indicators)
            .load_rows(connection)?;
    Ok(UnreportedItems {
        statistics: unreported.into_iter().map(|(_, slug)| slug).collect(),
        indicators: indicators
            .into_iter()
            .filter(|(id, _)| !measured.contains(&id.to_string()))
            .map(|(_, slug)| slug)
            .collect(),
    })
}

/// Loads the values of a filter field, with the row ids of their items.
fn load_filter_values(
    connection: &mut Connection,
    field: &'static str,
) -> Result<Vec<(RowId, String)>, Error> {
    let references = Fragment::new(
        "SELECT filter_index.item, filter_terms.value FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number \
         WHERE filter_terms.field = ",
    )
    .bind(Bind::Text(field.to_owned()));
    Ok(Statement::<(BigInt, SqlText)>::new(references).load_rows(connection)?)
}

/// Finds the public partner with this IATI identifier.
pub fn find_partner_by_identifier(
    connection: &mut Connection,
    identifier: &str,
    render_context: &mut RenderContext,
) -> Result<Option<Partner>, Problem> {
    let stated = format!(
        "\"iati_identifier\":{}",
        serde_json::to_string(identifier).map_err(Problem::internal)?
    );
    let condition = kind_predicate(ResourceKind::PARTNER)
        .sql(" AND items.fields LIKE ")
        .bind(Bind::Text(format!("%{stated}%")))
        .sql(" ORDER BY items.number");
    let found = load_where::<Partners>(
        connection,
        &public_only(&condition),
        Visibility::Published,
        render_context,
    )?;
    Ok(found.into_iter().find(|one| one.fields.iati_identifier.as_deref() == Some(identifier)))
}

fn public_only(condition: &Fragment) -> Fragment {
    Fragment::new("items.is_public = TRUE AND ").append(condition)
}

fn with_limit(condition: Fragment) -> Fragment {
    condition
        .sql(" ORDER BY items.number LIMIT ")
        .bind(Bind::Integer(MAX_RELATED_ITEMS.saturating_add(1)))
}

fn enforce_limit(count: usize, of: &str) -> Result<(), Problem> {
    if i64::try_from(count).is_ok_and(|count| count <= MAX_RELATED_ITEMS) {
        return Ok(());
    }
    let detail = format!(
        "These programmes have more than {MAX_RELATED_ITEMS} {of}; restrict the export by `partner`, `country` or `ids`."
    );
    Err(Problem::incomplete_catalogue(
        detail.clone(),
        vec![FieldError::field("/programmes", "too_many", detail)],
    ))
}

/// Condition for items that refer to one of these in a field, by the filter index.
fn referring_to(field: &str, to: &[Id]) -> Fragment {
    let of_field = format!(
        "items.number IN (SELECT filter_index.item FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number WHERE filter_terms.field = '{field}' AND filter_terms.value IN ("
    );
    Fragment::new(of_field).binds(to.iter().map(|id| Bind::Text(id.to_string()))).sql("))")
}

/// Public videos, with their programme.
fn load_video_programme_pairs(
    connection: &mut Connection,
    programmes: &[Id],
) -> Result<Vec<(Id, Id)>, Error> {
    let statement = Fragment::new(
        "SELECT items.id, filter_terms.value FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number JOIN items ON items.number = filter_index.item",
    )
    .sql(" WHERE filter_terms.field = 'video.programme' AND items.is_public = TRUE AND filter_terms.value IN (")
    .binds(programmes.iter().map(|id| Bind::Text(id.to_string())));
    let rows: Vec<(Id, String)> =
        Statement::<(Uuid, SqlText)>::new(with_limit(statement.sql(")"))).load_rows(connection)?;
    Ok(rows
        .into_iter()
        .filter_map(|(video, programme_index)| Some((video, Id::parse(&programme_index)?)))
        .collect())
}
