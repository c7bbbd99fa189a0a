// Calls every operation of the OpenAPI document against a running server, using only the generated types:
//   node built/main.js ADDRESS EDITOR_KEY
import assert from "node:assert/strict";
import type { operations } from "../generated/kinoteka.js";
import { assertComplete, connect, empty, found, refused, tag, whole, type Kinoteka, type Schemas } from "./client.js";

const [address, key] = process.argv.slice(2);
assert.ok(address && key, "usage: node built/main.js ADDRESS EDITOR_KEY");
const reader = connect(address);
const editor = connect(address, key);
const mergePatch = { "Content-Type": "application/merge-patch+json" };

// Service routes: health, the document, problems, the API catalog.
async function serviceRoutes(api: Kinoteka): Promise<Record<string, unknown>> {
  assert.equal(found(await api.GET("/healthz"), 200).status, "ok");
  assert.equal(found(await api.GET("/readyz"), 200).status, "ok");
  const entry = found(await api.GET("/v1"), 200);
  assert.ok(entry.resources.some((resource) => resource.name === "videos" && resource.url.endsWith("/v1/videos")));
  const catalog = found(await api.GET("/.well-known/api-catalog"), 200);
  const described = catalog.linkset.flatMap((context) => context["service-desc"] ?? []);
  assert.ok(described.some((link) => link.href.endsWith("/openapi.json")), "the API catalog links the OpenAPI document");
  const datasets = found(await api.GET("/catalog.jsonld"), 200);
  assert.equal(datasets["@type"], "Catalog");
  const yaml: string = found(await api.GET("/openapi.yaml", { parseAs: "text" }), 200);
  assert.match(yaml, /^openapi: 3\.1/m);
  const explanation = found(await api.GET("/problems/{code}", { params: { path: { code: "not-found" } } }), 200);
  assert.ok(typeof explanation === "object" && explanation.status === 404);
  refused(await api.GET("/problems/{code}", { params: { path: { code: "no-such-problem" } } }), 404);
  const document = found(await api.GET("/openapi.json"), 200);
  assert.match(String(document["openapi"]), /^3\.1\./);
  return document;
}

// A website: a list in Turkish, its next page, one item, and conditional requests.
async function readers(api: Kinoteka): Promise<void> {
  const query: operations["list_videos"]["parameters"]["query"] = {
    lang: "tr",
    fields: ["slug", "title", "programme"],
    include: ["programme"],
    sort: ["-published_at"],
    limit: 3,
    total: true,
  };
  const slugs: string[] = [];
  let cursor: string | null = null;
  let total: number | undefined;
  do {
    const response = await api.GET("/v1/videos", { params: { query: { ...query, ...(cursor === null ? {} : { cursor }) } } });
    const page: Schemas["VideoPage"] = found(response, 200);
    for (const video of page.data) {
      assert.ok(video.slug && video.title);
      slugs.push(video.slug);
      // `include` embeds the full programme instead of a reference; the types distinguish them.
      if (video.programme && "summary" in video.programme) assert.equal(typeof video.programme.title, "string");
    }
    total = page.page.total;
    cursor = page.page.next_cursor;
  } while (cursor !== null);
  assert.equal(new Set(slugs).size, slugs.length, "no video is returned twice");
  assert.equal(slugs.length, total, "the pages contain as many videos as `total`");

  const slug = slugs[0];
  assert.ok(slug);
  const first = await api.GET("/v1/videos/{video}", { params: { path: { video: slug }, query: { lang: "sr-Cyrl" } } });
  assert.equal(whole(found(first, 200)).slug, slug);
  const unchanged = await api.GET("/v1/videos/{video}", {
    params: { path: { video: slug }, query: { lang: "sr-Cyrl" }, header: { "If-None-Match": tag(first) } },
  });
  empty(unchanged, 304);

  // Missing translations and completeness.
  const untranslated = await api.GET("/v1/videos", { params: { query: { missing: ["sq.captions"], include: ["completeness"], limit: 1 } } });
  for (const video of found(untranslated, 200).data) {
    assert.ok(video.completeness?.["en"]?.title, "the demo catalogue has English titles");
    assert.ok(!video.completeness["sq"]?.captions);
  }

  const missing = refused(await api.GET("/v1/videos/{video}", { params: { path: { video: "no-such-video" } } }), 404);
  assert.ok(missing.type.endsWith("/problems/not-found") && missing.request_id);
  // The server rejects what the types forbid, with a suggestion.
  // @ts-expect-error unknown parameter
  const misspelled = await api.GET("/v1/videos", { params: { query: { contry: ["MK"] } } });
  assert.equal(refused(misspelled, 400).errors?.[0]?.code, "unknown_parameter");

  const countries = found(await api.GET("/v1/countries", { params: { query: { q: "koso", lang: "sq" } } }), 200);
  assert.ok(countries.data.some((country) => country.code === "XK" && country.footnote));
  const country = found(await api.GET("/v1/countries/{country}", { params: { path: { country: "MK" }, query: { lang: "mk" } } }), 200);
  assert.equal(country.name, "Северна Македонија");

  const figures = found(
    await api.GET("/v1/impact-statistics", { params: { query: { measure: ["unit"], min_value: "100", sort: ["-value"], include: ["programme"] } } }),
    200,
  );
  assert.ok(figures.data.every((figure) => Number(figure.value) >= 100));
  assert.ok(found(await api.GET("/v1/programmes", { params: { query: { country: ["MK"] } } }), 200).data.length > 0);
  assert.ok(found(await api.GET("/v1/partners", { params: { query: { kind: ["!donor"] } } }), 200).data.length > 0);
  assert.ok(found(await api.GET("/v1/topics", { params: { query: { sort: ["name"] } } }), 200).data.length > 0);
  refused(await api.POST("/v1/topics", { body: { name: "Not authorized" } }), 401);
  await feeds(api);
  await tables(api);
  await embeds(api, slug);
}

