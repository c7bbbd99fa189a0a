//! Reads what activities are drawn from: a fixed number of queries, whatever there is.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::Text as SqlText;

use crate::db::sql::{Bind, Fragment, Statement, id_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id};
use crate::http::keys::Visibility;
use crate::http::problem::{FieldError, Problem};
use crate::impact::indicators::store::Indicators;
use crate::impact::store::ImpactStatistics;
use crate::partners::store::Partners;
use crate::resource::load::{Loaded, load, of_kind};
use crate::resource::shown::Shown;
use crate::resource::spec::Kind;
use crate::videos::store::Videos;
use crate::{impact, partners, programmes, videos};

/// The most programmes of a file.
pub const MOST_PROGRAMMES: i64 = 1_000;
/// The most statistics, and the most videos.
const MOST: i64 = 50_000;

/// A programme.
pub type Programme = Loaded<programmes::model::Own>;
/// A partner.
pub type Partner = Loaded<partners::model::Own>;
/// A statistic.
pub type Statistic = Loaded<impact::model::Own>;
/// What statistics measure.
pub type Measured = Loaded<impact::indicators::model::Own>;
/// A video.
pub type Video = Loaded<videos::model::Own>;

/// What belongs to some programmes, in all languages.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The programmes, in order.
    pub programmes: Vec<Programme>,
    /// Partners.
    pub partners: HashMap<Id, Partner>,
    /// Statistics by their programme.
    pub statistics: HashMap<Id, Vec<Statistic>>,
    /// What they measure.
    pub indicators: HashMap<Id, Measured>,
    /// Videos.
    pub videos: HashMap<Id, Video>,
    /// Which videos belong to which programme.
    pub videos_of: HashMap<Id, Vec<Id>>,
}

impl Catalogue {
    /// Reads what belongs to these programmes and is public. `shown` asks for every language.
    pub fn read(
        connection: &mut Connection,
        programmes: Vec<Programme>,
        shown: &mut Shown,
    ) -> Result<Self, Problem> {
        let of: Vec<Id> = programmes.iter().map(|one| one.item.id).collect();
        let mut catalogue = Self { programmes, ..Self::default() };
        if of.is_empty() {
            return Ok(catalogue);
        }
        let partners: BTreeSet<Id> = catalogue
            .programmes
            .iter()
            .flat_map(|one| one.in_field("partners"))
            .map(|link| link.target_id)
            .collect();
        if !partners.is_empty() {
            let found = load::<Partners>(
                connection,
                &public(&id_in_fragment("items.id", &partners)),
                Visibility::Published,
                shown,
            )?;
            catalogue.partners = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        let condition = of_kind(Kind::ImpactStatistic)
            .sql(" AND ")
            .append(&public(&belonging("impact_statistic.programme", &of)));
        let statistics = load::<ImpactStatistics>(
            connection,
            &limited(condition),
            Visibility::Published,
            shown,
        )?;
        few(statistics.len(), "statistics")?;
        let measured: BTreeSet<Id> = statistics
            .iter()
            .flat_map(|one| one.in_field("indicator"))
            .map(|link| link.target_id)
            .collect();
        if !measured.is_empty() {
            let found = load::<Indicators>(
                connection,
                &public(&id_in_fragment("items.id", &measured)),
                Visibility::Published,
                shown,
            )?;
            catalogue.indicators = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        let mut wanted: BTreeSet<Id> = BTreeSet::new();
        for one in statistics {
            wanted.extend(one.in_field("evidence").map(|link| link.target_id));
            let programme = one.in_field("programme").map(|link| link.target_id).next();
            if let Some(programme) = programme {
                catalogue.statistics.entry(programme).or_default().push(one);
            }
        }
        for (video, programme) in videos_of(connection, &of)? {
            wanted.insert(video);
            catalogue.videos_of.entry(programme).or_default().push(video);
        }
        few(wanted.len(), "videos")?;
        if !wanted.is_empty() {
            let found = load::<Videos>(
                connection,
                &public(&id_in_fragment("items.id", &wanted)),
                Visibility::Published,
                shown,
            )?;
            catalogue.videos = found.into_iter().map(|one| (one.item.id, one)).collect();
        }
        Ok(catalogue)
    }
}

/// The partner with this identifier in IATI, if there is one.
pub fn partner_of(
    connection: &mut Connection,
    identifier: &str,
    shown: &mut Shown,
) -> Result<Option<Partner>, Problem> {
    let stated = format!(
        "\"iati_identifier\":{}",
        serde_json::to_string(identifier).map_err(Problem::internal)?
    );
    let condition = of_kind(Kind::Partner)
        .sql(" AND items.own LIKE ")
        .bind(Bind::Text(format!("%{stated}%")))
        .sql(" ORDER BY items.number");
    let found = load::<Partners>(connection, &public(&condition), Visibility::Published, shown)?;
    Ok(found.into_iter().find(|one| one.own.iati_identifier.as_deref() == Some(identifier)))
}

fn public(condition: &Fragment) -> Fragment {
    Fragment::new("items.is_public = TRUE AND ").append(condition)
}

fn limited(condition: Fragment) -> Fragment {
    condition.sql(" ORDER BY items.number LIMIT ").bind(Bind::Integer(MOST.saturating_add(1)))
}

fn few(count: usize, of: &str) -> Result<(), Problem> {
    if i64::try_from(count).is_ok_and(|count| count <= MOST) {
        return Ok(());
    }
    let detail = format!(
        "These programmes have more than {MOST} {of}; ask for some of them, by `partner`, `country` or `ids`."
    );
    Err(Problem::incomplete_catalogue(
        detail.clone(),
        vec![FieldError::field("/programmes", "too_many", detail)],
    ))
}

/// Holds for the items that refer to one of these in a field, by the filter index.
fn belonging(field: &str, to: &[Id]) -> Fragment {
    let of_field = format!(
        "items.number IN (SELECT facets.item FROM terms JOIN facets ON facets.term = terms.number WHERE terms.field = '{field}' AND terms.value IN ("
    );
    Fragment::new(of_field).binds(to.iter().map(|id| Bind::Text(id.to_string()))).sql("))")
}

/// Public videos, each with its programme.
fn videos_of(connection: &mut Connection, programmes: &[Id]) -> Result<Vec<(Id, Id)>, Error> {
    let statement = Fragment::new(
        "SELECT items.id, terms.value FROM terms JOIN facets ON facets.term = terms.number JOIN items ON items.number = facets.item",
    )
    .sql(" WHERE terms.field = 'video.programme' AND items.is_public = TRUE AND terms.value IN (")
    .binds(programmes.iter().map(|id| Bind::Text(id.to_string())));
    let rows: Vec<(Id, String)> =
        Statement::<(Uuid, SqlText)>::new(limited(statement.sql(")"))).load_rows(connection)?;
    Ok(rows
        .into_iter()
        .filter_map(|(video, programme_index)| Some((video, Id::parse(&programme_index)?)))
        .collect())
}
