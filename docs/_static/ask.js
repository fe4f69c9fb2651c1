// The box of the search, and those above the list of errors and the table of hangs: what is typed or pasted there is looked up on this page,
// as one types, and goes nowhere else.
(() => {
  const form = document.querySelector("form.ask");
  const box = form.querySelector("textarea");
  const kind = form.dataset.ask;
  const start = new URL("..", document.currentScript.src); // of the site
  const [summary, list, notes] = [".search-summary", ".ask-results", ".ask-notes"].map((name) => document.querySelector(name));
  const site = (globalThis.siteSearch ??= {});

  /** Fetch what looks things up, once; as script elements, which also work from a file. */
  const fetched = new Map();
  const NEEDS = { search: ["search_index.js"], errors: ["search.js", "search_messages.js", "boxes.js"], hang: ["hangs.js", "search_hangs.js", "boxes.js"] };
  function load(names = NEEDS[kind]) {
    const fetch = (name) => new Promise((done, failed) => {
      const script = Object.assign(document.createElement("script"), { src: new URL(`_static/${name}`, start), onload: done, onerror: failed });
      document.head.append(script);
    });
    return Promise.all(names.map((name) => fetched.get(name) ?? fetched.set(name, fetch(name)).get(name)));
  }

  function element(name, content, properties = {}) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...[content].flat());
    return made;
  }

  const link = ({ name, hash }) => new URL(`${name}.html${hash}`, start).href;
  const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;
  const short = (text, most) => (text.length > most ? `${text.slice(0, most)} …` : text);

  function item(result, words) {
    const { title, label, heading, text, said, wording } = result;
    const anchor = element("a", label && label !== title ? `${title} › ${label}` : title ?? heading);
    // As the page has it: a relative address
    anchor.setAttribute("href", kind === "search" ? `${result.name}.html${result.hash}` : link(result));
    if (words) anchor.addEventListener("click", () => keep("marks", JSON.stringify(words)));
    const parts = [anchor];
    if (text) parts.push(element("p", text));
    if (said) parts.push(element("p", ["Your paste says ", element("code", short(said, 160)), said.includes(wording) ? "" : ["; here it is ", element("code", wording)]].flat(), { className: "why" }));
    return element("li", parts);
  }

  function keep(name, text) {
    try { sessionStorage.setItem(name, text); } catch { /* not allowed: nothing is kept */ }
  }

  const places = (text) => [
    text, " ", element("a", "The list of all messages", { href: new URL("reference/errors.html", start).href }), " and ",
    element("a", "Debug a hang", { href: new URL("guides/debug_a_hang.html", start).href }), " may help.",
  ];

  function show(found) {
    const { results, near = [], searched, missing = [], unknown, isMessage } = found;
    summary.textContent = !unknown ? `Search finished: ${many(results.length, "section", "sections")}.`
      : isMessage ? "This message is not known here: it did not match any entry." : "The search did not match any section.";
    list.replaceChildren(...results.map((result) => item(result, isMessage ? null : searched)));
    const said = [];
    if (isMessage) said.push(element("p", ["Looked for: ", ...searched.slice(0, 4).flatMap((text, number) => [number ? ", " : "", element("code", short(text, 120))])]));
    else if (missing.length) said.push(element("p", ["Not on this site: ", element("b", missing.join(", ")), "."]));
    if (unknown) {
      said.push(element("p", places(isMessage ? "No entry here has this message." : "Nothing here is about that.")));
      if (near.length) said.push(element("p", "The nearest, which may well be about something else:"), element("ul", near.map((result) => item({ ...result, said: null })), { className: "near" }));
    }
    notes.replaceChildren(...said);
  }

  function clear() {
    summary.textContent = "";
    list.replaceChildren();
    notes.replaceChildren();
  }

  async function look() {
    const text = box.value;
    if (!text.trim()) {
      clear();
      if (site.look) site.look.errors("");
      return;
    }
    await load();
    if (text !== box.value) return; // typed on meanwhile
    if (kind !== "search") { site.look[kind](text); return; }
    let found = site.find(text);
    show(found);
    // A word that stands in no heading and no first sentence: perhaps in the running text.
    if (!found.missing?.length) return;
    await new Promise((done) => setTimeout(done, 300));
    if (text !== box.value) return;
    await load(["search_words.js"]);
    found = site.find(text);
    if (text === box.value) show(found);
  }

  site.ask = { kind, summary, list, notes, clear, element, item, many, short }; // for boxes.js

  let timer;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      look();
      // A reload, or the way back from a result, finds it again. The address has none of it.
      if (kind === "search") history.replaceState({ text: box.value }, "");
    }, 20);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !list.querySelector("a")) return;
    event.preventDefault();
    list.querySelector("a").focus();
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  if (kind !== "search") look(); // what was typed before this script came
  else {
    // From the box of another page: in the session, or where there is none in the address, behind "#", which no server is told.
    const there = new URLSearchParams(location.hash.slice(1)).get("q") ?? new URLSearchParams(location.search).get("q");
    let kept = null;
    try {
      kept = sessionStorage.getItem("search");
      sessionStorage.removeItem("search");
    } catch { /* not allowed */ }
    box.value = kept ?? there ?? history.state?.text ?? "";
    try {
      history.replaceState({ text: box.value }, "", location.protocol === "file:" ? undefined : location.pathname);
    } catch { /* not from a file */ }
    load().then(() => site.find("warm up")); // so that the first letter finds everything read
    look();
    if (!box.value) box.focus();
  }
})();