// Tables: complete lists as CSV and XLSX, with the same filters.
async function tables(api: Kinoteka): Promise<void> {
  const query = { country: ["RS"], lang: "sr-Cyrl", sort: ["title" as const] };
  const videos: string = found(await api.GET("/v1/videos.{format}", { params: { path: { format: "csv" }, query }, parseAs: "text" }), 200);
  const lines = videos.split("\r\n");
  assert.match(lines[0] ?? "", /^\uFEFF?id,slug,status,language,/);
  assert.ok(lines.length > 2 && lines.at(-1) === "");
  const format = { path: { format: "csv" as const } };
  const figures: string = found(await api.GET("/v1/impact-statistics.{format}", { params: format, parseAs: "text" }), 200);
  assert.match(figures, /,More than 500,500,more_than,/);
  assert.match(found(await api.GET("/v1/programmes.{format}", { params: format, parseAs: "text" }), 200), /,iati_identifier,/);
  assert.match(found(await api.GET("/v1/partners.{format}", { params: format, parseAs: "text" }), 200), /,acronym,/);
  refused(await api.GET("/v1/partners.{format}", { params: { ...format, query: { lang: "all" } } }), 400);
  const sheet = await api.GET("/v1/partners.{format}", { params: { path: { format: "xlsx" } }, parseAs: "blob" });
  assert.ok((found(sheet, 200) as unknown as Blob).size > 1000);
}

// Import of tables: statistics with a dry run and errors; a framework of results and their indicators.
async function imports(api: Kinoteka, programme: string): Promise<void> {
  const table = (body: string, dry_run = false) => ({
    params: { query: { dry_run } },
    headers: { "Content-Type": "text/csv" },
    body,
    bodySerializer: (text: unknown) => String(text),
  });
  await framework(api, programme, table);
  const send = (body: string, dry_run: boolean) => api.POST("/v1/impact-statistics/import", table(body, dry_run));
  const rows = "slug;label;value\r\nfrom-a-table;From a table;12.5\r\n";
  const tried = found(await send(rows, true), 200);
  assert.deepEqual([tried.dry_run, tried.rows, tried.created, tried.separator], [true, 1, 1, ";"]);
  assert.equal(found(await send(rows, false), 200).changes[0]?.slug, "from-a-table");
  assert.equal(found(await send(rows, false), 200).unchanged, 1);
  const wrong = refused(await send("slug,value\r\nfrom-a-table,\"1,500\"\r\n", false), 422);
  assert.deepEqual([wrong.errors?.[0]?.row, wrong.errors?.[0]?.column, wrong.errors?.[0]?.code], [2, "value", "invalid_decimal"]);
}

