// What is of the Python that a reader has chosen stands out on a page; the rest fades. Fetched by site.js when one is chosen.
(() => {
  const root = document.documentElement;
  const home = new URL("..", document.currentScript.src); // of the site; the page may be one for any missing address
  const select = document.getElementById("my-python");
  const boxes = [select.parentElement.querySelector("[role=status]"), ...document.querySelectorAll(".my-python-says")];
  const before = new Map(boxes.map((box) => [box, box.innerHTML]));

  const numbers = (text) => text.split(".").map((number) => parseInt(number));
  const compare = (one, other) => {
    for (let i = 0; i < Math.min(one.length, other.length); i++) if (one[i] !== other[i]) return one[i] - other[i];
    return one.length - other.length;
  };

  // Releases are one in each branch, as the package reads them: src/process_gallery/sphinxext/changes.py. Return whether a release has come to them,
  // or, of the last ones before a change, has gone past them.
  function reached(release, releases, after) {
    const branch = releases.filter((one) => one[0] === release[0] && one[1] === release[1]);
    const newest = [...releases].sort(compare).at(-1);
    if (!after) return branch.some((one) => compare(release, one) >= 0) || compare(release, newest) >= 0;
    const last = branch[0] ?? newest;
    return compare(release.slice(0, last.length), last) > 0;
  }

  // Return whether all of a minor version is meant by "since" or "until" these releases: "all", "none", or from or up to which release.
  function meant(minor, words, until) {
    const releases = words.split(" ").map(numbers);
    const [first, last] = [0, Infinity].map((patch) => reached([...minor, patch], releases, until) !== until);
    if (first === last) return first ? "all" : "none";
    const there = releases.find((one) => one[0] === minor[0] && one[1] === minor[1]);
    return `${until ? "up to" : "from"} ${there.join(".")}`;
  }

  function mark(place, text) {
    if (place && place.textContent.trim() !== text) place.append(" ", Object.assign(document.createElement("span"), { className: "my-mark", textContent: text }));
  }

  // A row of lines that is the only one of its case: there is nothing to tell it from.
  const alone = (row) => row.matches(".pg-lines tr") && row.cells[0].textContent && (row.nextElementSibling?.cells[0].textContent ?? "last");

  // A table or a set of tabs: rows, columns, entries and tabs.
  function show(scope, parts, python, name) {
    const mine = parts.filter((part) => part.dataset.pythons.split(" ").includes(python));
    if (!mine.length) {
      const note = Object.assign(document.createElement("p"), { className: "my-note", textContent: `Not run: ${name}.` });
      (scope.closest(".table-wrapper") ?? scope).after(note);
      return;
    }
    for (const part of parts) {
      const is = mine.includes(part);
      if (is && alone(part)) continue;
      part.classList.add(is ? "my" : "not-my");
      const range = part.matches("input") ? part.nextElementSibling : part.matches(".pg-range") ? part : part.querySelector(".pg-range");
      if (is) mark(range, name);
      else if (part.matches("td:not(:first-child)")) mark(range, `not ${name}`); // an entry that is a range
    }
    const wrapper = scope.closest(".table-wrapper");
    const column = mine.find((part) => part.matches("th, td:not(:first-child)"));
    if (wrapper && column) wrapper.scrollLeft = column.offsetLeft + column.offsetWidth - wrapper.clientWidth;
  }

  function follow() {
    for (const mark of document.querySelectorAll(".my-mark, .my-note")) {
      const space = mark.previousSibling;
      if (mark.matches(".my-mark") && space?.data === " ") space.remove();
      mark.remove();
    }
    for (const part of document.querySelectorAll(".my, .not-my")) part.classList.remove("my", "not-my");
    const python = root.dataset.python;
    for (const box of boxes) {
      const words = python && window.pythons?.[python];
      if (words) {
        const [first, rest] = words.map((text) => text.replaceAll(/href="(?!https:)/g, `href="${home}`));
        box.innerHTML = box.matches(".my-python-brief") ? `${first}.`
          : box === boxes[0] ? `${first}.<details><summary>More</summary>${rest}.</details>` : `${first}; ${rest}.`;
      } else box.innerHTML = before.get(box);
    }
    if (!python) return;
    const name = select.selectedOptions[0].textContent;

    const scopes = new Map();
    for (const part of document.querySelectorAll("[data-pythons]")) {
      const scope = part.closest("table, .pg-versions, [data-scope]");
      scopes.set(scope, [...(scopes.get(scope) ?? []), part]);
    }
    for (const [scope, parts] of scopes) show(scope, parts, python, name);

    if (!python.startsWith("cpython-")) return; // the releases are CPython's
    const minor = numbers(python.split("-")[1]);
    // Sessions at the prompt, whose captions say where they are so: tools/page_doctests.py.
    for (const caption of document.querySelectorAll(".code-block-caption .caption-text")) {
      const said = /Python (3\.\d+) (?:and newer|to (3\.\d+))/.exec(caption.textContent);
      if (!said) continue;
      const is = compare(minor, numbers(said[1])) >= 0 && (!said[2] || compare(minor, numbers(said[2])) <= 0)
        && (!caption.textContent.includes("Linux") || python.endsWith("-linux"));
      caption.closest(".literal-block-wrapper").classList.add(is ? "my" : "not-my");
      mark(caption, is ? `includes ${name}` : `not ${name}`);
    }
    for (const one of document.querySelectorAll("[data-since], [data-until]")) {
      const { since, until } = one.dataset;
      const said = meant(minor, since ?? until, !since);
      if (one.matches("tr")) {
        const its = since.split(" ").some((release) => compare(numbers(release).slice(0, 2), minor) === 0);
        if (its) one.classList.add("my");
        else if (said === "none") one.classList.add("not-my");
        if (its) mark(one.cells[0], said === "all" || said === "none" ? name : `${name} ${said}`);
      } else mark(one, { all: `includes ${name}`, none: `not ${name}` }[said] ?? `${name}: ${said}`);
    }
  }

  document.addEventListener("pythonchange", follow);
  follow();
})();
