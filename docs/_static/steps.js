// Steps that stand one below the other are shown one at a time, by buttons and arrow keys. An address such as #fork-step-4 shows that one.
(() => {
  const list = document.querySelector("ol.fork-steps");
  if (!list) return;
  const steps = [...list.children];
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const bar = make("div", { className: "fork-bar", role: "group", ariaLabel: "Steps" });
  const [back, next] = ["Back", "Next"].map((textContent) => make("button", { type: "button", textContent }));
  const all = make("button", { type: "button", textContent: "Show all", ariaPressed: "false" });
  const place = make("span", { className: "fork-place", ariaHidden: "true" });
  const told = make("p", { className: "fork-told", role: "status" });
  bar.append(back, place, next, all, told);

  let now = 0;
  const show = (step, tell = true) => {
    now = Math.max(0, Math.min(steps.length - 1, step));
    const isAll = all.ariaPressed === "true";
    steps.forEach((one, number) => { one.hidden = !isAll && number !== now; });
    list.classList.toggle("fork-on", !isAll);
    for (const [button, isOff] of [[back, isAll || now === 0], [next, isAll || now === steps.length - 1]]) button.ariaDisabled = String(isOff);
    place.textContent = isAll ? `All ${steps.length} steps` : `Step ${now + 1} of ${steps.length}`;
    if (tell) told.textContent = isAll ? place.textContent : `${place.textContent}. ${steps[now].querySelector("p").textContent}`;
  };
  const move = (step) => { if (all.ariaPressed === "false") show(step); };
  back.addEventListener("click", () => move(now - 1));
  next.addEventListener("click", () => move(now + 1));
  all.addEventListener("click", () => {
    all.ariaPressed = String(all.ariaPressed === "false");
    show(now);
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(step);
  });

  list.before(bar);
  const asked = () => steps.findIndex((one) => `#${one.id}` === location.hash);
  show(Math.max(0, asked()), false);
  window.addEventListener("hashchange", () => {
    if (asked() < 0) return;
    show(asked());
    bar.scrollIntoView({ block: "nearest" });
  });
  if (asked() >= 0) bar.scrollIntoView();
})();
