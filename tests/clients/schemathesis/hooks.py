"""What schemathesis cannot know from the document: what the members of a request say together, and what the catalogue holds.

A request that fits the document must be accepted, unless it is refused for one of the reasons below. Every other
refusal is a finding: then the document promises what the server does not keep.
"""

import json
import re
import uuid

import schemathesis

# The item is not there, is referred to or has this slug already, is deleted, has changed since.
BY_STATE = {404, 409, 410, 412}

# Codes in `errors` of 400 and 422 for what JSON Schema has no words for.
BY_MEANING = {
    "unknown_reference": "a body names an item that does not exist",
    "unknown_value": "a filter names an item that does not exist",
    "invalid_cursor": "a cursor is one that the server gave",
    "foreign_cursor": "a cursor belongs to its query",
    "would_lose_languages": "PUT of one language of an item that has several",
    "unknown_country": "a code of the right shape that no country has",
    "missing_language": "the original language must be among the translations",
    "cycle": "a topic below itself",
    "invalid_range": "an end before its beginning",
    "invalid_decimal": "a number with an exponent, or longer than 60 characters",
    "invalid_language": "a tag that names no language (`und`, `x-…`), or Serbian without its script, for texts",
    "repeated": "two members that mean the same",
    "required": "a PATCH that takes the title away, or makes a language the original one that has no texts",
    "out_of_range": "a chapter or a passage after the end of its video, a share of more than the whole",
    "not_allowed": "a qualitative statistic with a value, a sum of what is no count, the share of a country where the programme does not work",
    "does_not_fit": "a statistic that says something else than its indicator",
    "mixed_units": "a sum of what is counted in several units",
    "not_additive": "a sum of values of which nobody says that they may be added up",
    "not_a_count": "a sum of percentages",
    "invalid_sum": "percentages that do not sum up to 100",
    "lacking": "the catalogue does not say what IATI asks for",
    "invalid_identifier": "an identifier of a programme that is none of the organisation that reports to IATI",
    "invalid_text": "a control character",
    "reused": "an Idempotency-Key that was used for another request",
}


@schemathesis.serializer("application/x-subrip")
def as_text(ctx, value) -> bytes:
    """A text track is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/json+chapters")
def chapters(ctx, response):
    """Chapters of podcasts are JSON, though their media type does not end so."""
    return json.loads(response.text)


def errors_of(response) -> list:
    """What is wrong with a request: of a problem its `errors`, of a page what stands behind its sentences."""
    if response.headers.get("content-type", [""])[0].startswith("text/html"):
        return [{"code": code} for code in re.findall(r'data-code="([a-z_]+)"', response.text)]
    return response.json().get("errors", [])


def is_by_meaning(error, method) -> bool:
    if error.get("pointer") == "/query":  # what a saved query may say, the parameters of lists describe
        return True
    if error["code"] == "out_of_range":  # of every other number, the document states the range
        return error.get("pointer", "").startswith(("/chapters", "/evidence/")) or error.get("pointer", "").endswith("/value")
    if "line" in error or "row" in error:  # no schema describes a text track, or a table
        return True
    if error["code"] == "conflicting":  # `relevance` among other keys; what else excludes each other is taken out below
        return error.get("parameter") == "sort"
    if error["code"] == "required":  # of a whole item, the document states what it needs
        return method == "PATCH" or error.get("pointer") in ("/code", "/vocabulary")  # one goes with the other
    return error["code"] in BY_MEANING


def is_positive(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Takes out of what fits the document those members that exclude each other, so that the rest is really tried."""
    if not is_positive(case):
        return
    headers = case.headers or {}
    if "Idempotency-Key" in headers:
        # The document has one example, which a second request may not use.
        headers["Idempotency-Key"] = f'"{uuid.uuid4()}"'
    if case.method in ("PUT", "PATCH"):
        # The document's example is no tag of any item: each would be answered 412. DELETE keeps it, so that something is left.
        headers.pop("If-Match", None)
        headers.pop("If-None-Match", None)
    query = case.query or {}
    if "cursor" in query and "offset" in query:
        del query["cursor"]
    if "/impact-statistics/chart" in case.path:
        # A map is by country, a line by year; what is not grouped is not aggregated, and what is grouped is not sorted.
        form = query.get("type")
        if form in ("map", "line"):
            query["group_by"] = ["country"] if form == "map" else ["year"]
        if query.get("group_by"):
            query.pop("sort", None)
        else:
            query.pop("aggregate", None)
    body = case.body
    if isinstance(body, dict) and case.method in ("POST", "PUT", "PATCH"):
        if "translations" in body:
            for text in ("title", "name", "label", "summary", "description", "content_note", "credit_line", "disclaimer"):
                body.pop(text, None)
        if isinstance(body.get("translations"), dict) and body.get("original_language") not in body["translations"]:
            body.pop("original_language", None)
        if case.method == "PUT":
            # The address of a new item is its slug.
            body.pop("slug", None)


@schemathesis.check
def what_fits_the_document_is_accepted(ctx, response, case) -> None:
    """Reads the problem of a refusal: its codes must all be among those above."""
    if not is_positive(case) or response.status_code < 400 or response.status_code in BY_STATE:
        return
    errors = errors_of(response) if response.status_code in (400, 422) else []
    unexpected = [error for error in errors if not is_by_meaning(error, case.method)]
    if unexpected or not errors:
        raise AssertionError(f"a request that fits the document is refused: {response.status_code} {unexpected or response.text}")
