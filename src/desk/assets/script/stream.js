// One stream of events per browser: a shared worker holds it, and every tab listens to the worker. Where there are none, a tab has its
// own. The SSE extension of htmx takes what createEventSource gives: here, events by the topic that changed.
(function () {
  "use strict";
  var meta = document.querySelector('meta[name="desk-worker"]');

  function Stream(url) {
    var self = this, target = new EventTarget(), port = null, own = null;
    this.readyState = 0;
    this.addEventListener = function (name, listener) { target.addEventListener(name, listener); };
    this.removeEventListener = function (name, listener) { target.removeEventListener(name, listener); };
    function opened() { self.readyState = 1; lost(false); if (self.onopen) { self.onopen(new Event("open")); } }
    function failed() { self.readyState = 0; lost(true); }
    function tell(topic) { target.dispatchEvent(new MessageEvent(topic, { data: topic })); }
    try {
      port = new SharedWorker(meta.content, "desk-events").port;
      port.onmessage = function (message) {
        if (message.data.state === "open") { opened(); }
        else if (message.data.state === "error") { failed(); }
        else { tell(message.data.topic); }
      };
      port.start();
      port.postMessage({ url: url });
      window.addEventListener("pagehide", function () { port.postMessage({ close: true }); });
    } catch (error) {
      own = new EventSource(url);
      own.onopen = opened;
      own.onerror = failed;
      own.addEventListener("change", function (event) { tell(JSON.parse(event.data).topic); });
    }
    this.close = function () {
      self.readyState = 2;
      if (own) { own.close(); } else { port.postMessage({ close: true }); }
    };
  }

  // Whether the server is away is said once, and only when it lasts.
  var timer = null;
  function lost(is) {
    clearTimeout(timer);
    var line = document.getElementById("lost");
    if (!line) { return; }
    if (!is) { line.hidden = true; return; }
    timer = setTimeout(function () { line.hidden = false; }, 4000);
  }

  window.htmx.createEventSource = function (url) { return new Stream(url); };
})();
