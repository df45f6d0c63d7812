"use strict";
const find = document.getElementById("find");
const worst = document.getElementById("worst");
const shown = document.getElementById("shown");
const rows = [...document.querySelectorAll("tbody tr")];
const texts = rows.map((row) => {
  const cells = [...row.querySelectorAll("td[title]")].map((cell) => cell.title);
  return (row.firstElementChild.textContent + " " + cells.join(" ")).toLowerCase();
});
function apply() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, at) => {
    const bad = row.dataset.worst === "critical" || row.dataset.worst === "high";
    const show = words.every((word) => texts[at].includes(word)) && (bad || !worst.checked);
    row.hidden = !show;
    count += show ? 1 : 0;
  });
  const hidden = rows.length - count;
  shown.textContent = hidden ? `${count} shown, ${hidden} hidden` : "";
  const state = new URLSearchParams();
  if (find.value) state.set("find", find.value);
  if (worst.checked) state.set("worst", "1");
  history.replaceState(null, "", "#" + state);
}
const state = new URLSearchParams(location.hash.slice(1));
find.value = state.get("find") || "";
worst.checked = state.has("worst");
find.addEventListener("input", apply);
worst.addEventListener("change", apply);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== find) { event.preventDefault(); find.focus(); }
  if (event.key === "Escape") { find.value = ""; find.blur(); apply(); }
});
apply();
