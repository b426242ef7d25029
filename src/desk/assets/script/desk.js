// What the pages do beyond htmx. Everything works without it, with more clicks.
(function () {
  "use strict";
  // The reader's time zone, so that the server writes times in it.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "", name = "desk-zone=" + encodeURIComponent(zone);
  if (zone && document.cookie.indexOf(name) < 0) {
    document.cookie = name + "; Path=/desk; Max-Age=31536000; SameSite=Lax";
  }

  // The draft of a text stays in this browser until it is sent.
  const draft = (box) => "desk-draft-" + box.dataset.draft;
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
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const box = written(event);
    if (!box || event.detail.xhr.status >= 400) { return; }
    box.value = "";
    stored((store) => store.removeItem(draft(box)));
    box.form.elements.once.value = [...window.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    atEnd = true;
    failed(box.form, "");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const box = written(event), xhr = event.detail.xhr, lost = document.getElementById("lost");
    if (!box || event.detail.successful) { return; }
    const server = lost.querySelector("b").textContent;
    failed(box.form, xhr.status === 0 ? lost.dataset.failed + ": " + server : why(xhr.responseText) || lost.dataset.failed);
  });

  // Filters apply at once; their button is for those without script.
  document.querySelectorAll(".filters").forEach(function (form) {
    form.querySelector("button").hidden = true;
    form.addEventListener("change", function () { form.requestSubmit(); });
  });

  // What is read again stays where it was: how far it is scrolled, and what was unfolded. A conversation that is at its end stays there.
  let atEnd = true, kept = {};
  const log = () => document.querySelector(".log");
  function toEnd() {
    const all = log();
    if (all && atEnd) { all.scrollTop = all.scrollHeight; }
  }
  toEnd();
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
    const all = log(), open = new Map();
    if (all && (part === all || all.contains(part))) { atEnd = all.scrollHeight - all.scrollTop - all.clientHeight < 40; }
    foldings(part).forEach((details, name) => open.set(name, details.open));
    kept[part.id] = { part: part, top: part.scrollTop, open: open };
  }
  function restore() {
    Object.keys(kept).forEach((id) => {
      const part = document.getElementById(id);
      // One of several is replaced before the others.
      if (!part || part === kept[id].part) { return; }
      foldings(part).forEach((details, name) => { if (kept[id].open.has(name)) { details.open = kept[id].open.get(name); } });
      part.scrollTop = kept[id].top;
      delete kept[id];
    });
    toEnd();
  }
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id) { keep(event.detail.target); } });
  // A form that is being filled in is not replaced under the reader's hands: it is once they have left it.
  let waits = false;
  const isFilledIn = (part) => part.querySelector("details.act[open]") || [...part.querySelectorAll("textarea")].some((box) => box.value && !box.closest("details"));
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (isFilledIn(event.detail.target)) {
      event.detail.shouldSwap = false;
      waits = true;
    } else {
      keep(event.detail.target);
    }
  });
  document.addEventListener("toggle", (event) => {
    const facts = document.getElementById("ficha");
    if (waits && facts && event.target.matches("details.act") && !event.target.open) {
      waits = false;
      window.htmx.trigger(facts, "sse:reset");
    }
  }, true);
  ["htmx:afterSwap", "htmx:oobAfterSwap", "htmx:afterSettle"].forEach((name) => document.addEventListener(name, restore));
  // The session has ended: the page stays, and says so.
  document.addEventListener("htmx:responseError", function (event) {
    var line = document.getElementById("ended");
    if (event.detail.xhr.status === 401 && line) { line.hidden = false; }
  });
})();
