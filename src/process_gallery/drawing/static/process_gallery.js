// Dim and replay what process_gallery.drawing has drawn. Without this script the pages say the same, standing still.
(() => {
  "use strict";

  const FIT = 6000; // ms that a replay at 1x takes, whatever the run took
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /** Return functions from ms of the run to thousandths of the drawing, and back. */
  function scale(element) {
    const corners = element.dataset.map.split(" ").map((corner) => corner.split(",").map(Number));
    const along = (value, from, to) => {
      let i = 1;
      while (i < corners.length - 1 && value > corners[i][from]) i += 1;
      const [a, b] = [corners[i - 1], corners[i]];
      return a[to] + ((value - a[from]) / (b[from] - a[from] || 1)) * (b[to] - a[to]);
    };
    return { x: (ms) => along(ms, 0, 1), ms: (x) => along(x, 1, 0) };
  }

  /** All drawings of one run on this page. */
  class Run {
    pinned = null;

    constructor(parts) {
      this.parts = parts;
      this.marked = new Map(); // process: elements
      for (const part of parts) {
        for (const element of part.querySelectorAll("[data-p]")) {
          const id = element.dataset.p;
          if (!this.marked.has(id)) this.marked.set(id, []);
          this.marked.get(id).push(element);
        }
      }
      this.keys = parts.flatMap((part) => [...part.querySelectorAll(".pg-key[data-p]")].map((key) => this.button(key)));
      for (const part of parts) {
        part.addEventListener("pointerover", (event) => {
          if (event.pointerType === "touch") return;
          const over = event.target.closest(".pg-key, .pg-row, .pg-bars g");
          this.show(over ? over.dataset.p : this.pinned);
        });
        part.addEventListener("pointerleave", () => this.show(this.pinned));
        part.addEventListener("keydown", (event) => {
          if (event.key === "Escape") this.pin(null);
        });
      }
      this.timeline = parts.find((part) => part.matches(".pg-time"));
      this.players = parts.filter((part) => part.matches(".pg-time, .pg-out:has(.pg-keys)")).map((part) => new Player(this, part));
    }

    /** Make a name a button. */
    button(key) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = key.className;
      button.dataset.p = key.dataset.p;
      button.textContent = key.textContent;
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => this.pin(this.pinned === button.dataset.p ? null : button.dataset.p));
      button.addEventListener("focus", () => {
        if (button.matches(":focus-visible")) this.show(button.dataset.p);
      });
      button.addEventListener("blur", () => this.show(this.pinned));
      key.replaceWith(button);
      return button;
    }

    pin(id) {
      this.pinned = id;
      for (const key of this.keys) key.setAttribute("aria-pressed", String(key.dataset.p === id));
      this.show(id);
    }

    /** Dim all processes but one; none with null. */
    show(id = null) {
      if (id === this.shown) return;
      for (const element of this.marked.get(this.shown) ?? []) element.classList.remove("pg-on");
      for (const element of this.marked.get(id) ?? []) element.classList.add("pg-on");
      for (const part of this.parts) part.classList.toggle("pg-dim", id !== null);
      this.shown = id;
    }
  }

  /** The buttons that play a part of a run, and the playing itself. */
  class Player {
    constructor(run, part) {
      this.run = run;
      this.part = part;
      this.scale = scale(part);
      this.box = document.createElement("div");
      this.box.className = "pg-play";
      this.toggle = document.createElement("button");
      this.toggle.type = "button";
      this.toggle.addEventListener("click", () => (this.frame ? this.pause() : this.play()));
      this.speed = document.createElement("select");
      this.speed.setAttribute("aria-label", "Speed of the replay");
      for (const speed of [0.25, 0.5, 1, 2, 4]) this.speed.add(new Option(`${speed}\u00d7`, speed, speed === 1, speed === 1));
      this.box.append(this.toggle, this.speed);
      this.box.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.lines) this.end();
      });
      part.querySelector(".pg-bar").append(this.box);
      this.label("Replay");
    }

    label(text) {
      this.toggle.textContent = text;
      this.box.toggleAttribute("data-on", text === "Pause");
    }

    /** Hide what is to come. */
    begin() {
      for (const player of this.run.players) if (player.lines) player.end();
      const outs = this.part === this.run.timeline ? this.run.parts : [this.part];
      this.lines = outs.flatMap((out) => [...out.querySelectorAll(".pg-l:not(.pg-mixed), .pg-part")].map((line) => {
        const scroller = line.closest(".pg-long");
        return { line, scroller, at: this.scale.x(Number(line.dataset.t ?? 0)), bottom: scroller && line.offsetTop + line.offsetHeight };
      }));
      let last = 0;
      for (const item of this.lines) { // a line that only says that something was left out has no time of its own
        if (item.line.dataset.t === undefined) item.at = last;
        last = item.at;
      }
      this.lines.sort((a, b) => a.at - b.at);
      this.playing = outs;
      this.next = 0;
      const whole = this.part === this.run.timeline;
      this.from = whole ? 0 : Math.max(0, this.lines[0].at - 10);
      this.to = whole ? 1000 : Math.min(1000, this.lines.at(-1).at + 10);
      this.x = this.from;
      for (const out of outs) {
        out.classList.add("pg-playing");
        out.querySelector(".pg-long")?.scrollTo(0, 0);
      }
      if (this.run.timeline) {
        this.veil = document.createElement("div");
        this.veil.className = "pg-veil";
        this.veil.append(document.createElement("div"));
        this.run.timeline.querySelector(".pg-chart").append(this.veil);
      }
    }

    play() {
      if (!this.lines) this.begin();
      this.label("Pause");
      let before = performance.now();
      const step = (now) => {
        this.x += (Math.max(0, now - before) * Number(this.speed.value) * (this.to - this.from)) / FIT;
        before = now;
        this.draw();
        if (this.x >= this.to) this.end();
        else this.frame = requestAnimationFrame(step);
      };
      this.frame = requestAnimationFrame(step);
    }

    draw() {
      let scrolled = null;
      while (this.next < this.lines.length && this.lines[this.next].at <= this.x) {
        scrolled = this.lines[this.next];
        scrolled.line.classList.add("pg-seen");
        this.next += 1;
      }
      if (scrolled?.scroller) scrolled.scroller.scrollTop = scrolled.bottom - scrolled.scroller.clientHeight + 24;
      if (this.veil) this.veil.firstChild.style.transform = `translateX(${this.x / 10}%)`;
    }

    pause() {
      cancelAnimationFrame(this.frame);
      this.frame = null;
      this.label("Resume");
    }

    end() {
      cancelAnimationFrame(this.frame);
      this.frame = null;
      for (const { line } of this.lines) line.classList.remove("pg-seen");
      for (const out of this.playing) out.classList.remove("pg-playing");
      this.veil?.remove();
      this.lines = this.veil = null;
      this.label("Replay");
    }

    hide(hidden) {
      if (hidden && this.lines) this.end();
      this.box.hidden = hidden;
    }
  }

  function start() {
    const found = new Map();
    for (const part of document.querySelectorAll("[data-pg]")) {
      if (!found.has(part.dataset.pg)) found.set(part.dataset.pg, []);
      found.get(part.dataset.pg).push(part);
    }
    const runs = [...found.values()].map((parts) => new Run(parts));
    const players = runs.flatMap((run) => run.players);
    const calm = () => players.forEach((player) => player.hide(still.matches));
    still.addEventListener("change", calm);
    calm();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
