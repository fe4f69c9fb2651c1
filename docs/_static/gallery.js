// The filter of the gallery's index. What is chosen is kept in the address, so that a view can be linked to.
const form = document.querySelector(".example-filter");
const items = [...document.querySelectorAll(".examples > li")];
const sections = [...document.querySelectorAll("article section section")].filter((part) => part.querySelector(".examples"));
const texts = items.map((item) => item.textContent.toLowerCase());

function matches(item, text) {
  const { find, method, needs, version } = form.elements;
  const least = Number([...item.classList].find((name) => name.startsWith("v-")).slice(2));
  return (
    find.value.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    (!method.value || item.classList.contains(method.value)) &&
    (!needs.value || item.classList.contains(needs.value)) &&
    (!version.value || least <= Number(version.value))
  );
}

function show() {
  let count = 0;
  items.forEach((item, index) => {
    item.hidden = !matches(item, texts[index]);
    count += !item.hidden;
  });
  for (const section of sections) section.hidden = !section.querySelector(".examples > li:not([hidden])");
  form.querySelector("output").value = count === items.length ? `${count} examples` : `${count} of ${items.length} examples`;
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
