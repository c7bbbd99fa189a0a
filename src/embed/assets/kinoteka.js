"use strict";
// <kinoteka-videos>, <kinoteka-video> and <kinoteka-figure>: a Kinoteka catalogue on pages of other sites.
//
// Of a page's Content-Security-Policy it needs script-src, connect-src, img-src and frame-src for the server, and nothing else. It stores nothing
// and asks no other site for anything. Elements fetch what they show when they come near to what the visitor sees; what stands inside them is
// shown until then, and where something fails.
(() => {
  const WORDS = "{words}";
  const SCRIPT = document.currentScript ?? document.querySelector("script[src*='/embed/kinoteka']");
  const HOME = SCRIPT?.src.replace(/\/embed\/kinoteka[^/]*\.js([?#].*)?$/, "") || location.origin;
  const RIGHT_TO_LEFT = /^(ar|he|fa|ur|ps|yi|dv|ckb|sd|ug)(-(?!.*latn)|$)|-(arab|hebr|syrc|thaa|adlm|nkoo)\b/i;
  const LAYOUTS = ["grid", "list", "carousel"];
  const POSTER = [1280, 720];
  const FIELDS = {
    video: "slug,title,summary,language,original_language,content_note,translations,duration_seconds,programme,countries,sources,credits,licence",
    videos: "slug,title,language,original_language,content_note,translations,duration_seconds,programme,countries,sources",
    figure: "slug,label,language,figure,programme,partner,countries,period_start,period_end,disaggregation,source",
  };

  const SHEET = new CSSStyleSheet();
  SHEET.replaceSync(`
:host{display:block;color:var(--kinoteka-ink,inherit);font:var(--kinoteka-font,inherit);overflow-wrap:anywhere}
:host([hidden]){display:none}
*{box-sizing:border-box}
p,ul,dl,dd{margin:0;padding:0}
ul{list-style:none}
a{color:var(--kinoteka-accent,LinkText)}
a:focus-visible,button:focus-visible,ul:focus-visible{outline:3px solid var(--kinoteka-accent,Highlight);outline-offset:2px}
.card{container-type:inline-size;display:grid;gap:.4rem;align-content:start}
.stage{position:relative;aspect-ratio:16/9;overflow:hidden;background:#101014;border-radius:var(--kinoteka-radius,0)}
.stage img{display:block;width:100%;height:100%;object-fit:cover}
.play{position:absolute;inset:0;display:flex;align-items:flex-end;justify-content:center;width:100%;padding:0 0 5%;border:0;background:none;font:inherit;cursor:pointer}
.play span{background:var(--kinoteka-play-background,#000c);color:var(--kinoteka-play-ink,#fff);border:2px solid;border-radius:2rem;padding:.4rem 1.1rem;font-weight:600}
.play span::before{content:"▶ " / ""}
.play:hover span,.play:focus-visible span{background:var(--kinoteka-play-ink,#fff);color:#000}
.play:focus-visible{outline-offset:-6px}
@container (max-width:20rem){.play{padding-bottom:3%}.play span{padding:.2rem .8rem;font-size:.85em}}
iframe{display:block;width:100%;height:calc(56.25cqi + 12rem);border:0;border-radius:var(--kinoteka-radius,0)}
.title{font-weight:600}
.note{border-inline-start:4px solid var(--kinoteka-note,#b98300);padding-inline-start:.6rem}
.soft{font-size:.9em}
.cards{display:grid;gap:var(--kinoteka-gap,1rem);grid-template-columns:repeat(auto-fill,minmax(min(14rem,100%),1fr))}
.cards.list{grid-template-columns:minmax(0,40rem)}
.cards.carousel{grid-auto-flow:column;grid-template-columns:none;grid-auto-columns:min(16rem,80%);overflow-x:auto;scroll-snap-type:x mandatory;padding-bottom:.75rem}
.cards.carousel>li{scroll-snap-align:start}
.cards.grid>li:has(iframe){grid-column:1/-1}
nav{display:flex;gap:1rem;margin-block:.75rem}
nav button{font:inherit;padding:.4rem 1rem;color:inherit;background:none;border:1px solid;border-radius:var(--kinoteka-radius,.3rem);cursor:pointer}
.owed{display:grid;gap:.25rem;margin-block-start:.6rem}
.figure{font-size:var(--kinoteka-figure-size,clamp(1.8rem,9vw,3rem));font-weight:800;line-height:1.1}
.facts>div{display:flex;flex-wrap:wrap;gap:0 .5rem}
.facts dt::after{content:":"}
[role=status]:not(:empty){margin-block-end:.5rem}
`);

  // An element, its attributes and what stands in it; what is null is left out.
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value != null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child != null && child !== false));
    return element;
  };

  const web = (text, base) => {
    try {
      const url = new URL(text, base);
      return /^https?:$/.test(url.protocol) ? url : null;
    } catch {
      return null;
    }
  };

  // A link, if it leads to the web.
  const link = (address, attributes, ...children) => {
    const url = typeof address === "string" ? web(address) : null;
    return url ? make("a", { href: url.href, target: "_blank", rel: "noopener", ...attributes }, children) : make("span", attributes, children);
  };

  // A language tag that the server takes, as it is written (`cnr` is no `sr-ME`); pages often have others.
  const tag = (text) => {
    const written = text.trim().replaceAll("_", "-");
    try {
      Intl.getCanonicalLocales(written);
    } catch {
      return "";
    }
    return /^(all|und|x|mul|zxx)(-|$)/i.test(written) ? "" : written;
  };

  // The language of an element: its own, or that of what it stands in.
  const languageOf = (element) => {
    for (let node = element; node; node = node.getRootNode().host) {
      const near = node.closest("[lang]");
      if (near) return tag(near.lang);
    }
    return "";
  };

  // The language of what is said here, for a wish; that of the browser where there is none.
  const wordsFor = (wish) => {
    for (const wanted of wish ? [wish] : navigator.languages) {
      const [language, ...rest] = wanted.toLowerCase().split("-");
      if (["sr", "cnr"].includes(language)) return rest.includes("cyrl") ? "sr-Cyrl" : "sr-Latn";
      if (Object.hasOwn(WORDS, language)) return language;
    }
    return "en";
  };

  const direction = (language) => (RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");
  // The attributes of a text in a language, where that is another than the one around it.
  const inLanguage = (language, around) => (language && language !== around ? { lang: language, dir: direction(language) } : {});

  const clock = (seconds) => {
    const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  };

  // A span of days: whole years as years.
  const span = (start, end, language) => {
    if (!start && !end) return null;
    if (start?.endsWith("-01-01") && end?.endsWith("-12-31")) return [...new Set([start.slice(0, 4), end.slice(0, 4)])].join("–");
    const format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
    const [from, to] = [start, end].map((day) => (day ? format.format(new Date(`${day}T00:00:00Z`)) : ""));
    return from === to ? from : `${from} – ${to}`.trim();
  };

  // A warning is better in a foreign language than not given.
  const contentNote = (video) => {
    if (video.content_note) return [video.language, video.content_note];
    const noted = Object.entries(video.translations ?? {}).filter(([, text]) => text.content_note);
    const [language, text] = noted.find(([language]) => language === video.original_language) ?? noted[0] ?? [];
    return text && [language, text.content_note];
  };

  // What must be said with items: whom to credit, what to disclaim, the footnotes of their countries.
  const owed = (items, around) => {
    const said = new Map();
    for (const { programme, countries } of items) {
      for (const text of [programme?.credit_line, programme?.disclaimer]) if (text) said.set(text, programme.language);
      for (const country of countries ?? []) if (country.footnote) said.set(`${country.name}: ${country.footnote}`, "");
    }
    return [...said].map(([text, language]) => make("p", { class: "soft", part: "owed", ...inLanguage(language, around) }, text));
  };

  class Refusal extends Error {
    constructor(phrase, details = []) {
      super(phrase);
      this.details = details;
    }
  }

  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) entry.target.show();
  }, { rootMargin: "300px" });

  // What the three elements share: when they fetch, and how they say that they cannot.
  class Embedded extends HTMLElement {
    #isNear = false;
    #isAsked = false;
    #shown = false;
    #stop = null;
    #status = make("div", { role: "status", part: "message" });
    #content = make("div", { part: "content" });

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [SHEET];
      root.append(this.#status, this.#content);
      this.#fallBack();
    }

    connectedCallback() {
      watch.observe(this);
    }

    disconnectedCallback() {
      watch.unobserve(this);
      this.#stop?.abort();
    }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this.#isNear || this.#isAsked) return;
      this.#shown = false;
      this.#isAsked = true;
      // Several attributes are often set one after the other.
      queueMicrotask(() => {
        this.#isAsked = false;
        if (this.isConnected) this.show();
      });
    }

    // Fetches and draws, unless that is done.
    async show(more = {}) {
      this.#isNear = true;
      if (this.#shown && !more.cursor) return;
      this.#shown = true;
      this.#stop?.abort();
      const stop = (this.#stop = new AbortController());
      this.wish = languageOf(this);
      this.words = wordsFor(this.wish);
      try {
        this.home = web(this.getAttribute("server") ?? HOME, document.baseURI)?.href.replace(/\/$/, "");
        const drawn = this.draw(await this.#fetch(this.address(more), stop.signal), more);
        if (stop.signal.aborted) return;
        this.#say();
        this.#around(this.#content);
        this.#content.replaceChildren(...drawn);
        if (more.cursor) this.#content.querySelector("ul")?.focus();
      } catch (error) {
        if (stop.signal.aborted) {
          // What was taken out while it was fetched is fetched again when it comes back.
          if (this.#stop === stop) this.#shown = false;
          return;
        }
        if (!(error instanceof Refusal)) console.warn(error);
        this.#fallBack();
        const [phrase, details] = error instanceof Refusal ? [error.message, error.details] : ["try_again", []];
        // Tried again when the visitor comes back to it.
        this.#shown = phrase !== "try_again";
        this.#say(phrase, details);
      }
    }

    async #fetch(address, signal) {
      if (!this.home || !address) throw new Refusal("unavailable");
      const answer = await fetch(this.home + address, { signal, credentials: "omit", headers: { Accept: "application/json" } });
      if (answer.ok) return answer.json();
      if (answer.status === 410) throw new Refusal("removed");
      if (answer.status === 404) throw new Refusal("unavailable");
      if (answer.status >= 500) throw new Refusal("try_again");
      const problem = await answer.json().catch(() => ({}));
      throw new Refusal("not_understood", problem.errors?.map(({ parameter, detail }) => (parameter ? `${parameter}: ${detail}` : detail)) ?? [problem.detail].filter(Boolean));
    }

    // What stands inside the element is there for those who see nothing else.
    #fallBack() {
      this.#content.replaceChildren(make("slot", {}));
      for (const name of ["lang", "dir"]) this.#content.removeAttribute(name);
    }

    #around(element) {
      element.lang = this.words;
      element.dir = direction(this.words);
    }

    #say(phrase, details = []) {
      this.#around(this.#status);
      this.#status.replaceChildren(...(phrase ? [make("p", {}, this.say(phrase))] : []));
      if (details.length) {
        this.#status.append(make("ul", { class: "soft", lang: "en", dir: "ltr" }, details.map((detail) => make("li", {}, detail))));
      }
    }

    say(phrase, what) {
      return WORDS[this.words][phrase].replace("{}", () => what);
    }

    // The address of what is read, with the parameters that every element needs.
    query(kind, include, parameters = new URLSearchParams()) {
      if (this.wish && (this.hasAttribute("lang") || !parameters.has("lang"))) parameters.set("lang", this.wish);
      if (parameters.get("lang") === "all") parameters.delete("lang");
      parameters.set("fields", FIELDS[kind]);
      parameters.set("include", include);
      return parameters;
    }

    embed(kind, slug, wish = this.wish) {
      return `${this.home}/embed/${kind}/${encodeURIComponent(slug)}${wish ? `?lang=${wish}` : ""}`;
    }

    // A video: its picture and what is to be known before it is played. The server's page of it is loaded by the visitor, not before.
    card(video, isAlone, wish) {
      const [noteLanguage, note] = contentNote(video) ?? [];
      const playable = video.sources.some((source) => source.kind !== "page");
      const [page] = video.sources;
      const warning = note && make("p", { class: "note", part: "note", id: `note-${video.slug}` },
        make("strong", {}, `${this.say("content_note")}:`), " ", make("span", inLanguage(noteLanguage, this.words), note));
      const poster = `${this.home}/v1/videos/${encodeURIComponent(video.slug)}/poster.svg?lang=${video.language}`;
      const address = this.embed("videos", video.slug, wish);
      const button = playable && make("button", { type: "button", class: "play", part: "play", "aria-label": `${this.say("play")}: ${video.title}`, "aria-describedby": note && `note-${video.slug}` },
        make("span", {}, this.say("play")));
      const site = page && web(page.url);
      const card = make("div", { class: "card", part: "card" },
        isAlone && warning,
        make("div", { class: "stage", part: "stage" },
          make("img", { src: poster, alt: "", loading: "lazy", width: POSTER[0], height: POSTER[1], part: "poster" }), button),
        make("p", {}, link(address, { class: "title", part: "title", ...inLanguage(video.language, this.words) }, video.title),
          video.duration_seconds && [" ", make("span", { class: "soft", part: "duration" }, clock(video.duration_seconds))]),
        !isAlone && warning,
        !playable && make("p", { class: "soft" }, site ? link(page.url, {}, this.say("watch_on", site.hostname.replace(/^www\./, ""))) : this.say("no_video")));
      if (button) {
        button.addEventListener("click", () => {
          const frame = make("iframe", { src: address, title: video.title, part: "frame", allow: "autoplay; fullscreen; picture-in-picture; encrypted-media", referrerpolicy: "strict-origin-when-cross-origin" });
          // The page says all that stands here, too.
          card.replaceChildren(frame);
          frame.focus();
        });
      }
      return card;
    }
  }

  class Videos extends Embedded {
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

    address({ cursor }) {
      const asked = new URLSearchParams(this.getAttribute("query") ?? "");
      const parameters = this.query("videos", "programme,translations", asked);
      this.listWish = tag(parameters.get("lang") ?? "");
      if (this.listWish) this.words = wordsFor(this.listWish);
      if (cursor) {
        parameters.delete("offset");
        parameters.set("cursor", cursor);
      }
      return `/v1/videos?${parameters}`;
    }

    draw({ data, page }) {
      const turn = (phrase, cursor) => {
        const button = cursor && make("button", { type: "button", part: "page" }, this.say(phrase));
        if (button) button.addEventListener("click", () => this.show({ cursor }));
        return button;
      };
      const turns = [turn("previous_page", page.prev_cursor), turn("next_page", page.next_cursor)].filter(Boolean);
      const cards = data.map((video) => make("li", {}, this.card(video, false, this.listWish)));
      return [
        cards.length
          ? make("ul", { class: `cards ${this.layout()}`, part: "list", role: "list", tabindex: "-1", "aria-label": this.say("videos") }, cards)
          : make("p", { part: "empty" }, this.say("nothing_found")),
        ...(turns.length ? [make("nav", { part: "pages", "aria-label": this.say("pages") }, turns)] : []),
        make("div", { class: "owed" }, owed(data, this.words)),
      ];
    }
  }

  class Video extends Embedded {
    static observedAttributes = ["server", "video", "lang"];

    address() {
      const name = this.getAttribute("video")?.trim();
      return name && `/v1/videos/${encodeURIComponent(name)}?${this.query("video", "programme,translations")}`;
    }

    draw(video) {
      const { programme, countries } = video;
      const own = inLanguage(video.language, this.words);
      const codes = countries.map((country) => country.code);
      const helplines = (programme?.helplines ?? []).filter((one) => !codes.length || !one.country || codes.includes(one.country));
      const card = this.card(video, true, this.wish);
      const about = [
        video.summary && make("p", { part: "summary", ...own }, video.summary),
        helplines.length > 0 && make("p", { class: "title" }, this.say("helplines")),
        helplines.length > 0 && make("ul", { part: "helplines" }, helplines.map(({ name, country, phone, url }) =>
          make("li", {}, [link(url, {}, name), country && `(${countries.find((one) => one.code === country)?.name ?? country})`, phone].filter(Boolean).flatMap((part) => [part, " "])))),
        programme?.title && make("p", { class: "soft", part: "programme", ...inLanguage(programme.language, this.words) }, programme.title),
        video.credits.length > 0 && make("p", { class: "soft", part: "credits" }, video.credits.map(({ name, role }) => (role ? `${name} (${role})` : name)).join(", ")),
        video.licence && make("p", { class: "soft", part: "owed" }, `${this.say("licence")}: ${video.licence}`),
        ...owed([video], this.words),
      ];
      card.append(...about.filter(Boolean));
      return [card];
    }
  }

  class Figure extends Embedded {
    static observedAttributes = ["server", "statistic", "lang"];

    address() {
      const name = this.getAttribute("statistic")?.trim();
      return name && `/v1/impact-statistics/${encodeURIComponent(name)}?${this.query("figure", "programme")}`;
    }

    draw(statistic) {
      const { source, programme, partner } = statistic;
      const period = span(statistic.period_start, statistic.period_end, this.words);
      const facts = [
        ...statistic.disaggregation.map(({ dimension, value }) => [dimension, value]),
        period && [this.say("period"), period],
        source && [this.say("source"), link(source.url, {}, source.text ?? source.url)],
      ].filter(Boolean);
      return [
        statistic.figure && make("p", { class: "figure", part: "figure" }, statistic.figure),
        make("p", {}, link(this.embed("impact-statistics", statistic.slug), { class: "title", part: "label", ...inLanguage(statistic.language, this.words) }, statistic.label)),
        facts.length > 0 && make("dl", { class: "facts soft", part: "facts" }, facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
        make("div", { class: "owed" },
          [programme, partner].filter(Boolean).map((one) => make("p", { class: "soft", part: "programme" }, one.title)),
          owed([statistic], this.words)),
      ].filter(Boolean);
    }
  }

  for (const [name, element] of [["kinoteka-videos", Videos], ["kinoteka-video", Video], ["kinoteka-figure", Figure]]) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
})();