type Table = { params: { query: { dry_run: boolean } }; headers: Record<string, string>; body: string; bodySerializer: (text: unknown) => string };

// A logical framework: results and their indicators, imported and exported as tables.
async function framework(api: Kinoteka, programme: string, table: (body: string) => Table): Promise<void> {
  const results = `slug,status,title,level,parent,programme\r\nimpact-safe,published,Survivors are safe,impact,,${programme}\r\noutcome-safe,published,Services are safe,outcome,impact-safe,${programme}\r\n`;
  assert.equal(found(await api.POST("/v1/results/import", table(results)), 200).created, 2);
  const indicators = "slug,status,label,unit,result\r\nsafe-places,published,Places in shelters,places,outcome-safe\r\n";
  assert.equal(found(await api.POST("/v1/indicators/import", table(indicators)), 200).created, 1);
  const format = { path: { format: "csv" as const } };
  assert.match(found(await api.GET("/v1/results.{format}", { params: { ...format, query: { level: ["outcome"] } }, parseAs: "text" }), 200), /,outcome-safe,/);
  assert.match(found(await api.GET("/v1/indicators.{format}", { params: { ...format, query: { result: ["outcome-safe"] } }, parseAs: "text" }), 200), /,safe-places,/);
}

// Feeds: lists as JSON Feed, RSS and Atom, with the same filters.
async function feeds(api: Kinoteka): Promise<void> {
  const query = { country: ["RS"], lang: "sr-Cyrl", limit: 2 };
  const json = found(await api.GET("/feeds/videos.{format}", { params: { path: { format: "json" }, query } }), 200);
  assert.ok(typeof json === "object" && json.title === "Видео-записи · Србија" && json.items.length === 2 && json.next_url);
  const rss = await api.GET("/feeds/videos.{format}", { params: { path: { format: "rss" }, query }, parseAs: "text" });
  assert.match(String(found(rss, 200)), /<item><title>/);
  const figures = found(await api.GET("/feeds/impact-statistics.{format}", { params: { path: { format: "json" }, query: { lang: "en" } } }), 200);
  assert.ok(typeof figures === "object" && figures.items.some((item) => item.title.startsWith("More than 500 · ")));
  const programmes = await api.GET("/feeds/programmes.{format}", { params: { path: { format: "atom" } }, parseAs: "text" });
  assert.match(String(found(programmes, 200)), /<entry /);
  const partners = await api.GET("/feeds/partners.{format}", { params: { path: { format: "atom" } }, parseAs: "text" });
  assert.match(String(found(partners, 200)), /<feed /);
  // @ts-expect-error partners have no podcast feed
  refused(await api.GET("/feeds/partners.{format}", { params: { path: { format: "rss" } } }), 404);
}

