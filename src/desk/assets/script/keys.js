// Single keys as shortcuts, unless the reader switched them off or is typing.
(function () {
  "use strict";
  if (!document.documentElement.dataset.keys) { return; }
  // What a key presses; the first one that is shown.
  const TARGETS = {
    a: "#take-over, #release",
    e: "#acknowledge, #take-back, .inbox__form .bulk .btn--go",
    g: '#run, .acts [data-key="run"]',
    s: "#silence",
    r: "#resposta",
    z: "#desfazer button",
    "Control+Enter": ".reply .reply__end button",
  };
  const sheet = document.getElementById("atalhos");
  // What is folded has its place, but can't have the focus.
  function isFolded(element) {
    const folded = element.parentElement && element.parentElement.closest("details:not([open])");
    return Boolean(folded) && folded.querySelector("summary") !== element;
  }
  const isShown = (element) => element.getClientRects().length > 0 && !element.disabled && !isFolded(element);

  // Assistive software and everybody else are told of the keys here, so that without script nobody is.
  function tell() {
    Object.entries(TARGETS).forEach(([key, selector]) => document.querySelectorAll(selector).forEach((element) => {
      element.setAttribute("aria-keyshortcuts", key);
      if (key.length > 1 || !element.matches("button, summary") || element.querySelector("kbd")) { return; }
      const hint = document.createElement("kbd");
      hint.textContent = key;
      hint.setAttribute("aria-hidden", "true");
      element.append(" ", hint);
    }));
    document.querySelectorAll(".keys").forEach((hints) => { hints.hidden = false; });
  }
  tell();
  document.addEventListener("htmx:load", tell);

  // Rows of the inbox with the heads of what is folded there, and rows of other lists.
  const ROWS = ".list .item__a, .list .pile > summary, .tab tbody th a, .tab--actions .tab__s a, .scn__t a";
  const links = () => [...document.querySelectorAll(ROWS)].filter(isShown);
  function focused() { return document.activeElement && document.activeElement.closest(".list .item"); }
  function move(step) {
    const all = links(), item = focused();
    const here = item ? item.querySelector(".item__a") : document.activeElement;
    const from = all.includes(here) ? here : all.find((link) => link.getAttribute("aria-current"));
    const at = all.indexOf(from), to = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (all[to]) { all[to].focus(); }
  }
  function press(key) {
    if (!TARGETS[key]) { return false; }
    const found = [...document.querySelectorAll(TARGETS[key])].filter(isShown);
    const element = found.find((one) => !one.closest(".inbox")) || found[0];
    if (!element) { return false; }
    if (element.matches("textarea, input, select")) {
      element.focus();
      return true;
    }
    element.click();
    const form = element.matches("summary") && element.parentElement.open && element.parentElement.querySelector("form");
    if (form) { form.querySelector("textarea, select, input:not([type=hidden]), button").focus(); }
    return true;
  }
  function open() {
    if (sheet && !sheet.open) { sheet.showModal(); }
    return true;
  }

  function handle(key) {
    const item = focused();
    switch (key) {
      case "j": move(1); return links().length > 0;
      case "k": move(-1); return links().length > 0;
      case "?": return open();
      case "x": {
        const box = item && item.querySelector("input[type=checkbox]:not(:disabled)");
        if (box) { box.click(); }
        return Boolean(box);
      }
      case "e":
        if (!item) { return press(key); }
        item.closest("form").dispatchEvent(new CustomEvent("desk:acknowledge", { detail: item }));
        return true;
      case "r":
        if (press(key)) { return true; }
        if (item) { window.location = item.querySelector(".item__a").href + "#resposta"; }
        return Boolean(item);
      default: return press(key);
    }
  }

  function isTyping(element) {
    return element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
  }
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if (sheet && sheet.open) { return; }
    if (event.key === "Escape") {
      if (isTyping(target)) { target.blur(); }
      return;
    }
    if (event.key.length !== 1 || event.key === " " || isTyping(target)) { return; }
    if (handle(event.key)) { event.preventDefault(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-sheet]")) { open(); }
  });
  // Where `r` led from the list.
  const box = window.location.hash === "#resposta" && document.getElementById("resposta");
  if (box) { box.focus(); }
})();
