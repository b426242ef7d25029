// What the pages do beyond htmx. Everything works without it, with more clicks.
(function () {
  "use strict";
  // The reader's time zone, so that the server writes times in it.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "", name = "desk-zone=" + encodeURIComponent(zone);
  if (zone && document.cookie.indexOf(name) < 0) {
    document.cookie = name + "; Path=/desk; Max-Age=31536000; SameSite=Lax";
  }

  var atEnd = true;

  // The draft of a reply stays in this browser until it is sent.
  function draft(box) { return "desk-draft-" + box.dataset.draft; }
  function stored(action) { try { return action(window.localStorage); } catch (error) { return null; } }
  document.querySelectorAll("textarea[data-draft]").forEach(function (box) {
    var kept = stored(function (store) { return store.getItem(draft(box)); });
    if (kept && !box.value) { box.value = kept; }
    box.addEventListener("input", function () { stored(function (store) { store.setItem(draft(box), box.value); }); });
    box.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); box.form.requestSubmit(); }
    });
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

  // A reply is sent without leaving the page. What was written stays until the server has it.
  // htmx takes the form from here, once all scripts have run.
  var reply = document.querySelector("form.reply"), line = document.createElement("p");
  if (reply) {
    [["hx-post", reply.getAttribute("action")], ["hx-target", "#log"], ["hx-select", "#log"], ["hx-swap", "outerHTML"]].forEach(function (pair) {
      reply.setAttribute(pair[0], pair[1]);
    });
    line.className = "reply__failed";
    line.setAttribute("role", "alert");
    reply.insertBefore(line, reply.querySelector(".reply__end"));
  }
  function why(page) {
    var said = new DOMParser().parseFromString(page, "text/html").querySelector(".say");
    return said ? [].map.call(said.querySelectorAll("h1, p:not(.say__do)"), function (part) { return part.textContent; }).join(": ") : "";
  }
  document.addEventListener("htmx:afterRequest", function (event) {
    if (!reply || event.detail.elt !== reply) { return; }
    var box = reply.querySelector("textarea"), xhr = event.detail.xhr, lost = document.getElementById("lost");
    if (event.detail.successful) {
      box.value = "";
      stored(function (store) { store.removeItem(draft(box)); });
      reply.elements.once.value = [].map.call(window.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
        return byte.toString(16).padStart(2, "0");
      }).join("");
      atEnd = true;
      line.textContent = "";
    } else {
      var server = lost.querySelector("b").textContent;
      line.textContent = xhr.status === 0 ? lost.dataset.failed + ": " + server : why(xhr.responseText) || lost.dataset.failed;
    }
  });

  // Filters apply at once; their button is for those without script.
  document.querySelectorAll(".filters").forEach(function (form) {
    form.querySelector("button").hidden = true;
    form.addEventListener("change", function () { form.requestSubmit(); });
  });

  // The conversation opens at its end, and stays there when more comes, unless the reader is elsewhere.
  function toEnd(log) { log.scrollTop = log.scrollHeight; }
  var log = document.getElementById("log");
  if (log) { toEnd(log); }
  document.addEventListener("htmx:beforeSwap", function (event) {
    var target = event.detail.target;
    if (target && target.id === "log") { atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40; }
  });
  document.addEventListener("htmx:afterSettle", function () {
    var now = document.getElementById("log");
    if (now && atEnd) { toEnd(now); }
  });
  // A part that is being filled in is not replaced under the reader's hands.
  document.addEventListener("htmx:beforeRequest", function (event) {
    var part = event.target;
    if (part.querySelector && part.querySelector("details.act[open]")) { event.preventDefault(); }
  });
  // The session has ended: the page stays, and says so.
  document.addEventListener("htmx:responseError", function (event) {
    var line = document.getElementById("ended");
    if (event.detail.xhr.status === 401 && line) { line.hidden = false; }
  });
})();
