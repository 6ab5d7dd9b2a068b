// Keys and the card that they work on; comments that are saved when their field loses the focus. The rest is htmx.
"use strict";

const inField = (element) => element.matches("textarea, select, input:not([type=checkbox])");
const cards = () => [...document.querySelectorAll("article.card")];
let current = null; // the id of the card for the keys

function currentCard() {
  return document.getElementById(current) || cards()[0] || null;
}

function go(card) {
  if (!card) return;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = cards();
  const position = current === null ? -1 : all.findIndex((card) => card.id === current);
  const next = all[position < 0 ? (step > 0 ? 0 : all.length - 1) : position + step];
  if (next) go(next);
  else document.getElementById(step > 0 ? "page-after" : "page-before")?.click();
}

const unmarked = (card) => !card.classList.contains("done");

const actions = {
  j: () => move(1), ArrowDown: () => move(1), ArrowRight: () => move(1),
  k: () => move(-1), ArrowUp: () => move(-1), ArrowLeft: () => move(-1),
  u: () => document.getElementById("undo")?.click(),
  n: () => {
    const all = cards();
    const next = all.slice(all.indexOf(currentCard()) + 1).find(unmarked);
    if (next) go(next);
    else document.getElementById("next-to-mark")?.click();
  },
  r: () => document.querySelector("#reference > summary")?.click(),
  c: () => currentCard()?.querySelector("textarea")?.focus(),
  p: () => currentCard()?.querySelector("input[name=typed]")?.select(),
};

document.addEventListener("focusin", (event) => {
  const card = event.target.closest("article.card");
  if (card) current = card.id;
});

document.addEventListener("keydown", (event) => {
  const field = inField(event.target);
  if (field && event.key === "Escape") {
    go(event.target.closest("article.card"));
    return;
  }
  if (event.target.matches("textarea[name=comment]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    save(event.target);
    return;
  }
  if (field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!document.getElementById("keys-on")?.checked) return;
  const outside = event.target.closest("summary, nav, header.top, #rubric");
  if (outside && event.key.startsWith("Arrow")) return;
  const inCard = /^[0-9a-z]$/.test(event.key) && currentCard()?.querySelector(`[data-key="${event.key}"]`);
  if (inCard) {
    event.preventDefault();
    current = currentCard().id;
    if (!document.activeElement.closest(`#${current}`)) go(currentCard());
    inCard.click();
  } else if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
});

// Points are sent with the comment. A changed comment on a marked card is also saved when the focus leaves the card's form,
// after a short wait: the focus may have gone to a button that sends the comment itself.
const changed = (area) => area.value !== area.defaultValue;

function save(area) {
  if (area.isConnected && changed(area) && area.closest("[data-marked]")) htmx.trigger(area, "save");
}

document.addEventListener("focusout", (event) => {
  const form = event.target.closest("form.marking");
  if (!form || form.contains(event.relatedTarget)) return;
  const area = form.querySelector("textarea");
  if (area && changed(area)) setTimeout(() => form.dataset.sending === undefined && save(area), 200);
});

window.addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form.marking textarea")].some(changed)) event.preventDefault();
});

// While a card is on its way to the server and back, a pressed button waits, and typed text is carried over.
let waiting = null;
let typed = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form.marking");
  if (!form) return;
  if (form.dataset.sending === undefined) {
    form.dataset.sending = form.querySelector("textarea").value;
  } else {
    event.preventDefault();
    waiting = event.target.id;
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  delete event.target.closest("form.marking")?.dataset.sending;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.target.querySelector?.("form.marking");
  const area = form?.querySelector("textarea");
  typed = area && form.dataset.sending !== undefined && area.value !== form.dataset.sending ? [area.id, area.value] : null;
});
document.addEventListener("htmx:afterSettle", () => {
  const area = typed && document.getElementById(typed[0]);
  if (area) area.value = typed[1];
  typed = null;
  const pressed = waiting && document.getElementById(waiting);
  waiting = null;
  if (pressed) pressed.click();
});

function trouble(words) {
  if (words) document.getElementById("saved").textContent = "";
  document.getElementById("trouble").textContent = words;
}
document.addEventListener("htmx:responseError", (event) => {
  trouble(`Not saved: ${event.detail.xhr.responseText.slice(0, 200)}`);
});
document.addEventListener("htmx:sendError", () => trouble("Not saved: the server does not answer. Is autograder review still running?"));
// An announcement would cover the answers, so it disappears after a while.
let announced = 0;
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id !== "saved") return;
  clearTimeout(announced);
  announced = setTimeout(() => { document.getElementById("saved").textContent = ""; }, 6000);
});
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-close]")) trouble("");
});

// Unfolded parts stay unfolded on the next page, and keys stay on or off.
function remember() {
  for (const details of document.querySelectorAll("details[data-remember]")) {
    const key = `open ${details.dataset.remember}`;
    if (sessionStorage.getItem(key) === "yes") details.open = true;
    details.querySelector("summary").addEventListener("click", () => sessionStorage.setItem(key, details.open ? "no" : "yes"));
  }
}
document.addEventListener("htmx:load", (event) => {
  for (const details of event.target.querySelectorAll?.("details.students") ?? []) {
    details.open = sessionStorage.getItem("open students") === "yes";
  }
});
remember();
if (location.hash === "#unmarked") go(cards().find(unmarked));
else if (document.querySelector(".answers.one")) go(cards()[0]);
const keysOn = document.getElementById("keys-on");
if (keysOn) {
  keysOn.checked = localStorage.getItem("keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
}

document.getElementById("find")?.addEventListener("input", (event) => {
  const wanted = event.target.value.toLocaleLowerCase();
  for (const line of document.querySelectorAll("#submissions li")) {
    line.hidden = !line.textContent.toLocaleLowerCase().includes(wanted);
  }
});
