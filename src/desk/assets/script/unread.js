// What this person has not opened in this browser is bold.
(function () {
  "use strict";
  const KEPT = 500;
  const reader = document.body.dataset.reader;
  if (!reader) { return; }
  const key = "desk-read-" + reader;
  function read() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (error) { return {}; }
  }
  function write(all) {
    const newest = Object.entries(all).sort((a, b) => b[1] - a[1]).slice(0, KEPT);
    try { localStorage.setItem(key, JSON.stringify(Object.fromEntries(newest))); } catch (error) { /* full, or switched off */ }
  }
  function threadOf() {
    const box = document.getElementById("resposta"), path = location.pathname.match(/^\/desk\/threads\/([^/]+)$/);
    return box ? box.dataset.draft : path && path[1];
  }
  // The conversation that is open was read up to its last message.
  function opened() {
    const shown = document.getElementById("log"), thread = shown && threadOf();
    if (!thread || document.hidden) { return; }
    const times = [...shown.querySelectorAll(".msg > time")].map((time) => Date.parse(time.dateTime));
    const all = read(), last = Math.max(all[thread] || 0, ...times);
    if (last !== all[thread]) {
      all[thread] = last;
      write(all);
    }
  }
  function mark() {
    const list = document.querySelector(".list[data-unread]");
    if (!list) { return; }
    const all = read();
    list.querySelectorAll(".item").forEach((item) => {
      const title = item.querySelector(".item__t"), written = Date.parse(item.dataset.at || "");
      const isNew = written > (all[item.dataset.thread] || 0);
      item.classList.toggle("item--new", isNew);
      let word = title.querySelector(".vh");
      if (isNew && !word) {
        word = document.createElement("span");
        word.className = "vh";
        word.textContent = " (" + list.dataset.unread + ")";
        title.append(word);
      } else if (!isNew && word) {
        word.remove();
      }
    });
  }
  function both() {
    opened();
    mark();
  }
  both();
  document.addEventListener("htmx:afterSettle", both);
  window.addEventListener("storage", (event) => { if (event.key === key) { mark(); } });
  window.addEventListener("pageshow", both);
  document.addEventListener("visibilitychange", both);
})();
