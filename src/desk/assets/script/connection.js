// The stream of events: opened again with growing pauses. Part of the worker, and of the pages where there is none.
function DeskConnection(tell) {
  "use strict";
  const self = this;
  let source = null, tries = 0, timer = null, url = "";
  this.state = "";

  function say(state) {
    self.state = state;
    tell({ state: state });
  }
  function later() {
    clearTimeout(timer);
    const pause = Math.min(30000, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
    tries += 1;
    timer = setTimeout(connect, pause);
  }
  // An EventSource does not say why it failed.
  function ask() {
    const asked = fetch(url, { method: "HEAD", headers: { "HX-Request": "true" }, cache: "no-store" });
    const state = asked.then((answer) => {
      if (answer.ok) { return "waiting"; }
      return { 401: "ended", 429: "crowded" }[answer.status] || "lost";
    });
    state.catch(() => "lost").then((state) => {
      if (!url) { return; }
      say(state);
      later();
    });
  }
  function connect() {
    source = new EventSource(url);
    source.onopen = () => { tries = 0; say("open"); };
    source.onerror = () => { stop(); ask(); };
    source.addEventListener("change", (event) => tell({ topic: JSON.parse(event.data).topic }));
  }
  function stop() {
    if (source) { source.close(); }
    source = null;
  }
  this.open = function (to) {
    if (url) { return; }
    url = to;
    connect();
  };
  this.retry = function () {
    if (source || !url) { return; }
    clearTimeout(timer);
    tries = 0;
    connect();
  };
  this.close = function () {
    url = "";
    clearTimeout(timer);
    stop();
    self.state = "";
  };
}
