//! The handlers that every kind has: list, get, create, replace, patch, delete and restore.

use crate::resource::schema::ResourceKind;

/// Descriptions of the operations of a kind in the OpenAPI document. `{noun}` stands for the name
/// of the kind.
pub struct OperationTexts {
    /// Description of `GET` on an item.
    pub get: &'static str,
    /// Description of `POST` on the list.
    pub create: &'static str,
    /// Description of `PUT` on an item.
    pub replace: &'static str,
    /// Description of `PATCH` on an item.
    pub patch: &'static str,
    /// Description of `DELETE` on an item.
    pub delete: &'static str,
    /// Description of `POST` on `restore` of an item.
    pub restore: &'static str,
    /// The item in the response to `POST` on the list, `PUT` and `PATCH`.
    pub stored_item: &'static str,
    /// The item in the response to `PUT`, if it is new.
    pub new_item: &'static str,
    /// The item in the response to `POST` on `restore`.
    pub restored_item: &'static str,
}

impl OperationTexts {
    /// The descriptions that fit every kind.
    pub const COMMON: Self = Self {
        get: "By id or slug. A former slug redirects (308) to the current one.",
        create: "If no slug is given, one is generated from the texts in the original language. \
                 Requires an editor's key.",
        replace: "Replaces the whole item, or creates it at this slug if none exists, so that a \
                  synchronisation can be repeated safely. Sending back the response of GET with \
                  `lang=all` changes nothing. Requires an editor's key.",
        patch: "JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are \
                replaced. Requires an editor's key.",
        delete: "After deletion the item returns 410, or 404 to the public if it was never \
                 published. Requires an editor's key.",
        restore: "Restores a deleted item to its state before deletion, until it is purged (410 \
                  afterwards). An item that is not deleted is returned unchanged. Requires an \
                  editor's key.",
        stored_item: "The {noun}.",
        new_item: "The {noun} is new.",
        restored_item: "The {noun}.",
    };
}

/// Returns the text with the name of the kind instead of `{noun}`.
pub fn with_noun(text: &str, kind: ResourceKind) -> String {
    text.replace("{noun}", kind.noun())
}

/// Returns the summary of an operation on one item: `Get an indicator`.
pub fn item_summary(verb: &str, kind: ResourceKind) -> String {
    let article = if kind.noun().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{verb} {article} {}", kind.noun())
}

