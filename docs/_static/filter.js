// The filter above a list: of the gallery's index, or of the claims of the folklore. What is chosen is kept in the address, so that a view can
// be linked to.
const form = document.querySelector(".list-filter");
const items = [...document.querySelectorAll(".examples > li, table.folklore tbody > tr")];
const sections = [...document.querySelectorAll("article section section")].filter((part) => part.querySelector(".examples"));
const texts = items.map((item) => item.textContent.toLowerCase());

/** Whether an item has what was chosen: as a class, or as the whole text of a cell. */
const has = (item, value) => item.classList.contains(value) || [...(item.cells ?? [])].some((cell) => cell.textContent.trim() === value);

function matches(item, text) {
  const { find, version, ...others } = Object.fromEntries([...form.elements].filter(({ name }) => name).map(({ name, value }) => [name, value]));
  const least = () => Number([...item.classList].find((name) => name.startsWith("v-")).slice(2));
  return (
    find.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    Object.values(others).every((value) => !value || has(item, value)) &&
    (!version || least() <= Number(version))
  );
}

function show() {
  let count = 0;
  items.forEach((item, index) => {
    item.hidden = !matches(item, texts[index]);
    count += !item.hidden;
  });
  for (const section of sections) {
    section.hidden = !section.querySelector(".examples > li:not([hidden])");
    const entry = document.querySelector(`.toc-tree a[href="#${CSS.escape(section.id)}"]`);
    if (entry) entry.parentElement.hidden = section.hidden;
  }
  const output = form.querySelector("output");
  const all = count === items.length ? "" : ` of ${items.length}`;
  output.value = `${count}${all} ${output.dataset.of}`;
}

for (const [name, value] of new URLSearchParams(location.search)) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", location.pathname + (chosen.size ? `?${chosen}` : "") + location.hash);
  show();
});
show();
