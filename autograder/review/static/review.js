// Keys and the card that they work on; the way on after a mark; comments; who else is here. The rest is htmx.
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
  card.scrollIntoView({ block: card.offsetHeight > innerHeight - 100 ? "start" : "nearest" });
}

function move(step) {
  const all = cards();
  const position = current === null ? -1 : all.findIndex((card) => card.id === current);
  const next = all[position < 0 ? (step > 0 ? 0 : all.length - 1) : position + step];
  if (next) go(next);
  else document.getElementById(step > 0 ? "page-after" : "page-before")?.click();
}

const unmarked = (card) => !card.classList.contains("done");
const nextUnmarked = (card) => cards().slice(cards().indexOf(card) + 1).find(unmarked);

const actions = {
  j: () => move(1), ArrowDown: () => move(1), ArrowRight: () => move(1),
  k: () => move(-1), ArrowUp: () => move(-1), ArrowLeft: () => move(-1),
  u: () => document.getElementById("undo")?.click(),
  n: () => {
    const next = nextUnmarked(currentCard());
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
  const again = event.target.closest(".again");
  if (again && (event.key === "Escape" || /^[1-9]$/.test(event.key))) {
    event.preventDefault();
    if (event.key === "Escape") closeAgain(again);
    else again.querySelectorAll("[data-again]")[event.key - 1]?.click();
    return;
  }
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
  if (event.key === "Enter" && event.target.matches("article.card")) {
    event.preventDefault();
    actions.n();
    return;
  }
  const inCard = /^[0-9a-z,]$/.test(event.key) && currentCard()?.querySelector(`[data-key="${event.key}"]`);
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

// A comment that was used before goes below what is written already.
function closeAgain(again) {
  const card = again.closest("article.card");
  again.replaceChildren();
  go(card);
}
document.addEventListener("click", (event) => {
  const used = event.target.closest("[data-again]");
  if (!used) return;
  const area = used.closest("form").querySelector("textarea");
  area.value = [area.value, used.querySelector("span").textContent].filter(Boolean).join("\n");
  closeAgain(used.closest(".again"));
  save(area);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.matches?.(".again")) event.detail.target.firstElementChild.focus();
});

// Points go on to the next unmarked answer at once; to one on another page when they are saved.
let leaving = false;
const isMark = ({ verb, path }) => verb === "post" && path.endsWith("/mark");
function step(detail) {
  const what = detail.requestConfig.formData.get("what");
  if (!["give", "points"].includes(what) || !document.getElementById("steps-on")?.checked) return;
  const next = nextUnmarked(detail.elt.closest("article.card"));
  if (next) go(next);
  else leaving = true;
}
function stepped(event) {
  const { xhr, successful, target } = event.detail;
  if (xhr.status === 422 || xhr.status === 409) go(document.getElementById(target.id));
  const isLeft = Number(document.getElementById("progress").dataset.left) || document.querySelector(".answers.student");
  if (leaving && successful && isLeft) {
    document.getElementById("next-to-mark").click();
  } else leaving = false;
}

// While a card is on its way to the server and back, a pressed button waits, and typed text is carried over.
let waiting = null;
let typed = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form.marking");
  if (!form || !isMark(event.detail.requestConfig)) return;
  if (form.dataset.sending === undefined && !leaving) {
    form.dataset.sending = form.querySelector("textarea").value;
    step(event.detail);
  } else {
    event.preventDefault();
    waiting = leaving ? null : event.target.id;
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  delete event.target.closest("form.marking")?.dataset.sending;
  if (isMark(event.detail.requestConfig)) setTimeout(stepped, 0, event);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const sender = event.detail.requestConfig.elt.closest("form");
  if (event.detail.xhr.status === 422 && sender) event.detail.target = atField(sender, event.detail.requestConfig);
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

// An error stands at its field, and takes an older announcement away.
function atField(form, config) {
  const field = form.querySelector({ points: "[name=typed]", comment: "[name=comment]" }[config.formData.get("what")] ?? "[required]");
  let place = form.querySelector(".wrong");
  if (!place) {
    place = document.createElement("div");
    place.className = "wrong";
    place.id = `wrong-${Math.random().toString(36).slice(2)}`;
    place.setAttribute("role", "alert");
    (field?.closest(".points, .comment, .item") ?? form.lastElementChild).after(place);
  }
  document.getElementById("saved").textContent = "";
  field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-describedby", place.id);
  return place;
}

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
  if (event.target.matches("[data-close]")) event.target.closest(".wrong, #trouble").replaceChildren();
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
for (const setting of document.querySelectorAll("[data-setting]")) {
  setting.checked = localStorage.getItem(setting.dataset.setting) !== "off";
  setting.addEventListener("change", () => localStorage.setItem(setting.dataset.setting, setting.checked ? "on" : "off"));
}

// Who else is here: the page says every few seconds which answer is open on it, and shows where the others are.
const ASK = 4000;
let asking = 0;
async function ask() {
  clearTimeout(asking);
  const card = document.getElementById(current) ?? document.querySelector(".answers.one article.card");
  const page = document.querySelector(".answers[data-question]")?.dataset.question ?? "";
  const own = { question: card?.dataset.question ?? page, student: card?.dataset.students.split(" ")[0] ?? "0" };
  try {
    const response = await fetch("/here", { method: "POST", body: new URLSearchParams(own) });
    if (response.ok) meet(await response.json(), page);
  } catch { /* the server is gone: the next mark says so */ }
  asking = setTimeout(ask, ASK);
}
function meet(heard, page) {
  const names = (others) => [...new Set(others.map((one) => one.name))].join(", ");
  const write = (place, others, words) => {
    if (!place) return;
    place.hidden = !others.length;
    place.textContent = others.length ? words(names(others)) : "";
  };
  for (const card of cards()) {
    const students = card.dataset.students.split(" ");
    const there = heard.others.filter((one) => one.question === card.dataset.question && students.includes(String(one.student)));
    write(card.querySelector(".here"), there, (who) => `${who} is at it`);
  }
  for (const place of document.querySelectorAll("p.here[data-question]")) {
    write(place, heard.others.filter((one) => one.question === place.dataset.question), (who) => `${who} is marking`);
  }
  const isHere = (one) => page ? one.question === page : cards().some((card) => card.dataset.students === String(one.student));
  write(document.getElementById("others"), heard.others.filter(isHere), (who) => `also here: ${who}`);
  const progress = document.getElementById("progress");
  if (progress && page && heard.of) {
    progress.dataset.left = heard.of - heard.marked;
    progress.firstElementChild.textContent = `${heard.marked} of ${heard.of}`;
  }
}
if (document.querySelector("[data-question]")) {
  ask();
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("article.card")) return;
    clearTimeout(asking);
    asking = setTimeout(ask, 300);
  });
}

document.getElementById("find")?.addEventListener("input", (event) => {
  const wanted = event.target.value.toLocaleLowerCase();
  for (const line of document.querySelectorAll("#submissions li")) {
    line.hidden = !line.textContent.toLocaleLowerCase().includes(wanted);
  }
});
