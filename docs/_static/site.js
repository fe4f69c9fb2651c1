// What every page can do: mark the words of a search, go to the search with "/", open the two drawers, copy code and scroll it with the keyboard.

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, button")) return;
  document.querySelector("#ask, input[name=q]")?.focus();
  event.preventDefault();
});

// The search's box. What is typed goes to the page of the search in the session, so that no address and no log has it.
const search = document.querySelector("form[data-search]");
const query = search?.elements.q;
let pasted = null; // with its ends of lines, which the box turns into spaces
query?.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text");
  if (text.includes("\n") && !query.value) pasted = { text };
  setTimeout(() => { if (pasted) pasted.shown = query.value; });
});
search?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = pasted?.shown === query.value ? pasted.text : query.value;
  let address = search.dataset.search;
  try {
    if (location.protocol === "file:") throw new Error("each file may have a session of its own");
    sessionStorage.setItem("search", text);
  } catch {
    address += `#${new URLSearchParams({ q: text })}`; // which is sent to no server
  }
  if (search.closest("body").querySelector("form[data-ask=search]")) {
    const box = document.getElementById("ask");
    box.value = text;
    box.dispatchEvent(new Event("input"));
  } else location.href = address;
});

// What an address names, and has another page now: on to it.
const entry = document.getElementById(location.hash.slice(1));
if (entry?.matches(".leads-on :is(li, tr)")) location.replace(entry.querySelector("a").href);

// A box for pastes gets what looks them up when someone turns to it.
const ask = document.querySelector("form.ask:not([data-ask=search])");
if (ask) {
  const source = new URL("ask.js", document.currentScript.src);
  ask.addEventListener("focusin", () => document.head.append(Object.assign(document.createElement("script"), { src: source })), { once: true });
}

// The words of a search are marked on the page that it led to, and there only.
try {
  const words = sessionStorage.getItem("marks");
  if (words) {
    sessionStorage.removeItem("marks");
    const script = document.createElement("script");
    script.src = new URL("marks.js", document.currentScript.src);
    script.dataset.words = words;
    document.head.append(script);
  }
} catch { /* no session */ }

// My Python: the choice is kept on the device. What shows it on pages is fetched once there is one.
const python = document.getElementById("my-python");
if (python) {
  const memory = () => { try { return localStorage; } catch { return null; } };
  const base = document.currentScript.src;
  for (const group of python.dataset.choices.split(";")) {
    const [label, key, name, versions] = group.split("|");
    const box = document.createElement("optgroup");
    box.label = label;
    for (const version of versions.split(" ")) box.append(new Option(name.replace("%", version), key.replace("%", version)));
    python.append(box);
  }
  const chosen = () => {
    document.documentElement.dataset.python = python.value;
    if (python.value && !python.follows) {
      python.follows = true;
      const sheet = { rel: "stylesheet", href: new URL("follow.css", base) };
      document.head.append(Object.assign(document.createElement("link"), sheet));
      for (const name of ["pythons.js", "follow.js"]) {
        document.head.append(Object.assign(document.createElement("script"), { src: new URL(name, base), async: false }));
      }
    }
    document.dispatchEvent(new Event("pythonchange"));
  };
  const recall = () => {
    const kept = memory()?.getItem("python") ?? "";
    if (kept === python.value) return;
    python.value = kept;
    chosen();
  };
  python.addEventListener("change", () => {
    memory()?.setItem("python", python.value);
    chosen();
  });
  recall();
  window.addEventListener("pageshow", recall); // a page that was left, and is come back to
}

// What scrolls is reached by keys, has a name, and is seen to go on: its edge fades until its end. Only where there is something to scroll.
const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));

function look(box) {
  const right = box.scrollWidth - box.clientWidth > 1;
  const down = box.scrollHeight - box.clientHeight > 1 && getComputedStyle(box).overflowY !== "visible";
  if (right || down) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
  for (const [name, value] of Object.entries(box.names)) {
    if (right || down) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
  box.classList.toggle("more-right", right && box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  box.classList.toggle("more-down", down && box.scrollTop + box.clientHeight < box.scrollHeight - 1);
}

/** Watch what may scroll; a region has a name that no other one on the page has. */
function watch(box, role, name) {
  box.names = { role, "aria-label": name };
  box.addEventListener("scroll", () => look(box), { passive: true });
  watcher.observe(box);
}

const regions = new Map();
for (const box of document.querySelectorAll("article .table-wrapper, article .recorded-figures")) {
  const what = box.querySelector("caption")?.textContent.trim() ?? box.closest("section")?.querySelector(":is(h1, h2, h3, h4)")?.firstChild.textContent.trim() ?? document.title;
  const name = `${box.matches(".table-wrapper") ? "Table" : "Plot"}: ${what}`;
  regions.set(name, (regions.get(name) ?? 0) + 1);
  watch(box, "region", regions.get(name) > 1 ? `${name} (${regions.get(name)})` : name);
}

function prepare(pre) {
  const output = pre.closest(".pg-out"); // whose frame scrolls, not its text
  watch(output ? pre.parentElement : pre, "group", output ? "Output" : "Code");

  if (!navigator.clipboard) return; // not on a plain http address
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    // Of a console, what is typed: without prompts, and without what was printed.
    const prompt = /^(\$|>>>|\.\.\.) ?/;
    const lines = pre.textContent.replace(/\n$/, "").split("\n");
    const typed = prompt.test(lines[0]) ? lines.filter((line) => prompt.test(line)).map((line) => line.replace(prompt, "")) : lines;
    await navigator.clipboard.writeText(typed.join("\n"));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  pre.parentElement.append(button);
}

// One at a time, when there is nothing better to do: the page is to be seen first.
const idle = window.requestIdleCallback ?? setTimeout;
for (const pre of document.querySelectorAll("div.highlight > pre")) idle(() => prepare(pre));

// Furo's menu and list of contents are drawers on small screens, opened by labels, which no key reaches. The style sheet hides a closed drawer.
const small = { __navigation: ["Site navigation", ".sidebar-drawer"], __toc: ["On this page", ".toc-drawer"] };
for (const [id, [name, drawer]] of Object.entries(small)) {
  const box = document.getElementById(id);
  const turn = (open) => { box.checked = open; box.dispatchEvent(new Event("change")); };
  let opener;
  const buttons = [...document.querySelectorAll(`label[for="${id}"]:not(.overlay)`)].map((label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = label.className;
    button.ariaLabel = name;
    button.append(...label.childNodes);
    label.replaceWith(button);
    button.addEventListener("click", () => {
      opener = button;
      turn(!box.checked);
      // It can take the focus when it is seen, which is after the styles have been applied.
      if (box.checked) requestAnimationFrame(() => [...document.querySelectorAll(`${drawer} :is(a, input, textarea)`)].find((one) => one.offsetParent)?.focus());
    });
    return button;
  });
  const tell = () => { for (const button of buttons) button.ariaExpanded = String(box.checked); };
  box.addEventListener("change", tell);
  tell();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.checked) return;
    turn(false);
    opener?.focus();
  });
  // Who goes on past its last link leaves it.
  document.querySelector(drawer)?.addEventListener("focusout", (event) => {
    if (box.checked && event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) turn(false);
  });
}
