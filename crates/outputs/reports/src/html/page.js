"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SEVERITIES = ["critical", "high", "medium", "low", "info"];
  const MARKS = { critical: "▲▲", high: "▲", medium: "◆", low: "▽", info: "·" };
  const PORTION = 150;
  const $ = id => document.getElementById(id);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "class") node.className = value; else if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children.filter(child => child !== null && child !== undefined));
    return node;
  };
  // What stands between backticks is code.
  const words = text => text.split("`").map((part, at, all) => at % 2 && at < all.length - 1 ? make("code", {}, part) : at % 2 ? "`" + part : part);
  // One row for each place. Text for the search is made once.
  const rows = data.findings.map((f, number) => {
    const [control, resource, severity, state, message, container, field, line, column, frame, edit, print, exception, origin] = f;
    const c = data.controls[control], r = data.resources[resource], path = origin ? origin.path : r.path;
    return { number, control, c, resource, r, severity: SEVERITIES[severity], rank: severity, state, message, container, field, line, column, frame, edit, print, exception, path, origin,
      text: [c.id, c.title, r.id, path, message, container, field].join("\n").toLowerCase() };
  });
  const state = { q: "", severity: new Set(SEVERITIES), group: "", namespace: "", kind: "", state: "open", framework: "", by: "severity", open: "" };
  const STATES = { open: "open", known: "known from the baseline", excepted: "accepted", skip: "not known" };
  function readHash() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.q = given.get("q") || "";
    state.severity = new Set(given.has("severity") ? given.get("severity").split(",").filter(s => SEVERITIES.includes(s)) : SEVERITIES);
    for (const key of ["group", "namespace", "kind", "framework", "open"]) state[key] = given.get(key) || "";
    state.state = given.get("state") || "open";
    state.by = given.get("by") || "severity";
  }
  function writeHash() {
    const given = new URLSearchParams();
    if (state.q) given.set("q", state.q);
    if (state.severity.size < SEVERITIES.length) given.set("severity", [...state.severity].join(","));
    for (const key of ["group", "namespace", "kind", "framework", "open"]) if (state[key]) given.set(key, state[key]);
    if (state.state !== "open") given.set("state", state.state);
    if (state.by !== "severity") given.set("by", state.by);
    const text = given.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }
  const frameworks = c => [...new Set(c.mappings.map(([framework]) => framework))];
  function visible() {
    const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter(row => state.severity.has(row.severity)
      && (state.state === "all" || row.state === state.state)
      && (!state.group || row.c.group === state.group)
      && (!state.namespace || (row.r.namespace || "none") === state.namespace)
      && (!state.kind || row.r.kind === state.kind)
      && (!state.framework || row.c.mappings.some(([framework]) => framework === state.framework))
      && wanted.every(word => row.text.includes(word)));
  }
  const KEYS = {
    severity: row => [[String(row.rank), row.severity]],
    resource: row => [[row.r.id, row.r.id]],
    control: row => [[row.rank + row.c.id, row.c.id + " · " + row.c.title]],
    file: row => [[row.path, row.path]],
    framework: row => (state.framework ? row.c.mappings.filter(([f]) => f === state.framework) : row.c.mappings).map(([f, id]) => [f + " " + id, f + " " + id]),
  };
  function grouped(found) {
    const groups = new Map();
    for (const row of found) for (const [key, title] of (KEYS[state.by] || KEYS.severity)(row)) {
      if (!groups.has(key)) groups.set(key, { key, title, rows: [] });
      groups.get(key).rows.push(row);
    }
    const all = [...groups.values()];
    all.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
    for (const group of all) group.rows.sort((a, b) => a.rank - b.rank || a.number - b.number);
    return all;
  }
  let queue = [], shown = 0;
  const list = $("list");
  function render() {
    const found = visible();
    const groups = grouped(found);
    queue = groups.flatMap(group => [group, ...group.rows]);
    shown = 0;
    list.replaceChildren();
    const hidden = rows.length - found.length;
    $("status").textContent = found.length + (found.length === 1 ? " place" : " places") + (hidden ? ", " + hidden + " hidden by filters" : "");
    more(PORTION);
    if (!found.length) list.append(make("p", { class: "quiet" }, rows.length ? "Nothing fits these filters." : "Nothing was found in what was looked at."));
    writeHash();
  }
  function more(count) {
    const part = document.createDocumentFragment();
    for (const end = Math.min(queue.length, shown + count); shown < end; shown++) {
      const item = queue[shown];
      part.append(item.rows ? make("h2", { class: "group" + (state.by === "severity" ? " " + item.title : "") }, make("span", {}, (state.by === "severity" ? MARKS[item.title] + " " : "") + item.title), make("span", { class: "n" }, String(item.rows.length))) : finding(item));
    }
    list.append(part);
    $("more").hidden = shown >= queue.length;
  }
  function finding(row) {
    const place = row.line ? row.path + ":" + row.line + ":" + row.column : row.path;
    const details = make("details", { class: "f", "data-print": row.print },
      make("summary", {},
        make("span", { class: "sev " + row.severity }, MARKS[row.severity] + " " + row.severity),
        make("span", { class: "what" }, ...words(row.message), row.state === "open" ? null : " ", row.state === "open" ? null : make("span", { class: "tag" }, STATES[row.state] || row.state)),
        make("span", { class: "where" }, make("span", { class: "path" }, place), " · ", make("span", { class: "id" }, row.r.id), " · ", make("span", { class: "id" }, row.c.id))));
    const fill = () => { if (!details.querySelector(".body")) details.append(body(row)); };
    details.addEventListener("fill", fill);
    details.addEventListener("toggle", () => {
      if (printing) return;
      if (details.open) fill();
      state.open = details.open ? row.print : (state.open === row.print ? "" : state.open);
      writeHash();
    });
    if (state.open && state.open === row.print) details.open = true;
    return details;
  }
  function body(row) {
    const c = row.c, parts = [];
    if (row.frame) {
      const [first, text] = row.frame;
      parts.push(make("pre", { "aria-label": "source" }, ...text.split("\n").map((line, at) => make("span", { class: "l" + (first + at === row.line ? " hit" : "") }, make("span", { class: "n" }, String(first + at)), line))));
    }
    if (row.origin && row.origin.rendered) {
      const [first, text] = row.origin.rendered;
      parts.push(make("p", { class: "quiet" }, "rendered, from line " + first + ":"), make("pre", { "aria-label": "rendered" }, text));
    }
    const section = (title, ...content) => parts.push(make("h3", {}, title), ...content);
    parts.push(make("p", {}, make("code", {}, row.field || row.r.id), row.container ? " in container " : null, row.container ? make("code", {}, row.container) : null));
    if (row.exception !== null) {
      const e = data.exceptions[row.exception];
      section("Accepted", make("p", {}, [e.reason, e.owner, e.ticket, e.expires && "until " + e.expires, e.path + ":" + e.line].filter(Boolean).join(" · ")));
    }
    section("Why it matters", make("p", {}, ...words(c.rationale)));
    section("What to do", make("p", {}, ...words(c.remediation)));
    if (row.edit) parts.push(make("pre", { "aria-label": "change" }, ...row.edit.map(([sign, text]) => make("span", { class: "l " + (sign === "-" ? "del" : "add") }, sign + " " + text))));
    section("Check by hand", make("pre", {}, make("span", { class: "l" }, c.verify)));
    const by = pairs => { const all = new Map(); for (const [a, b] of pairs) all.set(a, [...(all.get(a) || []), b]); return [...all].map(([a, b]) => a + " " + b.join(", ")).join(" · "); };
    if (c.mappings.length) section("Serves", make("p", { class: "tags" }, by(c.mappings)));
    if (c.aliases.length) section("Known elsewhere as", make("p", { class: "tags" }, by(c.aliases)));
    parts.push(make("p", { class: "tags" }, "fingerprint ", make("code", {}, row.print)));
    return make("div", { class: "body" }, ...parts);
  }
  function choices(id, values, label) {
    const select = $(id);
    select.replaceChildren(make("option", { value: "" }, label), ...[...new Set(values)].sort().map(value => make("option", { value }, value)));
    select.addEventListener("change", () => { state[id] = select.value; render(); });
  }
  function controls() {
    choices("group", rows.map(row => row.c.group), "every group");
    choices("namespace", rows.map(row => row.r.namespace || "none"), "every namespace");
    choices("kind", rows.map(row => row.r.kind), "every kind");
    choices("framework", rows.flatMap(row => frameworks(row.c)), "every framework");
    const known = new Set(rows.map(row => row.state));
    $("state").replaceChildren(...[["open", "open"], ["known", "known"], ["excepted", "accepted"], ["skip", "not known"]].filter(([value]) => value === "open" || known.has(value)).map(([value, label]) => make("option", { value }, label)), make("option", { value: "all" }, "every state"));
    $("state").addEventListener("change", event => { state.state = event.target.value; render(); });
    $("by").addEventListener("change", event => { state.by = event.target.value; render(); });
    let waiting = 0;
    $("q").addEventListener("input", event => { state.q = event.target.value; clearTimeout(waiting); waiting = setTimeout(render, 80); });
    for (const severity of SEVERITIES) $("chips").append(make("button", { type: "button", class: severity, "data-severity": severity, onclick: () => { state.severity.has(severity) ? state.severity.delete(severity) : state.severity.add(severity); show(); render(); } }, MARKS[severity] + " " + severity));
    $("theme").addEventListener("click", () => { const dark = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim() === "#14171a"; document.documentElement.dataset.theme = dark ? "light" : "dark"; });
    $("more").addEventListener("click", () => more(PORTION));
    $("tools").addEventListener("submit", event => event.preventDefault());
    new IntersectionObserver(entries => { if (entries.some(entry => entry.isIntersecting)) more(PORTION); }, { rootMargin: "800px" }).observe($("more"));
  }
  function show() {
    $("q").value = state.q;
    for (const id of ["group", "namespace", "kind", "framework", "state", "by"]) { $(id).value = state[id]; if ($(id).selectedIndex < 0) $(id).selectedIndex = 0; }
    for (const chip of document.querySelectorAll("#chips button")) chip.setAttribute("aria-pressed", String(state.severity.has(chip.dataset.severity)));
  }
  // From the row that has the focus, however it got there.
  function step(by) {
    const rowsOf = () => [...list.querySelectorAll("details.f > summary")];
    const here = document.activeElement.closest("details.f");
    let all = rowsOf();
    const next = here ? all.indexOf(here.firstElementChild) + by : 0;
    while (next >= all.length && shown < queue.length) { more(PORTION); all = rowsOf(); }
    if (all.length) all[Math.max(0, Math.min(all.length - 1, next))].focus();
  }
  // The finding that the address names, wherever it is in the list.
  function reveal() {
    const at = state.open ? queue.findIndex(item => item.print === state.open) : -1;
    if (at < 0) return;
    if (at >= shown) more(at + 1 - shown);
    for (const open of list.querySelectorAll("details[open]")) { open.scrollIntoView({ block: "center" }); open.firstElementChild.focus({ preventScroll: true }); }
  }
  // Paper cannot be opened: few findings are printed whole, of many the lines.
  const WHOLE = 150, PRINTED = 2000;
  let printing = false, folded = [];
  function unfold() {
    if (printing) return;
    printing = true;
    more(Math.max(0, PRINTED - shown));
    const all = [...list.querySelectorAll("details.f")];
    folded = [...document.querySelectorAll(".unseen details"), ...(all.length <= WHOLE ? all : [])].filter(details => !details.open);
    for (const details of folded) { details.dispatchEvent(new Event("fill")); details.open = true; }
    const chosen = [state.q && "search: " + state.q, state.severity.size < SEVERITIES.length && [...state.severity].join(", "), state.group, state.namespace, state.kind, state.framework].filter(Boolean);
    $("paper").textContent = [...chosen, shown < queue.length && "the first " + all.length + " places are printed"].filter(Boolean).join(" · ");
  }
  function fold() {
    for (const details of folded) details.open = false;
    folded = [];
    printing = false;
  }
  document.addEventListener("keydown", event => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") { if ($("help").open) return; if (event.target === $("q") && state.q) { event.preventDefault(); state.q = event.target.value = ""; render(); } else if (typing) event.target.blur(); else { for (const open of list.querySelectorAll("details[open]")) open.open = false; } return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); $("q").focus(); $("q").select(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?") $("help").showModal();
  });
  addEventListener("hashchange", () => { readHash(); show(); render(); reveal(); });
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  $("static").remove();
  $("tools").hidden = false;
  controls(); readHash(); show(); render(); reveal();
  document.documentElement.dataset.ready = "true";
})();
