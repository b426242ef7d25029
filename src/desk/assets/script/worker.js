// Holds the stream of events for all tabs of a browser.
"use strict";
let ports = [];
const connection = new DeskConnection((message) => ports.forEach((port) => port.postMessage(message)));

self.onconnect = function (event) {
  const port = event.ports[0];
  port.onmessage = function (message) {
    const { url, close, retry } = message.data;
    if (close) {
      ports = ports.filter((other) => other !== port);
      if (ports.length === 0) { connection.close(); }
    } else if (retry) {
      connection.retry();
    } else if (url) {
      if (!ports.includes(port)) { ports.push(port); }
      connection.open(url);
      if (connection.state) { port.postMessage({ state: connection.state }); }
    }
  };
  port.start();
};