// Embedding: oEmbed, pages, the web component, charts, posters and structured data.
async function embeds(api: Kinoteka, video: string): Promise<void> {
  const how = found(await api.GET("/oembed", { params: { query: { url: `/embed/videos/${video}?lang=mk`, maxwidth: 480 } } }), 200);
  assert.ok(typeof how === "object" && how.width === 480 && how.html.startsWith("<iframe ") && how.thumbnail_width === 320 && how.thumbnail_url);
  const page = await api.GET("/embed/videos/{video}", { params: { path: { video }, query: { lang: "mk" } }, parseAs: "text" });
  assert.match(String(found(page, 200)), /<html lang="mk"/);
  const cards = await api.GET("/embed/videos", { params: { query: { country: ["MK"], lang: "mk", layout: "carousel" } }, parseAs: "text" });
  assert.match(String(found(cards, 200)), /<ul class="cards carousel">/);
  const tool = await api.GET("/embed", { params: { query: { country: ["MK"], lang: "mk" } }, parseAs: "text" });
  assert.match(String(found(tool, 200)), /<textarea id="frame"/);
  const shown = whole(found(await api.GET("/v1/videos/{video}", { params: { path: { video }, query: { lang: "mk" } } }), 200));
  assert.ok(shown.embed?.iframe.includes(shown.embed.page));
  const pinned = found(await api.GET("/embed/integrity.json"), 200);
  const script = String(found(await api.GET("/embed/kinoteka.js", { parseAs: "text" }), 200));
  const pinnedScript = await api.GET("/embed/kinoteka-{version}.js", { params: { path: { version: pinned.version } }, parseAs: "text" });
  assert.equal(String(found(pinnedScript, 200)), script);
  const [statistic] = found(await api.GET("/v1/impact-statistics", { params: { query: { measure: ["unit"], limit: 1 } } }), 200).data;
  assert.ok(statistic?.slug);
  const figure = await api.GET("/embed/impact-statistics/{impact_statistic}", { params: { path: { impact_statistic: statistic.slug }, query: { lang: "mk" } }, parseAs: "text" });
  assert.match(String(found(figure, 200)), /class="value"/);
  const chart = await api.GET("/v1/impact-statistics/chart.svg", { params: { query: { type: "bar", group_by: ["indicator"], aggregate: "latest", lang: "sr-Cyrl", theme: "dark", unit: ["people"] } }, parseAs: "text" });
  assert.match(String(found(chart, 200)), /role="img"/);
  const painted = await api.GET("/v1/impact-statistics/chart.png", { params: { query: { width: 400, height: 300, measure: ["unit"] } }, parseAs: "arrayBuffer" });
  assert.equal(painted.response.headers.get("Content-Type"), "image/png");
  assert.ok(found(painted, 200));
  const framed = await api.GET("/embed/impact-statistics/chart", { params: { query: { lang: "tr" } }, parseAs: "text" });
  assert.match(String(found(framed, 200)), /<table>/);
  const poster = await api.GET("/v1/videos/{video}/poster.svg", { params: { path: { video }, query: { lang: "mk" } }, parseAs: "text" });
  assert.match(String(found(poster, 200)), /<svg /);
  const picture = await api.GET("/v1/videos/{video}/poster.png", { params: { path: { video }, query: { lang: "mk", width: 640 } }, parseAs: "arrayBuffer" });
  assert.equal(picture.response.headers.get("Content-Type"), "image/png");
  assert.ok(found(picture, 200));
  const data = found(await api.GET("/v1/videos/{video}/schema.jsonld", { params: { path: { video }, query: { lang: "mk" } } }), 200);
  assert.equal(data["@type"], "VideoObject");
  const chapters = found(await api.GET("/v1/videos/{video}/chapters.json", { params: { path: { video } } }), 200);
  assert.equal(chapters.version, "1.2.0");
  assert.match(String(found(await api.GET("/sitemap-videos.xml", { parseAs: "text" }), 200)), /<urlset /);
  // No reporting organisation is set, and the demo catalogue has no dates: the export reports what
  // is missing.
  const activities = refused(await api.GET("/iati/activities.xml", { params: { query: { incomplete: "omit" } }, parseAs: "text" }), 422);
  assert.equal(activities.errors?.[0]?.pointer, "/settings/KINOTEKA_IATI_REPORTING_ORG");
  refused(await api.GET("/iati/organisations.xml", { parseAs: "text" }), 422);
  const part = await api.GET("/sitemap-videos-{part}.xml", { params: { path: { part: 1 } }, parseAs: "text" });
  assert.match(String(found(part, 200)), /<urlset /);
}

