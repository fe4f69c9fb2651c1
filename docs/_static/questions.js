// Says how many causes fit the answers about a hang; the style sheet hides the others. Headings of groups without one are hidden here,
// and an address of a cause that is hidden takes the answers back.
(() => {
  const form = document.querySelector(".hang-questions");
  if (!form) return;
  const causes = [...document.querySelectorAll("section.hang")];
  const groups = new Set(causes.map((cause) => cause.parentElement.closest("section")));
  const count = form.querySelector(".hang-count");
  const isLeft = (cause) => getComputedStyle(cause).display !== "none";
  const reset = Object.assign(document.createElement("button"), { type: "reset", textContent: "Start again", className: "hang-again" });
  const say = () => {
    for (const group of groups) group.hidden = false;
    const left = causes.filter(isLeft);
    for (const group of groups) group.hidden = !left.some((cause) => group.contains(cause));
    const asked = form.querySelectorAll("input:checked:not([value=any])").length;
    count.textContent = asked ? `${left.length} of ${causes.length} causes ${left.length === 1 ? "fits" : "fit"}. ` : "";
    if (asked && !left.length) count.textContent = "No cause here fits these answers. ";
    if (asked) count.append(reset);
  };
  form.addEventListener("change", say);
  form.addEventListener("reset", () => setTimeout(() => { say(); form.querySelector("input:checked").focus(); }));
  const follow = () => {
    const place = document.getElementById(location.hash.slice(1))?.closest("section.hang");
    if (!place || isLeft(place)) return;
    form.reset();
    setTimeout(() => place.scrollIntoView());
  };
  window.addEventListener("hashchange", follow);
  say();
})();
