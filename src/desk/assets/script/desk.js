// What the pages do beyond htmx. Everything works without it, with more clicks.
(function () {
  "use strict";
  // The reader's time zone, so that the server writes times in it.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "", name = "desk-zone=" + encodeURIComponent(zone);
  if (zone && document.cookie.indexOf(name) < 0) {
    document.cookie = name + "; Path=/desk; Max-Age=31536000; SameSite=Lax";
  }

  // The draft of a text stays in this browser until it is sent.
  const draft = (box) => "desk-draft-" + document.body.dataset.reader + "-" + box.dataset.draft;
  function stored(action) { try { return action(window.localStorage); } catch (error) { return null; } }
  function fill(part) {
    part.querySelectorAll("textarea[data-draft]").forEach((box) => {
      const kept = stored((store) => store.getItem(draft(box)));
      if (kept && !box.value) { box.value = kept; }
    });
  }
  fill(document);
  document.addEventListener("htmx:load", (event) => fill(event.target));
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (box.matches("textarea[data-draft]")) { stored((store) => store.setItem(draft(box), box.value)); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea[data-draft]")) { return; }
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // A form is sent once.
  document.addEventListener("submit", function (event) {
    if (event.target.method !== "post" || event.defaultPrevented) { return; }
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // A text is sent without leaving the page. What was written stays until the server has it.
  function failed(form, text) {
    let line = form.querySelector(".reply__failed");
    if (!line) {
      line = document.createElement("p");
      line.className = "reply__failed";
      line.setAttribute("role", "alert");
      form.insertBefore(line, form.querySelector(".reply__end"));
    }
    line.textContent = text;
  }
  function why(page) {
    const said = new DOMParser().parseFromString(page, "text/html").querySelector(".say");
    return said ? [...said.querySelectorAll("h1, p:not(.say__do)")].map((part) => part.textContent).join(": ") : "";
  }
  const written = (event) => (event.detail.elt.matches("form.reply") ? event.detail.elt.querySelector("textarea") : null);
  // What is sent another time, changed, is another request.
  const sending = new WeakMap();
  function renew(form) {
    form.elements.once.value = [...window.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const box = written(event);
    if (box) { sending.set(box, box.value); }
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const box = written(event);
    if (!box || event.detail.xhr.status >= 400) { return; }
    // What was written meanwhile stays.
    if (box.value === sending.get(box)) {
      box.value = "";
      stored((store) => store.removeItem(draft(box)));
    }
    renew(box.form);
    isOwn = true;
    failed(box.form, "");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const box = written(event), xhr = event.detail.xhr, lost = document.getElementById("lost");
    if (!box || event.detail.successful) { return; }
    const server = lost.querySelector("b").textContent;
    box.form.dataset.failed = "1";
    failed(box.form, xhr.status === 0 ? lost.dataset.failed + ": " + server : why(xhr.responseText) || lost.dataset.failed);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.dataset.failed) { return; }
    delete form.dataset.failed;
    renew(form);
  });

  // Filters apply at once; their button is for those without script.
  function filters() { document.querySelectorAll(".filters button").forEach((button) => { button.hidden = true; }); }
  filters();
  document.addEventListener("htmx:load", filters);
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".filters");
    if (form) { form.requestSubmit(); }
  });

  // What is read again stays where it was: how far it is scrolled, and what was unfolded. A conversation that is at its end stays there, and
  // goes there after what the reader sent.
  let atEnd = true, isOwn = false, kept = {};
  const log = () => document.querySelector(".log");
  const isOfLog = (part) => Boolean(log()) && (part === log() || log().contains(part));
  function toEnd() {
    const all = log();
    if (all) { all.scrollTop = all.scrollHeight; }
  }
  // After what the reader sent. On a phone the page scrolls, and the last line has to be above the bar.
  function toOwn() {
    const all = log();
    toEnd();
    if (all && all.scrollHeight <= all.clientHeight && all.getBoundingClientRect().bottom > window.innerHeight - 56) {
      const last = [...all.querySelectorAll(".msg")].pop(), waits = document.querySelector("#waiting .waiting");
      (waits || last || all).scrollIntoView({ block: "end" });
    }
  }
  toEnd();
  document.addEventListener("scroll", (event) => {
    const all = log();
    if (all && event.target === all) { atEnd = all.scrollHeight - all.scrollTop - all.clientHeight < 40; }
  }, true);
  function foldings(part) {
    const named = new Map();
    part.querySelectorAll("details").forEach((details) => {
      const name = details.id || details.querySelector("summary").textContent;
      let at = 0;
      while (named.has(name + at)) { at += 1; }
      named.set(name + at, details);
    });
    return named;
  }
  function keep(part) {
    const open = new Map();
    foldings(part).forEach((details, name) => open.set(name, details.open));
    kept[part.id] = { part: part, top: part.scrollTop, open: open, isOfLog: isOfLog(part), goes: atEnd };
  }
  function restore() {
    Object.keys(kept).forEach((id) => {
      const part = document.getElementById(id), before = kept[id];
      // One of several is replaced before the others.
      if (!part || part === before.part) { return; }
      foldings(part).forEach((details, name) => { if (before.open.has(name)) { details.open = before.open.get(name); } });
      part.scrollTop = before.top;
      delete kept[id];
      if (!before.isOfLog && !(isOwn && part.contains(log()))) { return; }
      if (isOwn) { toOwn(); } else if (before.goes) { toEnd(); }
      isOwn = false;
    });
  }
  // What is replaced between the press and the release of a button gets no click.
  let pressed = null;
  const isPressed = (part) => Boolean(pressed) && part.contains(pressed);
  document.addEventListener("pointerdown", (event) => {
    const before = pressed;
    pressed = event.target;
    // It was released outside of the window.
    if (before) { left(before); }
  }, true);
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => {
    const element = pressed;
    // The click comes after the release.
    setTimeout(() => {
      pressed = null;
      if (element) { left(element); }
    });
  }, true));
  // A form that is being filled in is not replaced under the reader's hands: it is once they have left it.
  const waiting = new Set();
  const isFilledIn = (part) => isPressed(part) || part.querySelector("details.act[open]") || [...part.querySelectorAll("textarea")].some((box) => box.value && !box.closest("details"));
  // A question that is not asked any more goes, whatever was written: the draft stays in this browser.
  const isOver = (part, fragment) => part.id === "fixed-place" && !fragment.querySelector("form");
  function swap(event, part, isOver) {
    if (isFilledIn(part) && !isOver) {
      event.detail.shouldSwap = false;
      waiting.add(part.id);
    } else {
      keep(part);
    }
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target, by = event.detail.requestConfig ? event.detail.requestConfig.elt : part;
    if (part.id && event.detail.shouldSwap) { swap(event, part, by.matches("form")); }
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const part = event.detail.target;
    swap(event, part, isOver(part, event.detail.fragment));
  });
  function left(element) {
    const part = [...waiting].map((id) => document.getElementById(id)).find((one) => one && one.contains(element));
    if (!part || isFilledIn(part)) { return; }
    waiting.delete(part.id);
    const reads = part.matches("[hx-get]") ? part : document.getElementById("ficha");
    if (reads) { window.htmx.trigger(reads, "sse:reset"); }
  }
  document.addEventListener("toggle", (event) => left(event.target), true);
  document.addEventListener("input", (event) => left(event.target));
  ["htmx:afterSwap", "htmx:oobAfterSwap", "htmx:afterSettle"].forEach((name) => document.addEventListener(name, restore));
  // The session has ended: the page stays, and says so.
  document.addEventListener("htmx:responseError", function (event) {
    var line = document.getElementById("ended");
    if (event.detail.xhr.status === 401 && line) { line.hidden = false; }
  });
})();