// Topics: the life cycle of an item, with all write preconditions.
async function topics(api: Kinoteka): Promise<string> {
  const once = { "Idempotency-Key": '"a-topic-once"' };
  const body = {
    original_language: "en",
    status: "published",
    translations: { en: { name: "Shelters", status: "published" }, mk: { name: "Засолништа", status: "published" } },
  } satisfies Schemas["TopicInput"];
  const created = await api.POST("/v1/topics", { params: { header: once }, body });
  const topic = whole(found(created, 201));
  const again = await api.POST("/v1/topics", { params: { header: once }, body });
  assert.equal(whole(found(again, 201)).id, topic.id, "a repeated request creates no second topic");
  assert.equal(again.response.headers.get("Idempotent-Replayed"), "true");
  refused(await api.POST("/v1/topics", { params: { header: once }, body: { name: "Another" } }), 422);

  const path = { topic: topic.slug };
  const before = tag(await api.GET("/v1/topics/{topic}", { params: { path } }));
  const patched = await api.PATCH("/v1/topics/{topic}", {
    params: { path, header: { "If-Match": before } },
    headers: mergePatch,
    body: { description: "Where to go." },
  });
  assert.equal(whole(found(patched, 200)).description, "Where to go.");
  const lost = await api.PATCH("/v1/topics/{topic}", {
    params: { path, header: { "If-Match": before } },
    headers: mergePatch,
    body: { description: "Written over what came between." },
  });
  assert.ok(refused(lost, 412).type.endsWith("/problems/precondition-failed"));

  // The response of `lang=all` can be sent back unchanged.
  const all = whole(found(await api.GET("/v1/topics/{topic}", { params: { path, query: { lang: "all" } } }), 200));
  assert.deepEqual(Object.keys(all.translations ?? {}).sort(), ["en", "mk"]);
  const same = await api.PUT("/v1/topics/{topic}", { params: { path }, body: all });
  assert.equal(whole(found(same, 200)).revision, whole(found(patched, 200)).revision);

  empty(await api.DELETE("/v1/topics/{topic}", { params: { path } }), 204);
  refused(await api.GET("/v1/topics/{topic}", { params: { path } }), 410);
  assert.equal(whole(found(await api.POST("/v1/topics/{topic}/restore", { params: { path } }), 200)).name, "Shelters");
  return topic.slug;
}

// A saved query and its permanent URLs.
async function savedQueries(api: Kinoteka, topic: string): Promise<void> {
  const body = { name: "Shelters", kind: "video", query: `topic=${topic}&sort=title`, status: "published" } satisfies Schemas["SavedQueryInput"];
  const saved = whole(found(await api.POST("/v1/saved-queries", { body }), 201));
  refused(await api.POST("/v1/saved-queries", { body: { ...body, query: "contry=RS" } }), 422);
  const path = { saved_query: saved.slug };
  assert.equal(saved.page, saved.feeds.rss?.replace(/\.rss$/, ""));
  const feed = found(await api.GET("/f/{saved_query}.{format}", { params: { path: { ...path, format: "json" } } }), 200);
  assert.ok(typeof feed === "object" && feed.title === "Shelters");
  const page = await api.GET("/f/{saved_query}", { params: { path, query: { layout: "list" } }, parseAs: "text" });
  assert.match(String(found(page, 200)), /<h1>Shelters<\/h1>/);
  assert.match(String(found(await api.GET("/feeds/saved-queries.opml", { parseAs: "text" }), 200)), /<outline /);
  assert.ok(found(await api.GET("/v1/saved-queries", { params: { query: { kind: ["video"] } } }), 200).data.length > 0);
  const patched = await api.PATCH("/v1/saved-queries/{saved_query}", { params: { path }, headers: mergePatch, body: { query: "country=RS" } });
  assert.equal(whole(found(patched, 200)).query, "country=RS");
  assert.equal(whole(found(await api.GET("/v1/saved-queries/{saved_query}", { params: { path } }), 200)).kind, "video");
  found(await api.PUT("/v1/saved-queries/{saved_query}", { params: { path }, body }), 200);
  empty(await api.DELETE("/v1/saved-queries/{saved_query}", { params: { path } }), 204);
  found(await api.POST("/v1/saved-queries/{saved_query}/restore", { params: { path } }), 200);
}

async function partners(api: Kinoteka): Promise<string> {
  const body = { name: "Autonomous Women's Centre", kind: "civil_society", country: "RS", status: "published" } satisfies Schemas["PartnerInput"];
  const partner = whole(found(await api.POST("/v1/partners", { body }), 201));
  const path = { partner: partner.slug };
  assert.equal(whole(found(await api.GET("/v1/partners/{partner}", { params: { path } }), 200)).country?.code, "RS");
  const patched = await api.PATCH("/v1/partners/{partner}", { params: { path }, headers: mergePatch, body: { acronym: "AWC" } });
  assert.equal(whole(found(patched, 200)).acronym, "AWC");
  const replaced = await api.PUT("/v1/partners/{partner}", { params: { path }, body });
  assert.equal(whole(found(replaced, 200)).acronym, null, "PUT replaces the whole item");
  empty(await api.DELETE("/v1/partners/{partner}", { params: { path } }), 204);
  found(await api.POST("/v1/partners/{partner}/restore", { params: { path } }), 200);
  return partner.slug;
}

