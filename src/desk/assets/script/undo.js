// Acknowledging from the list: it is sent after eight seconds, and can be taken back until then. Closing the page sends it.
(function () {
  "use strict";
  const HELD_S = 8;
  const rowOf = (box) => box.closest(".item");
  let held = null, form, line, button, said, back, left;
  const boxes = () => [...form.querySelectorAll(".item input[type=checkbox]:not(:disabled)")];

  function count() {
    const ticked = boxes().filter((box) => box.checked).length, number = form.querySelector(".bulk__n");
    number.textContent = ticked > 0 ? number.dataset.said.replace("{}", ticked) : "";
  }
  // What is folded looks like its rows.
  function mark(pile) {
    if (pile) { pile.classList.toggle("pile--going", !pile.querySelector(".item:not(.item--going)")); }
  }
  function going(rows, is) {
    rows.forEach((row) => {
      const box = row.querySelector("input[type=checkbox]");
      row.classList.toggle("item--going", is);
      if (box) { box.checked = false; box.disabled = is; }
      mark(row.closest(".pile"));
    });
    count();
  }
  function say(text, isUndoable) {
    said.textContent = text;
    back.hidden = !isUndoable;
    line.hidden = false;
  }
  function sentence(rows) {
    if (rows.length > 1) { return button.dataset.saidMany.replace("{}", rows.length); }
    const title = rows[0].querySelector(".item__t").cloneNode(true);
    title.querySelectorAll(".vh").forEach((word) => word.remove());
    return button.dataset.said.replace("{}", title.textContent.trim());
  }

  function acknowledge(rows) {
    send();
    const chosen = rows.filter((row) => row.querySelector("input[type=checkbox]:not(:disabled)"));
    if (chosen.length === 0) { return; }
    const fields = new URLSearchParams({ csrf: form.elements.csrf.value, until: form.elements.until.value, now: "1" });
    chosen.forEach((row) => fields.append("message", row.querySelector("input[type=checkbox]").value));
    going(chosen, true);
    say(sentence(chosen), true);
    held = { rows: chosen, fields: fields, ends: Date.now() + HELD_S * 1000, timer: setInterval(tick, 250) };
    tick();
  }
  function tick() {
    const seconds = Math.ceil((held.ends - Date.now()) / 1000);
    if (seconds > 0) { left.textContent = " (" + seconds + " s)"; } else { send(); }
  }
  function take() {
    const taken = held;
    if (taken) { clearInterval(taken.timer); }
    held = null;
    return taken;
  }
  function undo() {
    const taken = take();
    if (!taken) { return; }
    going(taken.rows, false);
    say(line.dataset.takenBack, false);
    const link = taken.rows[0].querySelector("a");
    if (link) { link.focus(); }
  }
  function send() {
    const taken = take();
    if (!taken) { return; }
    line.hidden = true;
    const options = { method: "POST", body: taken.fields, keepalive: true, headers: { "HX-Request": "true" } };
    fetch(form.action, options).then((answer) => {
      if (answer.ok) { return null; }
      if (answer.status === 401) { document.getElementById("ended").hidden = false; }
      return answer.status === 401 ? "" : answer.text();
    }, () => "").then((why) => {
      if (why === null) { return; }
      going(taken.rows, false);
      say([line.dataset.failed, why].filter(Boolean).join(": "), false);
    });
  }

  // The list beside a window may be read again: what was held back is sent before.
  function begin() {
    const found = document.querySelector(".inbox__form"), undoLine = document.getElementById("desfazer");
    if (!found || !undoLine || found === form) { return; }
    send();
    form = found;
    line = undoLine;
    button = form.querySelector(".bulk .btn--go");
    said = line.querySelector("[role=status]");
    back = line.querySelector("button");
    left = back.querySelector("span");
    const all = form.querySelector("[data-all]");
    all.hidden = false;
    all.addEventListener("click", () => { boxes().forEach((box) => { box.checked = true; }); count(); });
    back.addEventListener("click", undo);
    form.addEventListener("change", count);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      acknowledge(boxes().filter((box) => box.checked).map(rowOf));
    });
    // By key: those that are ticked, else the one that has the focus.
    form.addEventListener("desk:acknowledge", (event) => {
      const ticked = boxes().filter((box) => box.checked).map(rowOf);
      acknowledge(ticked.length > 0 ? ticked : [event.detail]);
    });
    count();
  }
  begin();
  document.addEventListener("htmx:afterSettle", begin);
  window.addEventListener("pagehide", send);
})();
