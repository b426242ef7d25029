// Holds the stream of events for all tabs of a browser.
"use strict";
var ports = [], source = null, opened = false;

function tell(message) { ports.forEach(function (port) { port.postMessage(message); }); }

function open(url) {
  if (source && source.readyState !== 2) { return; }
  source = new EventSource(url);
  source.onopen = function () { opened = true; tell({ state: "open" }); };
  source.onerror = function () {
    opened = false;
    tell({ state: "error" });
    // The session has ended, or the server is away for long: tried again until a tab remains no more.
    if (source && source.readyState === 2) { setTimeout(function () { if (ports.length) { open(url); } }, 5000); }
  };
  source.addEventListener("change", function (event) { tell({ topic: JSON.parse(event.data).topic }); });
}

self.onconnect = function (event) {
  var port = event.ports[0];
  ports.push(port);
  port.onmessage = function (message) {
    if (message.data.close) {
      ports = ports.filter(function (other) { return other !== port; });
      if (ports.length === 0 && source) { source.close(); source = null; opened = false; }
      return;
    }
    open(message.data.url);
    if (opened) { port.postMessage({ state: "open" }); }
  };
  port.start();
};