async function programmes(api: Kinoteka, partner: string): Promise<string> {
  const body = {
    title: "Safe at home",
    status: "published",
    start_date: "2025-01-01",
    countries: ["RS", { code: "BA" }],
    partners: [{ partner, role: "implementer" }],
    helplines: [{ name: "SOS", phone: "+381 11 000", country: "RS", languages: ["sr"] }],
  } satisfies Schemas["ProgrammeInput"];
  const programme = whole(found(await api.POST("/v1/programmes", { params: { query: { include: ["partners"] } }, body }), 201));
  const path = { programme: programme.slug };
  const shown = whole(found(await api.GET("/v1/programmes/{programme}", { params: { path } }), 200));
  assert.deepEqual(shown.countries.map((country) => country.code), ["RS", "BA"]);
  const patched = await api.PATCH("/v1/programmes/{programme}", { params: { path }, headers: mergePatch, body: { end_date: "2026-12-31" } });
  assert.equal(whole(found(patched, 200)).end_date, "2026-12-31");
  assert.equal(whole(found(await api.PUT("/v1/programmes/{programme}", { params: { path }, body }), 200)).end_date, null);
  empty(await api.DELETE("/v1/programmes/{programme}", { params: { path } }), 204);
  found(await api.POST("/v1/programmes/{programme}/restore", { params: { path } }), 200);
  return programme.slug;
}

async function videos(api: Kinoteka, programme: string, partner: string, topic: string): Promise<string> {
  const body = {
    title: "Наша прича",
    original_language: "sr-Cyrl",
    status: "published",
    duration_seconds: 312,
    spoken_languages: ["sr"],
    countries: ["RS"],
    programme: { slug: programme },
    partners: [{ partner, role: "producer" }],
    topics: [topic],
    sources: [{ kind: "youtube", url: "https://www.youtube.com/watch?v=dQw4w9WgXcQ" }],
    captions: [{ language: "en", kind: "subtitles", url: "https://media.example.org/nasa-prica.en.vtt" }],
    chapters: [{ start_seconds: 0, title: "Почетак" }],
  } satisfies Schemas["VideoInput"];
  // All errors of a body, each with a pointer.
  const wrong = refused(await api.POST("/v1/videos", { body: { ...body, duration_seconds: -1, programme: "no-such-programme" } }), 422);
  assert.deepEqual(wrong.errors?.map((error) => error.pointer).sort(), ["/duration_seconds", "/programme"]);
  const video = whole(found(await api.POST("/v1/videos", { body }), 201));
  const path = { video: video.slug };
  assert.equal(video.programme?.slug, programme);
  const latin = await api.GET("/v1/videos/{video}", { params: { path, query: { lang: "sr-Latn" } } });
  assert.equal(whole(found(latin, 200)).title, "Naša priča");
  const matches = found(await api.GET("/v1/videos", { params: { query: { q: "nasa prica", topic: [topic], programme: [programme] } } }), 200);
  assert.deepEqual(matches.data.map((found) => found.id), [video.id]);
  const renamed = await api.PATCH("/v1/videos/{video}", { params: { path }, headers: mergePatch, body: { slug: "our-story" } });
  assert.equal(whole(found(renamed, 200)).slug, "our-story");
  // The former slug redirects (308), and the client follows.
  assert.equal(whole(found(await api.GET("/v1/videos/{video}", { params: { path } }), 200)).slug, "our-story");
  const here = { video: "our-story" };
  const replaced = await api.PUT("/v1/videos/{video}", { params: { path: here }, body: { ...body, slug: "our-story", duration_seconds: 313 } });
  assert.equal(whole(found(replaced, 200)).duration_seconds, 313);
  await captions(api, "our-story");
  empty(await api.DELETE("/v1/videos/{video}", { params: { path: here } }), 204);
  found(await api.POST("/v1/videos/{video}/restore", { params: { path: here } }), 200);
  return "our-story";
}