/// Defines the seven handlers of a kind, and `configure`, which registers them.
///
/// The paths are literals, since the attributes of actix-web and utoipa accept nothing else; a test
/// of the registry compares them with the path of the kind.
///
/// ```ignore
/// crud_handlers! {
///     resource: Topics,
///     view: Topic,
///     page: TopicPage,
///     tag: "Topics",
///     list: "Terms of the controlled vocabulary, newest first.",
///     texts: OperationTexts::COMMON,
///     list_path: "/v1/topics",
///     item_path: "/v1/topics/{topic}",
///     restore_path: "/v1/topics/{topic}/restore",
///     path_parameter: "topic",
/// }
/// ```
#[macro_export]
macro_rules! crud_handlers {
    (
        resource: $resource:ty,
        view: $view:ident,
        page: $page:ident,
        tag: $tag:literal,
        list: $list:literal,
        texts: $texts:expr,
        list_path: $list_path:tt,
        item_path: $item_path:tt,
        restore_path: $restore_path:tt,
        path_parameter: $name:tt,
    ) => {
        use actix_web::web::{Data, Path};
        use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put};

        use $crate::http::body::UnreadBody;
        use $crate::http::problem::Problem;
        use $crate::resource::extract::{AcceptsJson, ConditionalEditor, ConditionalViewer, Editor};
        use $crate::resource::handlers::{OperationTexts, item_summary, with_noun};
        use $crate::resource::model::resource::ResourceModel;
        use $crate::resource::schema::operation::OperationKind;
        use $crate::resource::schema::ResourceKind;
        use $crate::resource::state::AppState;

        const KIND: ResourceKind = <$resource as ResourceModel>::SCHEMA.kind;
        const TEXTS: OperationTexts = $texts;

        /// Registers the handlers.
        pub fn configure(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
            config
                .service(list)
                .service(create)
                .service(get)
                .service(replace)
                .service(patch)
                .service(delete)
                .service(restore);
        }

        /// Responds with a page of the list.
        #[utoipa::path(
            operation_id = KIND.list_operation_id(),
            extensions(("x-operation-kind" = json!(OperationKind::List))),
            tag = $tag,
            summary = format!("List {}", KIND.plural()),
            description = $list,
            responses((status = 200, description = format!("A page of {}.", KIND.plural()), body = $page)),
        )]
        #[get($list_path)]
        pub async fn list(
            state: Data<AppState>,
            request: HttpRequest,
            _: AcceptsJson,
            viewer: ConditionalViewer,
        ) -> Result<HttpResponse, Problem> {
            $crate::resource::read::list::list::<$resource>(state, request, viewer).await
        }

        /// Responds with an item.
        #[utoipa::path(
            operation_id = KIND.operation_id("get"),
            extensions(("x-operation-kind" = json!(OperationKind::Get))),
            tag = $tag,
            summary = item_summary("Get", KIND),
            description = TEXTS.get,
            params(($name = String, Path, description = "Id or slug.")),
            responses((status = 200, description = with_noun("The {noun}.", KIND), body = $view)),
        )]
        #[get($item_path)]
        pub async fn get(
            state: Data<AppState>,
            request: HttpRequest,
            _: AcceptsJson,
            viewer: ConditionalViewer,
            name: Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let name = name.into_inner();
            $crate::resource::read::get::get::<$resource>(state, request, viewer, name).await
        }

        /// Creates an item.
        #[utoipa::path(
            operation_id = KIND.operation_id("create"),
            extensions(("x-operation-kind" = json!(OperationKind::Create))),
            tag = $tag,
            summary = item_summary("Create", KIND),
            description = TEXTS.create,
            responses((status = 201, description = with_noun(TEXTS.stored_item, KIND), body = $view)),
        )]
        #[post($list_path)]
        pub async fn create(
            state: Data<AppState>,
            _: AcceptsJson,
            editor: Editor,
            body: UnreadBody,
        ) -> Result<HttpResponse, Problem> {
            $crate::resource::write::handlers::create::<$resource>(state, editor, body).await
        }

        /// Replaces an item, or creates it.
        #[utoipa::path(
            operation_id = KIND.operation_id("replace"),
            extensions(("x-operation-kind" = json!(OperationKind::Replace))),
            tag = $tag,
            summary = item_summary("Replace or create", KIND),
            description = TEXTS.replace,
            params(($name = String, Path, description = "Id or slug.")),
            responses(
                (status = 200, description = with_noun(TEXTS.stored_item, KIND), body = $view),
                (status = 201, description = with_noun(TEXTS.new_item, KIND), body = $view),
            ),
        )]
        #[put($item_path)]
        pub async fn replace(
            state: Data<AppState>,
            _: AcceptsJson,
            editor: ConditionalEditor,
            body: UnreadBody,
            name: Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let name = name.into_inner();
            $crate::resource::write::handlers::replace::<$resource>(state, editor, body, name).await
        }

        /// Updates an item with a merge patch.
        #[utoipa::path(
            operation_id = KIND.operation_id("patch"),
            extensions(("x-operation-kind" = json!(OperationKind::Patch))),
            tag = $tag,
            summary = item_summary("Update", KIND),
            description = TEXTS.patch,
            params(($name = String, Path, description = "Id or slug.")),
            responses((status = 200, description = with_noun(TEXTS.stored_item, KIND), body = $view)),
        )]
        #[patch($item_path)]
        pub async fn patch(
            state: Data<AppState>,
            _: AcceptsJson,
            editor: ConditionalEditor,
            body: UnreadBody,
            name: Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let name = name.into_inner();
            $crate::resource::write::handlers::patch::<$resource>(state, editor, body, name).await
        }

        /// Deletes an item.
        #[utoipa::path(
            operation_id = KIND.operation_id("delete"),
            extensions(("x-operation-kind" = json!(OperationKind::Delete))),
            tag = $tag,
            summary = item_summary("Delete", KIND),
            description = TEXTS.delete,
            params(($name = String, Path, description = "Id or slug.")),
            responses((status = 204, description = "Deleted.")),
        )]
        #[delete($item_path)]
        pub async fn delete(
            state: Data<AppState>,
            request: HttpRequest,
            editor: ConditionalEditor,
            name: Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let name = name.into_inner();
            $crate::resource::write::handlers::delete::<$resource>(state, request, editor, name).await
        }

        /// Restores a deleted item.
        #[utoipa::path(
            operation_id = KIND.operation_id("restore"),
            extensions(("x-operation-kind" = json!(OperationKind::Restore))),
            tag = $tag,
            summary = item_summary("Restore", KIND),
            description = TEXTS.restore,
            params(($name = String, Path, description = "Id or slug.")),
            responses((status = 200, description = with_noun(TEXTS.restored_item, KIND), body = $view)),
        )]
        #[post($restore_path)]
        pub async fn restore(
            state: Data<AppState>,
            request: HttpRequest,
            _: AcceptsJson,
            editor: ConditionalEditor,
            name: Path<String>,
        ) -> Result<HttpResponse, Problem> {
            let name = name.into_inner();
            $crate::resource::write::restore::restore::<$resource>(state, request, editor, name).await
        }
    };
}

pub use crud_handlers;
