"""Hooks for constraints that JSON Schema cannot express: between members of a request, and on the state of the catalogue.

A request that is valid by the document must be accepted, unless it is rejected for one of the reasons below. Every other
rejection is a finding: the document and the server disagree.
"""

import json
import re
import uuid

import schemathesis
import yaml

# The item does not exist, is referenced or has a taken slug, is deleted, or has changed.
STATE_STATUSES = {404, 409, 410, 412}

# Codes in `errors` of 400 and 422 for constraints that JSON Schema cannot express.
SEMANTIC_ERRORS = {
    "unknown_reference": "a body names an item that does not exist",
    "unknown_value": "a filter names an item that does not exist",
    "invalid_cursor": "a cursor must come from the server",
    "foreign_cursor": "a cursor belongs to its query",
    "would_lose_languages": "PUT of one language of an item that has several",
    "unknown_country": "a well-formed code that is not assigned to a country",
    "missing_language": "the original language must be among the translations",
    "transliterated_text": "a text that a read transliterated, and that was changed",
    "cycle": "a topic or result that is its own ancestor",
    "invalid_range": "an end before its beginning",
    "invalid_decimal": "a number with an exponent, or longer than 60 characters",
    "invalid_language": "a tag without a language (`und`, `x-…`), or Serbian texts without a script",
    "repeated": "two equivalent members of a list",
    "required": "a PATCH that removes the title, or sets an original language without texts",
    "out_of_range": "a chapter or passage after the end of its video, a share above 100, or an archiving before the publication",
    "not_allowed": "a qualitative statistic with a value, a sum of values that are not counts, the share of a country that the programme does not list",
    "does_not_fit": "a statistic that contradicts its indicator, or a result that does not fit below its parent",
    "mixed_units": "a sum of values in several units",
    "not_additive": "a sum of values that `time_aggregation` and `group_aggregation` do not allow",
    "not_a_count": "a sum of percentages",
    "invalid_sum": "percentages that do not sum up to 100",
    "missing_value": "the catalogue lacks data that IATI requires",
    "has_tracks": "a draft text that hides text tracks, removed before them",
    "invalid_identifier": "an activity identifier without the prefix of the reporting organisation",
    "invalid_text": "a control character",
    "reused": "an Idempotency-Key that was used for another request",
}


def as_text(ctx, value) -> bytes:
    """Sends files as raw bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


for media_type in (
    "application/x-subrip",
    "application/ttml+xml",
    "text/x-ssa",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
):
    schemathesis.serializer(media_type)(as_text)


@schemathesis.deserializer("application/yaml")
def document(ctx, response):
    """Parses the document, of which only the first megabyte is recorded."""
    try:
        return yaml.safe_load(response.text)
    except yaml.YAMLError:
        return None


@schemathesis.deserializer("application/json+chapters")
def chapters(ctx, response):
    """Parses podcast chapters as JSON, despite their media type."""
    return json.loads(response.text)


def errors_of(response) -> list:
    """Errors of a response: the `errors` of a problem, or the error codes in an HTML page."""
    if response.headers.get("content-type", [""])[0].startswith("text/html"):
        return [{"code": code} for code in re.findall(r'data-code="([a-z_]+)"', response.text)]
    return response.json().get("errors", [])


def is_semantic_error(error, method) -> bool:
    if error.get("pointer") == "/query":  # the list parameters describe valid queries
        return True
    if error["code"] == "out_of_range":  # the document states the range of every other number
        return error.get("pointer", "").startswith(("/chapters", "/evidence/", "/unpublish_at")) or error.get("pointer", "").endswith(("/value", "/baseline/date"))
    if "line" in error or "row" in error:  # text tracks and tables have no schema
        return True
    if error["code"] == "conflicting":  # `relevance` among other keys; other exclusions are handled below
        return error.get("parameter") == "sort" or error.get("pointer") in ("/additive", "/baseline/year")
    if error["code"] == "required":  # the document states what complete items require
        return method == "PATCH" or error.get("pointer") in ("/code", "/vocabulary", "/published_at", "/baseline/year")  # a code and its vocabulary, a scheduled item and its time, a baseline without a date
    return error["code"] in SEMANTIC_ERRORS


# Members that are texts; a request has either these or `translations`.
TEXTS = (
    "title", "name", "label", "summary", "description", "content_note", "credit_line", "disclaimer", "baseline_comment",
)


def is_positive(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Removes mutually exclusive members from valid requests, so that the remaining ones are tested."""
    if not is_positive(case):
        return
    headers = case.headers or {}
    if "Idempotency-Key" in headers:
        # The document has a single example, which cannot be reused.
        headers["Idempotency-Key"] = f'"{uuid.uuid4()}"'
    if case.method in ("PUT", "PATCH"):
        # The document's example matches no item, so every request would return 412. DELETE keeps it, so that items remain.
        headers.pop("If-Match", None)
        headers.pop("If-None-Match", None)
    query = case.query or {}
    if case.method == "DELETE":
        # Purging requires the key of an administrator.
        query.pop("purge", None)
    if "cursor" in query and "offset" in query:
        del query["cursor"]
    if "/impact-statistics/chart" in case.path:
        # A map is by country, a line by year; aggregates require groups, and groups cannot be sorted.
        form = query.get("type")
        if form in ("map", "line"):
            query["group_by"] = ["country"] if form == "map" else ["year"]
        if query.get("group_by"):
            query.pop("sort", None)
        else:
            query.pop("aggregate", None)
    body = case.body
    if isinstance(body, dict) and case.method in ("POST", "PUT", "PATCH"):
        if body.get("translations"):
            for text in TEXTS:
                body.pop(text, None)
        if isinstance(body.get("translations"), dict) and body.get("original_language") not in body["translations"]:
            body.pop("original_language", None)
        if body.get("language"):
            # `lang` must not name another language than the body.
            query.pop("lang", None)
        if case.method == "PUT":
            # The URL of a new item has its slug.
            body.pop("slug", None)


@schemathesis.check
def valid_requests_are_accepted(ctx, response, case) -> None:
    """Checks that all error codes of a rejection are among those above."""
    if not is_positive(case) or response.status_code < 400 or response.status_code in STATE_STATUSES:
        return
    errors = errors_of(response) if response.status_code in (400, 422) else []
    unexpected = [error for error in errors if not is_semantic_error(error, case.method)]
    if unexpected or not errors:
        raise AssertionError(f"a valid request was rejected: {response.status_code} {unexpected or response.text}")
