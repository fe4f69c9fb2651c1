// What the boxes on two pages show: entries of the list of errors, and rows of the table of hangs. ask.js fetches it, search.js and hangs.js find.
(() => {
  const site = globalThis.siteSearch;
  const { summary, list, notes, clear, element, item, many, short } = site.ask;

  // -- The list of errors: the entries that fit stand first, and words narrow the list down

  const entries = site.ask.kind === "errors" ? [...document.querySelectorAll(".error-list li[id]")].map((item) => ({ item, hash: `#${item.id}` })) : [];

  /** Show the entries of the list with these hashes, all for null; and of the headings those that have one. */
  function filter(hashes) {
    for (const { item, hash } of entries) item.hidden = hashes !== null && !hashes.has(hash);
    for (const group of new Set(entries.map(({ item }) => item.parentElement))) {
      group.hidden = [...group.children].every((item) => item.hidden);
      group.previousElementSibling.hidden = group.hidden;
    }
  }

  function lookAtErrors(text) {
    if (!text) {
      filter(null);
      return;
    }
    const { results, near, searched, paste } = site.findMessages(text);
    const asResult = ({ place, ...result }) => ({ ...result, name: place.split(".html")[0], hash: place.split(".html")[1], heading: result.label, label: null });
    clear();
    // Not words that are being typed
    if (paste.isError || text.trim().includes("\n") || (text.trim().length > 20 && results[0]?.likeness > 0.85)) {
      filter(results.length ? new Set() : null);
      list.replaceChildren(...results.map((result) => item(asResult(result))));
      summary.textContent = results.length ? `${many(results.length, "entry fits", "entries fit")}.` : "This message is not known here.";
      const looked = searched.length ? [element("p", ["Looked for: ", ...searched.slice(0, 4).flatMap((one, number) => [number ? ", " : "", element("code", short(one, 120))])])] : [];
      if (!results.length && near.length) looked.push(element("p", "The nearest, which may well be about something else:"), element("ul", near.slice(0, 3).map((result) => item({ ...asResult(result), said: null })), { className: "near" }));
      notes.replaceChildren(...looked);
      return;
    }
    // Words that are being typed
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    const said = new Map(site.messages.entries.map(([place, , texts]) => [place.slice(place.indexOf("#")), texts.join(" ")]));
    const hashes = new Set(entries.filter(({ item, hash }) => {
      const its = `${item.textContent} ${said.get(hash) ?? ""}`.toLowerCase();
      return wanted.every((word) => its.includes(word));
    }).map(({ hash }) => hash));
    filter(hashes);
    summary.textContent = `${hashes.size} of ${entries.length} messages.`;
  }

  // -- The table of hangs

  function lookAtStacks(text) {
    const { results, count } = site.findHangs(text);
    const rows = [...document.querySelectorAll("article table tbody tr")].slice(0, site.hangs.length);
    clear();
    rows.forEach((row, number) => row.classList.toggle("ask-fits", results.some((result) => result.row === number)));
    const rest = results.length ? `${many(results.length, "row of the table fits", "rows of the table fit")}.` : "no row of the table fits.";
    summary.textContent = count ? `Stacks of ${many(count, "process", "processes")}: ${rest}` : "There are no stacks in this: paste what py-spy or faulthandler printed.";
    list.replaceChildren(...results.map(({ row }) => {
      const [when, what] = rows[row].cells;
      const copy = (cell) => [...(cell.querySelector("p") ?? cell).cloneNode(true).childNodes];
      const made = element("li", [element("p", copy(what), { className: "ask-what" }), element("p", ["The stack ends in ", ...copy(when)])]);
      return made;
    }));
  }

  site.look = { errors: lookAtErrors, hang: lookAtStacks };
})();
