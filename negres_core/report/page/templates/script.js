"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const table = one("#table"), body = one("tbody", table), rows = all("tr", body);
  const details = new Map(all("details.hypothesis").map((each) => [each.dataset.for, each]));
  const heads = all("thead th", table), list = one("#details");
  const COLUMNS = heads.map((head) => head.dataset.key);
  const NUMBERS = heads.filter((head) => "number" in head.dataset).map((head) => head.dataset.key);
  const KIND = one(".strip").dataset.name; // what the strip counts and filters by
  const surprises = one("#surprise"); // not on every page
  let state = {};

  function read() {
    const text = location.hash.slice(1);
    if (details.has(text)) return { ...state, open: [...new Set([...(state.open || []), text])], at: text };
    if (!location.hash.includes("=")) return location.hash ? state : {};
    const known = new URLSearchParams(location.hash.slice(1));
    const open = (known.get("open") || "").split(",").filter((id) => details.has(id));
    return { [KIND]: known.get(KIND) || "", q: known.get("q") || "", family: known.get("family") || "",
             surprise: known.get("surprise") || "", sort: known.get("sort") || "", open };
  }
  function write() {
    const known = new URLSearchParams();
    for (const name of [KIND, "q", "family", "surprise", "sort"]) if (state[name]) known.set(name, state[name]);
    if (state.open && state.open.length) known.set("open", state.open.join(","));
    const text = known.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }
  function value(row, key) {
    if (NUMBERS.includes(key)) return row.dataset[key] === "" ? null : Number(row.dataset[key]);
    return row.cells[COLUMNS.indexOf(key)].textContent.trim();
  }
  function compare(one, other, key, sign) {
    const [a, b] = [value(one, key), value(other, key)];
    if (a === null || b === null) return (a === null) - (b === null) || one.dataset.place - other.dataset.place;
    const order = typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    return sign * order || one.dataset.place - other.dataset.place;
  }
  function matches(row) {
    const words = (state.q || "").toLowerCase().split(/\s+/).filter(Boolean);
    return (!state[KIND] || row.dataset.kinds.split(" ").includes(state[KIND]))
      && (!state.family || row.dataset.family === state.family)
      && (!state.surprise || row.dataset.surprise === "yes")
      && words.every((word) => row.dataset.words.includes(word));
  }
  function apply() {
    let [key, sign] = [(state.sort || "").replace(/^-/, ""), (state.sort || "").startsWith("-") ? -1 : 1];
    if (!COLUMNS.includes(key)) key = "";
    const sorted = [...rows].sort((a, b) => key ? compare(a, b, key, sign) : a.dataset.place - b.dataset.place);
    let shown = 0;
    for (const row of sorted) {
      const seen = matches(row), detail = details.get(row.dataset.row);
      row.hidden = detail.hidden = !seen;
      shown += seen;
      detail.open = (state.open || []).includes(row.dataset.row);
    }
    // Moving an element that has the focus would take the focus away, so only what is out of place is moved.
    if (sorted.some((row, place) => body.children[place] !== row)) {
      body.append(...sorted);
      list.append(...sorted.map((row) => details.get(row.dataset.row)));
    }
    for (const head of heads) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    for (const button of all(".strip button"))
      button.setAttribute("aria-pressed", String(button.parentElement.dataset.kind === state[KIND]));
    one("#q").value = state.q || "";
    one("#family").value = state.family || "";
    if (surprises) surprises.checked = Boolean(state.surprise);
    one("#nothing").hidden = shown > 0;
    const text = `${shown} of ${rows.length} shown`;
    if (one("#shown").textContent !== text) one("#shown").textContent = text;
  }
  function change(part) { state = { ...state, ...part }; apply(); write(); }
  function reveal(id) {
    const detail = details.get(id);
    if (!detail) return;
    change({ open: [...new Set([...(state.open || []), id])] });
    detail.scrollIntoView({ block: "start" });
    one("summary", detail).focus({ preventScroll: true });
  }

  for (const item of all(".strip li")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...item.childNodes);
    item.append(button);
    button.addEventListener("click", () =>
      change({ [KIND]: state[KIND] === item.dataset.kind ? "" : item.dataset.kind }));
  }
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      change({ sort: state.sort === key ? "-" + key : state.sort === "-" + key ? "" : key });
    });
  }
  for (const each of all(".tools")) each.hidden = false;
  one("#q").addEventListener("input", (event) => change({ q: event.target.value }));
  one("#family").addEventListener("change", (event) => change({ family: event.target.value }));
  if (surprises) surprises.addEventListener("change", (event) => change({ surprise: event.target.checked ? "yes" : "" }));
  one("#reset").addEventListener("click", () => change({ [KIND]: "", q: "", family: "", surprise: "", sort: "" }));
  const visible = () => rows.filter((row) => !row.hidden).map((row) => row.dataset.row);
  one("#open").addEventListener("click", () => change({ open: visible() }));
  one("#close").addEventListener("click", () => change({ open: [] }));
  for (const [id, detail] of details)
    detail.addEventListener("toggle", () => {
      const open = (state.open || []).filter((each) => each !== id);
      if (detail.open !== (state.open || []).includes(id)) { state = { ...state, open: detail.open ? [...open, id] : open }; write(); }
    });
  body.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); reveal(link.hash.slice(1)); }
  });
  for (const command of all(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    const code = one("code", command);
    command.append(button);
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(code);
      try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; }
      catch { button.textContent = "Selected: press Ctrl+C"; }
    });
  }
  let before = null;
  addEventListener("beforeprint", () => { before = state; state = { ...state, open: visible() }; apply(); });
  addEventListener("afterprint", () => { if (before) { state = before; before = null; apply(); } });
  addEventListener("hashchange", () => { state = read(); apply(); });
  state = read();
  const at = state.at;
  apply();
  if (at) reveal(at);
})();
