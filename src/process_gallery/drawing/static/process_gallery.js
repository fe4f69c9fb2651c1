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

  /** All drawings of one run on this page: what is pointed at in one stands out in all. */
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

  /** What is replayed together: a run, or runs beside each other. One player is that of all of it; an output has a quiet one. */
  class Show {
    constructor(parts) {
      this.parts = parts;
      this.charts = parts.filter((part) => part.matches(".pg-time")).flatMap((part) => [...part.querySelectorAll(".pg-chart")]);
      const holders = new Map(); // what has the buttons: its parts
      for (const part of parts) {
        const holder = part.closest(".pg-side") ?? part;
        holders.set(holder, [...(holders.get(holder) ?? []), part]);
      }
      this.players = [...holders].filter(([holder]) => holder.matches(".pg-time, .pg-side, :has(> .pg-bar .pg-keys)")).map(([holder, own]) => (
        new Player(this, holder, holder.querySelector(".pg-chart") ? null : own)));
    }
  }

  /** The buttons that play a show, or a part of it, and the playing itself. */
  class Player {
    constructor(show, holder, own) {
      this.show = show;
      this.own = own; // null for all of it
      this.scale = scale(show.parts[0]);
      this.box = document.createElement("div");
      this.box.className = "pg-play";
      this.toggle = document.createElement("button");
      this.toggle.type = "button";
      this.toggle.addEventListener("click", () => (this.frame ? this.pause() : this.play()));
      this.box.append(this.toggle);
      if (own) this.box.classList.add("pg-quiet");
      else {
        this.speed = document.createElement("select");
        this.speed.setAttribute("aria-label", "Speed of the replay");
        for (const speed of [0.25, 0.5, 1, 2, 4]) this.speed.add(new Option(`${speed}\u00d7`, speed, speed === 1, speed === 1));
        this.box.append(this.speed);
      }
      this.box.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.lines) this.end();
      });
      holder.querySelector(".pg-bar").append(this.box);
      this.label("Replay");
    }

    label(text) {
      if (this.own) this.toggle.ariaLabel = this.toggle.title = `${text} this output`;
      else this.toggle.textContent = text;
      this.box.toggleAttribute("data-on", text === "Pause");
    }

    /** Hide what is to come. */
    begin() {
      for (const player of this.show.players) if (player.lines) player.end();
      const whole = !this.own;
      const outs = this.own ?? this.show.parts;
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
      this.from = whole ? 0 : Math.max(0, this.lines[0].at - 10);
      this.to = whole ? 1000 : Math.min(1000, this.lines.at(-1).at + 10);
      this.x = this.from;
      for (const out of outs) {
        out.classList.add("pg-playing");
        out.querySelector(".pg-long")?.scrollTo(0, 0);
      }
      this.veils = this.show.charts.map((chart) => {
        const veil = document.createElement("div");
        veil.className = "pg-veil";
        veil.append(document.createElement("div"));
        chart.append(veil);
        return veil;
      });
    }

    play() {
      if (!this.lines) this.begin();
      this.label("Pause");
      let before = performance.now();
      const step = (now) => {
        this.x += (Math.max(0, now - before) * Number(this.speed?.value ?? 1) * (this.to - this.from)) / FIT;
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
      for (const veil of this.veils) veil.firstChild.style.transform = `translateX(${this.x / 10}%)`;
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
      for (const veil of this.veils) veil.remove();
      this.lines = null;
      this.label("Replay");
    }

    hide(hidden) {
      if (hidden && this.lines) this.end();
      this.box.hidden = hidden;
    }
  }

  function start() {
    const [runs, shows] = [new Map(), new Map()];
    const put = (map, key, part) => map.set(key, [...(map.get(key) ?? []), part]);
    for (const part of document.querySelectorAll("[data-pg]")) {
      put(runs, part.dataset.pg, part);
      put(shows, part.closest(".pg-side")?.dataset.side ?? part.dataset.pg, part);
    }
    for (const parts of runs.values()) new Run(parts);
    const players = [...shows.values()].flatMap((parts) => new Show(parts).players);
    const calm = () => players.forEach((player) => player.hide(still.matches));
    still.addEventListener("change", calm);
    calm();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
