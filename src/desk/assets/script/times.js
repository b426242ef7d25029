// Times stay true while a page stays open. Where the server is away they become absolute: what is old must not look new.
(function () {
  "use strict";
  const english = document.documentElement.lang.startsWith("en"), sent = Number(document.body.dataset.now);
  const ahead = sent ? sent - Date.now() : 0;
  let isAway = false;

  // As the server writes them.
  function span(seconds) {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    if (minutes < 1) { return seconds + " s"; }
    if (hours < 1) { return minutes + " min"; }
    if (hours < 4 && minutes % 60 > 0) { return hours + " h " + String(minutes % 60).padStart(2, "0"); }
    return hours < 24 ? hours + " h" : Math.floor(hours / 24) + " d";
  }
  function clock(at, withSeconds) {
    const two = (number) => String(number).padStart(2, "0"), now = new Date();
    const time = two(at.getHours()) + ":" + two(at.getMinutes()) + (withSeconds ? ":" + two(at.getSeconds()) : "");
    if (at.toDateString() === now.toDateString()) { return time; }
    const day = english ? at.toLocaleDateString("en", { month: "short", day: "numeric" }) : two(at.getDate()) + "/" + two(at.getMonth() + 1);
    return day + " " + time;
  }
  function text(element) {
    const at = new Date(element.dateTime);
    if (isAway) { return (english ? "at " : "às ") + clock(at, false); }
    const age = span(Math.max(0, Math.floor((Date.now() + ahead - at.getTime()) / 1000)));
    if (element.dataset.t === "age") { return age; }
    return english ? age + " ago" : "há " + age;
  }
  function write() {
    document.querySelectorAll("time[data-t]").forEach((element) => {
      const now = text(element);
      if (element.textContent !== now) { element.textContent = now; }
    });
  }
  setInterval(write, 15000);
  document.addEventListener("desk:away", (event) => {
    const was = isAway, since = document.querySelector("#lost time");
    isAway = event.detail !== null;
    if (isAway && since) {
      const at = new Date(event.detail);
      since.dateTime = at.toISOString();
      since.textContent = clock(at, true);
    }
    if (was || isAway) { write(); }
  });
})();
