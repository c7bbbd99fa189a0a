"use strict";
// <kinoteka-videos>, <kinoteka-video> and <kinoteka-figure>: web components that show a Kinoteka catalogue on other sites.
//
// A page's Content-Security-Policy must allow the server in script-src, connect-src, img-src and frame-src. Nothing is stored, and there are no
// third-party requests. An element loads its data when it comes near the viewport; until then, and if loading fails, its light DOM is shown.
(() => {
  const MESSAGES = "{messages}";
  const SCRIPT = document.currentScript ?? document.querySelector("script[src*='/embed/kinoteka']");
  const SERVER = SCRIPT?.src.replace(/\/embed\/kinoteka[^/]*\.js([?#].*)?$/, "") || location.origin;
  const RIGHT_TO_LEFT = /^(ar|he|fa|ur|ps|yi|dv|ckb|sd|ug)(-(?!.*latn)|$)|-(arab|hebr|syrc|thaa|adlm|nkoo)\b/i;
  const LAYOUTS = ["grid", "list", "carousel"];
  const POSTER = [1280, 720];
  const FIELDS = {
    video: "slug,title,summary,language,original_language,content_note,translations,duration_seconds,programme,countries,sources,credits,licence",
    videos: "slug,title,language,original_language,content_note,translations,duration_seconds,programme,countries,sources",
    figure: "slug,label,language,figure,programme,partner,countries,period_start,period_end,disaggregation,source",
  };

  const STYLE_SHEET = new CSSStyleSheet();
  STYLE_SHEET.replaceSync(`
:host{display:block;color:var(--kinoteka-text-color,inherit);font:var(--kinoteka-font,inherit);overflow-wrap:anywhere}
:host([hidden]){display:none}
*{box-sizing:border-box}
p,ul,dl,dd{margin:0;padding:0}
ul{list-style:none}
a{color:var(--kinoteka-accent-color,LinkText)}
a:focus-visible,button:focus-visible,ul:focus-visible{outline:3px solid var(--kinoteka-accent-color,Highlight);outline-offset:2px}
.card{container-type:inline-size;display:grid;gap:.4rem;align-content:start}
.player{position:relative;aspect-ratio:16/9;overflow:hidden;background:#101014;border-radius:var(--kinoteka-radius,0)}
.player img{display:block;width:100%;height:100%;object-fit:cover}
.play{position:absolute;inset:0;display:flex;align-items:flex-end;justify-content:center;width:100%;padding:0 0 5%;border:0;background:none;font:inherit;cursor:pointer}
.play span{background:var(--kinoteka-play-background,#000c);color:var(--kinoteka-play-text-color,#fff);border:2px solid;border-radius:2rem;padding:.4rem 1.1rem;font-weight:600}
.play span::before{content:"▶ " / ""}
.play:hover span,.play:focus-visible span{background:var(--kinoteka-play-text-color,#fff);color:#000}
.play:focus-visible{outline-offset:-6px}
@container (max-width:20rem){.play{padding-bottom:3%}.play span{padding:.2rem .8rem;font-size:.85em}}
iframe{display:block;width:100%;height:calc(56.25cqi + 12rem);border:0;border-radius:var(--kinoteka-radius,0)}
.title{font-weight:600}
.note{border-inline-start:4px solid var(--kinoteka-note-color,#b98300);padding-inline-start:.6rem}
.muted{font-size:.9em}
.cards{display:grid;gap:var(--kinoteka-gap,1rem);grid-template-columns:repeat(auto-fill,minmax(min(14rem,100%),1fr))}
.cards.list{grid-template-columns:minmax(0,40rem)}
.cards.carousel{grid-auto-flow:column;grid-template-columns:none;grid-auto-columns:min(16rem,80%);overflow-x:auto;scroll-snap-type:x mandatory;padding-bottom:.75rem}
.cards.carousel>li{scroll-snap-align:start}
.cards.grid>li:has(iframe){grid-column:1/-1}
nav{display:flex;gap:1rem;margin-block:.75rem}
nav button{font:inherit;padding:.4rem 1rem;color:inherit;background:none;border:1px solid;border-radius:var(--kinoteka-radius,.3rem);cursor:pointer}
.attribution{display:grid;gap:.25rem;margin-block-start:.6rem}
.value{font-size:var(--kinoteka-value-size,clamp(1.8rem,9vw,3rem));font-weight:800;line-height:1.1}
.details>div{display:flex;flex-wrap:wrap;gap:0 .5rem}
.details dt::after{content:":"}
[role=status]:not(:empty){margin-block-end:.5rem}
`);

  // Creates an element with attributes and children; null and false values are omitted.
  const createElement = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value != null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child != null && child !== false));
    return element;
  };

  const parseWebUrl = (text, base) => {
    try {
      const url = new URL(text, base);
      return /^https?:$/.test(url.protocol) ? url : null;
    } catch {
      return null;
    }
  };

  // A link if the URL is an http(s) URL, otherwise a span.
  const link = (href, attributes, ...children) => {
    const url = typeof href === "string" ? parseWebUrl(href) : null;
    return url ? createElement("a", { href: url.href, target: "_blank", rel: "noopener", ...attributes }, children) : createElement("span", attributes, children);
  };

  // A language tag that the server accepts, or an empty string. Not canonicalized: `cnr` must not become `sr-ME`.
  const normalizeLanguageTag = (text) => {
    const normalized = text.trim().replaceAll("_", "-");
    try {
      Intl.getCanonicalLocales(normalized);
    } catch {
      return "";
    }
    return /^(all|und|x|mul|zxx)(-|$)/i.test(normalized) ? "" : normalized;
  };

  // The language of an element, inherited from its ancestors across shadow roots.
  const languageOf = (element) => {
    for (let node = element; node; node = node.getRootNode().host) {
      const ancestor = node.closest("[lang]");
      if (ancestor) return normalizeLanguageTag(ancestor.lang);
    }
    return "";
  };

  // The language of messages for a preferred language; falls back to the languages of the browser.
  const uiLanguageFor = (preferred) => {
    for (const candidate of preferred ? [preferred] : navigator.languages) {
      const [language, ...rest] = candidate.toLowerCase().split("-");
      if (["sr", "cnr"].includes(language)) return rest.includes("cyrl") ? "sr-Cyrl" : "sr-Latn";
      if (Object.hasOwn(MESSAGES, language)) return language;
    }
    return "en";
  };

  const direction = (language) => (RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");
  // Attributes of a text whose language differs from the surrounding language.
  const inLanguage = (language, surrounding) => (language && language !== surrounding ? { lang: language, dir: direction(language) } : {});

  const clock = (seconds) => {
    const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  };

  // Formats a date range; whole years as years.
  const span = (start, end, language) => {
    if (!start && !end) return null;
    if (start?.endsWith("-01-01") && end?.endsWith("-12-31")) return [...new Set([start.slice(0, 4), end.slice(0, 4)])].join("–");
    const format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
    const [from, to] = [start, end].map((day) => (day ? format.format(new Date(`${day}T00:00:00Z`)) : ""));
    return from === to ? from : `${from} – ${to}`.trim();
  };

  // The content note, in another language if the language of the video has none.
  const contentNote = (video) => {
    if (video.content_note) return [video.language, video.content_note];
    const noted = Object.entries(video.translations ?? {}).filter(([, text]) => text.content_note);
    const [language, text] = noted.find(([language]) => language === video.original_language) ?? noted[0] ?? [];
    return text && [language, text.content_note];
  };

  // Required attribution of items: credit lines, disclaimers and country footnotes.
  const attribution = (items, surrounding) => {
    const lines = new Map();
    for (const { programme, countries } of items) {
      for (const text of [programme?.credit_line, programme?.disclaimer]) if (text) lines.set(text, programme.language);
      for (const country of countries ?? []) if (country.footnote) lines.set(`${country.name}: ${country.footnote}`, "");
    }
    return [...lines].map(([text, language]) => createElement("p", { class: "muted", part: "attribution", ...inLanguage(language, surrounding) }, text));
  };

  class DisplayError extends Error {
    constructor(messageKey, details = []) {
      super(messageKey);
      this.details = details;
    }
  }

  const visibilityObserver = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) entry.target.show();
  }, { rootMargin: "300px" });

  // Base class of the elements: lazy loading, language and error messages.
  class KinotekaElement extends HTMLElement {
    #isNear = false;
    #isUpdateQueued = false;
    #shown = false;
    #abortController = null;
    #status = createElement("div", { role: "status", part: "message" });
    #content = createElement("div", { part: "content" });

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [STYLE_SHEET];
      root.append(this.#status, this.#content);
      this.#fallBack();
    }

    connectedCallback() {
      visibilityObserver.observe(this);
    }

    disconnectedCallback() {
      visibilityObserver.unobserve(this);
      this.#abortController?.abort();
    }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this.#isNear || this.#isUpdateQueued) return;
      this.#shown = false;
      this.#isUpdateQueued = true;
      // Batches updates of several attributes.
      queueMicrotask(() => {
        this.#isUpdateQueued = false;
        if (this.isConnected) this.show();
      });
    }

    // Loads and renders the data once.
    async show(more = {}) {
      this.#isNear = true;
      if (this.#shown && !more.cursor) return;
      this.#shown = true;
      this.#abortController?.abort();
      const controller = (this.#abortController = new AbortController());
      this.language = languageOf(this);
      this.uiLanguage = uiLanguageFor(this.language);
      try {
        this.server = parseWebUrl(this.getAttribute("server") ?? SERVER, document.baseURI)?.href.replace(/\/$/, "");
        const nodes = this.render(await this.#fetch(this.requestPath(more), controller.signal), more);
        if (controller.signal.aborted) return;
        this.#showMessage();
        this.#setLanguage(this.#content);
        this.#content.replaceChildren(...nodes);
        if (more.cursor) this.#content.querySelector("ul")?.focus();
      } catch (error) {
        if (controller.signal.aborted) {
          // Removed while loading: loads again when reconnected.
          if (this.#abortController === controller) this.#shown = false;
          return;
        }
        if (!(error instanceof DisplayError)) console.warn(error);
        this.#fallBack();
        const [messageKey, details] = error instanceof DisplayError ? [error.message, error.details] : ["try_again", []];
        // Retried the next time the element becomes visible.
        this.#shown = messageKey !== "try_again";
        this.#showMessage(messageKey, details);
      }
    }

    async #fetch(path, signal) {
      if (!this.server || !path) throw new DisplayError("unavailable");
      const response = await fetch(this.server + path, { signal, credentials: "omit", headers: { Accept: "application/json" } });
      if (response.ok) return response.json();
      if (response.status === 410) throw new DisplayError("removed");
      if (response.status === 404) throw new DisplayError("unavailable");
      if (response.status >= 500) throw new DisplayError("try_again");
      const problem = await response.json().catch(() => ({}));
      throw new DisplayError("not_understood", problem.errors?.map(({ parameter, detail }) => (parameter ? `${parameter}: ${detail}` : detail)) ?? [problem.detail].filter(Boolean));
    }

    // Shows the light DOM.
    #fallBack() {
      this.#content.replaceChildren(createElement("slot", {}));
      for (const name of ["lang", "dir"]) this.#content.removeAttribute(name);
    }

    #setLanguage(element) {
      element.lang = this.uiLanguage;
      element.dir = direction(this.uiLanguage);
    }

    #showMessage(messageKey, details = []) {
      this.#setLanguage(this.#status);
      this.#status.replaceChildren(...(messageKey ? [createElement("p", {}, this.message(messageKey))] : []));
      if (details.length) {
        this.#status.append(createElement("ul", { class: "muted", lang: "en", dir: "ltr" }, details.map((detail) => createElement("li", {}, detail))));
      }
    }

    message(key, value) {
      return MESSAGES[this.uiLanguage][key].replace("{}", () => value);
    }

    // Query parameters common to all requests.
    query(kind, include, parameters = new URLSearchParams()) {
      if (this.language && (this.hasAttribute("lang") || !parameters.has("lang"))) parameters.set("lang", this.language);
      if (parameters.get("lang") === "all") parameters.delete("lang");
      parameters.set("fields", FIELDS[kind]);
      parameters.set("include", include);
      return parameters;
    }

    embedUrl(kind, slug, language = this.language) {
      return `${this.server}/embed/${kind}/${encodeURIComponent(slug)}${language ? `?lang=${language}` : ""}`;
    }

    // A video with poster and content note. The embed page is loaded when the visitor presses play.
    card(video, isSingle, language) {
      const [noteLanguage, note] = contentNote(video) ?? [];
      const playable = video.sources.some((source) => source.kind !== "page");
      const [page] = video.sources;
      const warning = note && createElement("p", { class: "note", part: "note", id: `note-${video.slug}` },
        createElement("strong", {}, `${this.message("content_note")}:`), " ", createElement("span", inLanguage(noteLanguage, this.uiLanguage), note));
      const poster = `${this.server}/v1/videos/${encodeURIComponent(video.slug)}/poster.svg?lang=${video.language}`;
      const embedUrl = this.embedUrl("videos", video.slug, language);
      const button = playable && createElement("button", { type: "button", class: "play", part: "play", "aria-label": `${this.message("play")}: ${video.title}`, "aria-describedby": note && `note-${video.slug}` },
        createElement("span", {}, this.message("play")));
      const site = page && parseWebUrl(page.url);
      const card = createElement("div", { class: "card", part: "card" },
        isSingle && warning,
        createElement("div", { class: "player", part: "player" },
          createElement("img", { src: poster, alt: "", loading: "lazy", width: POSTER[0], height: POSTER[1], part: "poster" }), button),
        createElement("p", {}, link(embedUrl, { class: "title", part: "title", ...inLanguage(video.language, this.uiLanguage) }, video.title),
          video.duration_seconds && [" ", createElement("span", { class: "muted", part: "duration" }, clock(video.duration_seconds))]),
        !isSingle && warning,
        !playable && createElement("p", { class: "muted" }, site ? link(page.url, {}, this.message("watch_on", site.hostname.replace(/^www\./, ""))) : this.message("no_video")));
      if (button) {
        button.addEventListener("click", () => {
          const frame = createElement("iframe", { src: embedUrl, title: video.title, part: "frame", allow: "autoplay; fullscreen; picture-in-picture; encrypted-media", referrerpolicy: "strict-origin-when-cross-origin" });
          // The embed page has all of this card.
          card.replaceChildren(frame);
          frame.focus();
        });
      }
      return card;
    }
  }

  class Videos extends KinotekaElement {
    static observedAttributes = ["server", "query", "lang", "layout"];

    attributeChangedCallback(name, before, now) {
      const list = name === "layout" && this.shadowRoot.querySelector(".cards");
      if (list) list.className = `cards ${this.layout()}`;
      else if (name !== "layout") super.attributeChangedCallback(name, before, now);
    }

    layout() {
      const layout = this.getAttribute("layout");
      return LAYOUTS.includes(layout) ? layout : LAYOUTS[0];
    }

    requestPath({ cursor }) {
      const requested = new URLSearchParams(this.getAttribute("query") ?? "");
      const parameters = this.query("videos", "programme,translations", requested);
      this.listLanguage = normalizeLanguageTag(parameters.get("lang") ?? "");
      if (this.listLanguage) this.uiLanguage = uiLanguageFor(this.listLanguage);
      if (cursor) {
        parameters.delete("offset");
        parameters.set("cursor", cursor);
      }
      return `/v1/videos?${parameters}`;
    }

    render({ data, page }) {
      const pageButton = (messageKey, cursor) => {
        const button = cursor && createElement("button", { type: "button", part: "page" }, this.message(messageKey));
        if (button) button.addEventListener("click", () => this.show({ cursor }));
        return button;
      };
      const pageButtons = [pageButton("previous_page", page.prev_cursor), pageButton("next_page", page.next_cursor)].filter(Boolean);
      const cards = data.map((video) => createElement("li", {}, this.card(video, false, this.listLanguage)));
      return [
        cards.length
          ? createElement("ul", { class: `cards ${this.layout()}`, part: "list", role: "list", tabindex: "-1", "aria-label": this.message("videos") }, cards)
          : createElement("p", { part: "empty" }, this.message("nothing_found")),
        ...(pageButtons.length ? [createElement("nav", { part: "pages", "aria-label": this.message("pages") }, pageButtons)] : []),
        createElement("div", { class: "attribution" }, attribution(data, this.uiLanguage)),
      ];
    }
  }

  class Video extends KinotekaElement {
    static observedAttributes = ["server", "video", "lang"];

    requestPath() {
      const idOrSlug = this.getAttribute("video")?.trim();
      return idOrSlug && `/v1/videos/${encodeURIComponent(idOrSlug)}?${this.query("video", "programme,translations")}`;
    }

    render(video) {
      const { programme, countries } = video;
      const videoLanguage = inLanguage(video.language, this.uiLanguage);
      const codes = countries.map((country) => country.code);
      const helplines = (programme?.helplines ?? []).filter((one) => !codes.length || !one.country || codes.includes(one.country));
      const card = this.card(video, true, this.language);
      const about = [
        video.summary && createElement("p", { part: "summary", ...videoLanguage }, video.summary),
        helplines.length > 0 && createElement("p", { class: "title" }, this.message("helplines")),
        helplines.length > 0 && createElement("ul", { part: "helplines" }, helplines.map(({ name, country, phone, url }) =>
          createElement("li", {}, [link(url, {}, name), country && `(${countries.find((one) => one.code === country)?.name ?? country})`, phone].filter(Boolean).flatMap((part) => [part, " "])))),
        programme?.title && createElement("p", { class: "muted", part: "programme", ...inLanguage(programme.language, this.uiLanguage) }, programme.title),
        video.credits.length > 0 && createElement("p", { class: "muted", part: "credits" }, video.credits.map(({ name, role }) => (role ? `${name} (${role})` : name)).join(", ")),
        video.licence && createElement("p", { class: "muted", part: "attribution" }, `${this.message("licence")}: ${video.licence}`),
        ...attribution([video], this.uiLanguage),
      ];
      card.append(...about.filter(Boolean));
      return [card];
    }
  }

  class Statistic extends KinotekaElement {
    static observedAttributes = ["server", "statistic", "lang"];

    requestPath() {
      const idOrSlug = this.getAttribute("statistic")?.trim();
      return idOrSlug && `/v1/impact-statistics/${encodeURIComponent(idOrSlug)}?${this.query("figure", "programme")}`;
    }

    render(statistic) {
      const { source, programme, partner } = statistic;
      const period = span(statistic.period_start, statistic.period_end, this.uiLanguage);
      const details = [
        ...statistic.disaggregation.map(({ dimension, value }) => [dimension, value]),
        period && [this.message("period"), period],
        source && [this.message("source"), link(source.url, {}, source.text ?? source.url)],
      ].filter(Boolean);
      return [
        statistic.figure && createElement("p", { class: "value", part: "value" }, statistic.figure),
        createElement("p", {}, link(this.embedUrl("impact-statistics", statistic.slug), { class: "title", part: "label", ...inLanguage(statistic.language, this.uiLanguage) }, statistic.label)),
        details.length > 0 && createElement("dl", { class: "details muted", part: "details" }, details.map(([name, value]) => createElement("div", {}, createElement("dt", {}, name), createElement("dd", {}, value)))),
        createElement("div", { class: "attribution" },
          [programme, partner].filter(Boolean).map((one) => createElement("p", { class: "muted", part: "programme" }, one.title)),
          attribution([statistic], this.uiLanguage)),
      ].filter(Boolean);
    }
  }

  for (const [name, element] of [["kinoteka-videos", Videos], ["kinoteka-video", Video], ["kinoteka-figure", Statistic]]) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
})();