// Captions are uploaded as WebVTT, returned in the other script, and searchable.
async function captions(api: Kinoteka, video: string): Promise<void> {
  const path = { video, language: "sr-Cyrl" };
  const body = "WEBVTT\n\n00:01.000 --> 00:03.500\nНасиље није приватна ствар.\n";
  const sent = { params: { path }, headers: { "Content-Type": "text/vtt" }, body, bodySerializer: (text: unknown) => String(text) };
  const track = found(await api.PUT("/v1/videos/{video}/captions/{language}", sent), 201);
  assert.equal(track.cue_count, 1);
  const latin = { params: { path: { video, language: "sr-Latn.vtt" } }, parseAs: "text" } as const;
  assert.match(String(found(await api.GET("/v1/videos/{video}/captions/{language}", latin), 200)), /Nasilje nije privatna stvar/);
  const tracks = found(await api.GET("/v1/videos/{video}/captions", { params: { path: { video } } }), 200);
  assert.deepEqual(tracks.data.map((one) => [one.language, one.transliterated]), [["sr-Cyrl", false], ["sr-Latn", true]]);
  const transcript = found(await api.GET("/v1/videos/{video}/transcript", { params: { path: { video }, query: { lang: "sr-Latn" } } }), 200);
  assert.equal(transcript.paragraphs[0]?.text, "Nasilje nije privatna stvar.");
  const hits = found(await api.GET("/v1/transcript-search", { params: { query: { q: "nasilja" } } }), 200);
  assert.equal(hits.data[0]?.start_seconds, 1);
  const everything = found(await api.GET("/v1/search", { params: { query: { q: "nasilja", kind: ["video"], facets: ["kind"] } } }), 200);
  assert.equal(everything.data.at(-1)?.id, hits.data[0]?.video.id, "transcripts rank below titles and descriptions");
  assert.equal(everything.facets?.["kind"]?.find((value) => value.value === "video")?.count, everything.data.length);
  const suggestions = found(await api.GET("/v1/suggest", { params: { query: { q: everything.data[0]?.title?.slice(0, 5) ?? "", kind: ["video"] } } }), 200);
  assert.ok(suggestions.data.every((one) => one.marked.includes("<mark>")));
  empty(await api.DELETE("/v1/videos/{video}/captions/{language}", { params: { path } }), 204);
}

async function indicators(api: Kinoteka, result: string): Promise<string> {
  const body = { label: "Women who went to court", result, unit: "women", ascending: true, time_aggregation: "sum", group_aggregation: "sum", status: "published", code: "5.2.1", vocabulary: "sdg" } satisfies Schemas["IndicatorInput"];
  const made = whole(found(await api.POST("/v1/indicators", { body }), 201));
  const path = { indicator: made.slug };
  const patched = await api.PATCH("/v1/indicators/{indicator}", { params: { path }, headers: mergePatch, body: { result_type: "outcome" } });
  assert.equal(whole(found(patched, 200)).result_type, "outcome");
  found(await api.PUT("/v1/indicators/{indicator}", { params: { path }, body }), 200);
  empty(await api.DELETE("/v1/indicators/{indicator}", { params: { path } }), 204);
  found(await api.POST("/v1/indicators/{indicator}/restore", { params: { path } }), 200);
  assert.equal(whole(found(await api.GET("/v1/indicators/{indicator}", { params: { path } }), 200)).code, "5.2.1");
  assert.ok(found(await api.GET("/v1/indicators", { params: { query: { vocabulary: ["sdg"] } } }), 200).data.length > 0);
  return made.slug;
}

async function results(api: Kinoteka, programme: string): Promise<string> {
  const body = { title: "Women are accompanied to court", level: "output", order: 10, programme, status: "published" } satisfies Schemas["ResultStatementInput"];
  const made = whole(found(await api.POST("/v1/results", { body }), 201));
  const path = { result: made.slug };
  const patched = await api.PATCH("/v1/results/{result}", { params: { path }, headers: mergePatch, body: { level: "outcome" } });
  assert.equal(whole(found(patched, 200)).level, "outcome");
  assert.equal(whole(found(await api.PUT("/v1/results/{result}", { params: { path }, body }), 200)).level, "output");
  empty(await api.DELETE("/v1/results/{result}", { params: { path } }), 204);
  found(await api.POST("/v1/results/{result}/restore", { params: { path } }), 200);
  assert.equal(whole(found(await api.GET("/v1/results/{result}", { params: { path } }), 200)).programme?.slug, programme);
  assert.deepEqual(found(await api.GET("/v1/results", { params: { query: { programme: [programme] } } }), 200).data.map((result) => result.slug), [made.slug]);
  return made.slug;
}

