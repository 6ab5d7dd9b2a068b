"use strict";
const table = document.getElementById("submissions"), body = table.tBodies[0];
const rows = [...body.rows], search = document.getElementById("search"), found = document.getElementById("found");
const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const words = new Map(rows.map(row => [row, plain(row.textContent)]));
let missed = null;  // the question whose points are to be missing, if only such submissions are shown
const show = () => {
  const wanted = plain(search.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const lacks = missed === null || row.dataset.missed.split(" ").includes(missed.number);
    row.hidden = !lacks || !wanted.every(word => words.get(row).includes(word));
    count += !row.hidden;
    const link = row.querySelector("a");
    link.hash = missed === null ? "" : `question-${missed.number}`;
  }
  const only = missed === null ? "" : `without all points of ${missed.question}: `;
  found.textContent = wanted.length || missed !== null ? `${only}${count} of ${rows.length}` : "";
};
const key = (row, column) => {
  const text = row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
  return text !== "" && !isNaN(text) ? Number(text) : text;
};
const pressed = (text, action) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", action);
  return button;
};
const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
[...table.tHead.rows[0].cells].forEach((head, column) => {
  head.replaceChildren(pressed(head.textContent, () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.sort((a, b) => (up ? 1 : -1) * compare(key(a, column), key(b, column)));
    body.append(...rows);
  }));
});
for (const tag of document.querySelectorAll("[data-find]")) {
  const button = pressed(tag.textContent, () => {
    missed = null;
    search.value = tag.textContent;
    show();
    search.focus();
  });
  button.className = "tag";
  tag.replaceWith(button);
}
for (const who of document.querySelectorAll("[data-question]")) {
  const button = pressed(who.textContent, () => {
    missed = { number: who.dataset.missed, question: who.dataset.question };
    search.value = "";
    show();
    search.focus();
  });
  button.className = "who";
  who.replaceWith(button);
}
document.querySelector(".search").hidden = false;
search.addEventListener("input", () => {
  missed = null;
  show();
});