async function figures(api: Kinoteka, programme: string, video: string): Promise<void> {
  const indicator = await indicators(api, await results(api, programme));
  const body = {
    label: "Women who were accompanied to court",
    value: "1250.50",
    indicator,
    qualifier: "more_than",
    status: "published",
    programme,
    countries: ["RS"],
    evidence: [{ video, start_seconds: 10, end_seconds: 40, quote: { text: "Nobody should go there alone.", language: "en" } }],
    documents: [{ title: "Annual report", url: "https://example.org/report.pdf", media_type: "application/pdf", language: "en", page: 4 }],
    disaggregation: [{ dimension: "age", value: "18-29" }],
  } satisfies Schemas["ImpactStatisticInput"];
  const figure = whole(found(await api.POST("/v1/impact-statistics", { body }), 201));
  const path = { impact_statistic: figure.slug };
  const shown = whole(found(await api.GET("/v1/impact-statistics/{impact_statistic}", { params: { path } }), 200));
  assert.equal(shown.value, "1250.50", "values preserve every digit");
  assert.equal(shown.figure, "More than 1,250.50", "formatted values have their qualifier");
  assert.equal(shown.evidence[0]?.video.slug, video);
  assert.deepEqual([shown.unit, shown.time_aggregation, shown.value_number], ["women", "sum", 1250.5], "inherited from the indicator, and the value as a number");
  const shows = whole(found(await api.GET("/v1/videos/{video}", { params: { path: { video }, query: { include: ["impact_statistics"] } } }), 200));
  assert.equal(shows.impact_statistics?.[0]?.slug, figure.slug);
  assert.equal(found(await api.GET("/v1/videos", { params: { query: { statistic: [figure.slug] } } }), 200).data[0]?.slug, video);
  const patched = await api.PATCH("/v1/impact-statistics/{impact_statistic}", { params: { path }, headers: mergePatch, body: { value: 1300 } });
  assert.equal(whole(found(patched, 200)).value, "1300");
  found(await api.PUT("/v1/impact-statistics/{impact_statistic}", { params: { path }, body }), 200);
  // A video that is evidence cannot be deleted.
  refused(await api.DELETE("/v1/videos/{video}", { params: { path: { video } } }), 409);
  const summary = found(await api.GET("/v1/impact-statistics/summary", { params: { query: { indicator: [indicator], group_by: ["country", "dimension:age"] } } }), 200);
  assert.deepEqual([summary.data[0]?.sum?.figure, summary.data[0]?.keys[1]?.value], ["More than 1,250.50", "18-29"]);
  const series = found(await api.GET("/v1/indicators/{indicator}/series", { params: { path: { indicator }, query: { by: "country" } } }), 200);
  assert.deepEqual([series.series[0]?.key?.value, series.series[0]?.points[0]?.value], ["RS", "1250.50"]);
  // The same two as tables.
  const csv = { format: "csv" as const };
  const sums = await api.GET("/v1/impact-statistics/summary.{format}", { params: { path: csv, query: { indicator: [indicator], group_by: ["country"] } }, parseAs: "text" });
  assert.match(found(sums, 200), /1250\.50/);
  const points = await api.GET("/v1/indicators/{indicator}/series.{format}", { params: { path: { indicator, ...csv }, query: { by: "country" } }, parseAs: "text" });
  assert.match(found(points, 200), /1250\.50/);
  refused(await api.GET("/v1/impact-statistics/summary", { params: { query: { separate: false } } }), 422);
  empty(await api.DELETE("/v1/impact-statistics/{impact_statistic}", { params: { path } }), 204);
  found(await api.POST("/v1/impact-statistics/{impact_statistic}/restore", { params: { path } }), 200);
}

const document = await serviceRoutes(reader);
await readers(reader);
const topic = await topics(editor);
await savedQueries(editor, topic);
const partner = await partners(editor);
const programme = await programmes(editor, partner);
const video = await videos(editor, programme, partner, topic);
await figures(editor, programme, video);
await imports(editor, programme);
console.log(`all ${assertComplete(document)} operations of the document were called and match its types`);
