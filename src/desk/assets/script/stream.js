// One stream of events per browser: a shared worker holds it, and every tab listens to the worker. Where there is none, one tab holds it
// for all. The SSE extension of htmx takes what createEventSource gives: here, events by the topic that changed.
(function () {
  "use strict";
  // Lists are read again so often at most, however many objects change.
  const LISTS_MS = 2000;
  const LEASE = "desk-stream", LEASE_MS = 6000, LOOK_MS = 2000;

  function shared(url, hear) {
    if (!window.SharedWorker) { return null; }
    try {
      const address = document.querySelector('meta[name="desk-worker"]').content;
      const port = new SharedWorker(address, "desk-events").port;
      port.onmessage = (message) => hear(message.data);
      port.start();
      const post = (message) => () => port.postMessage(message);
      return { start: post({ url: url }), stop: post({ close: true }), retry: post({ retry: true }) };
    } catch (error) {
      return null;
    }
  }

  // The tab whose lease in localStorage is not over holds the stream, and tells the others.
  function leased(url, hear) {
    const id = Math.random().toString(36), channel = new BroadcastChannel("desk-events");
    let connection = null, timer = null;
    function read() {
      try { return JSON.parse(localStorage.getItem(LEASE)) || {}; } catch (error) { return {}; }
    }
    function hold() { localStorage.setItem(LEASE, JSON.stringify({ id: id, until: Date.now() + LEASE_MS })); }
    function begin() {
      if (connection || read().id !== id) { return; }
      connection = new DeskConnection((message) => { hear(message); channel.postMessage(message); });
      connection.open(url);
    }
    function end() {
      if (connection) { connection.close(); }
      connection = null;
    }
    function look() {
      const lease = read();
      if (lease.id !== id && lease.until > Date.now()) {
        end();
        return;
      }
      hold();
      // Of several that wrote at once, the last one stays.
      if (!connection) { setTimeout(begin, 250); }
    }
    channel.onmessage = (message) => {
      if (message.data.ask && connection && connection.state) { channel.postMessage({ state: connection.state }); }
      else if (message.data.retry && connection) { connection.retry(); }
      else if (message.data.state || message.data.topic) { hear(message.data); }
    };
    window.addEventListener("storage", (event) => { if (event.key === LEASE && !event.newValue) { look(); } });
    return {
      start: function () {
        look();
        clearInterval(timer);
        timer = setInterval(look, LOOK_MS);
        channel.postMessage({ ask: true });
      },
      stop: function () {
        clearInterval(timer);
        end();
        if (read().id === id) { localStorage.removeItem(LEASE); }
      },
      retry: () => { if (connection) { connection.retry(); } else { channel.postMessage({ retry: true }); } },
    };
  }

  function single(url, hear) {
    const connection = new DeskConnection(hear);
    return { start: () => connection.open(url), stop: () => connection.close(), retry: () => connection.retry() };
  }

  function held(url, hear) {
    try {
      return shared(url, hear) || leased(url, hear);
    } catch (error) {
      return single(url, hear);
    }
  }

  function Stream(url) {
    const self = this, target = new EventTarget();
    let opened = false, wasAway = false;
    this.readyState = 0;
    this.addEventListener = (name, listener) => target.addEventListener(name, listener);
    this.removeEventListener = (name, listener) => target.removeEventListener(name, listener);
    const tell = (topic) => target.dispatchEvent(new MessageEvent(topic, { data: topic }));
    const told = {}, later = {};
    function tellOfList(topic) {
      const wait = (told[topic] || 0) + LISTS_MS - Date.now();
      clearTimeout(later[topic]);
      if (wait > 0) {
        later[topic] = setTimeout(() => tellOfList(topic), wait);
        return;
      }
      told[topic] = Date.now();
      tell(topic);
    }
    function hear(message) {
      if (message.topic) {
        // The topic of one object has its name.
        const isOfList = message.topic !== "reset" && !message.topic.includes("-");
        (isOfList ? tellOfList : tell)(message.topic);
        return;
      }
      const isOpen = message.state === "open";
      self.readyState = isOpen ? 1 : 0;
      show(message.state);
      if (isOpen) {
        // What changed meanwhile was told to nobody.
        if (wasAway && opened) { tell("reset"); }
        if (!opened) { catchUp(); }
        if (!opened && self.onopen) { self.onopen(new Event("open")); }
        opened = true;
      }
      wasAway = !isOpen;
    }
    // What changed since the page was made, before it listened.
    function catchUp() {
      const asked = fetch("/desk/changed?since=" + document.body.dataset.now, { headers: { "HX-Request": "true" }, cache: "no-store" });
      asked.then((answer) => (answer.ok ? answer.json() : ["reset"])).then((topics) => topics.forEach(tell), () => tell("reset"));
    }
    const source = held(url, hear);
    source.start();
    window.addEventListener("pagehide", source.stop);
    window.addEventListener("pageshow", (event) => { if (event.persisted) { source.start(); } });
    const button = document.querySelector("#lost button");
    if (button) { button.addEventListener("click", source.retry); }
    this.close = function () {
      self.readyState = 2;
      source.stop();
    };
  }

  // That the server is away is said once, and only when it lasts.
  let timer = null;
  function show(state) {
    const line = (id, is) => {
      const element = document.getElementById(id);
      if (element) { element.hidden = !is; }
    };
    line("ended", state === "ended");
    line("crowded", state === "crowded");
    if (state === "lost") {
      const since = Date.now();
      if (!timer) { timer = setTimeout(() => away(since), 3000); }
    } else if (state !== "waiting") {
      clearTimeout(timer);
      timer = null;
      line("lost", false);
      document.dispatchEvent(new CustomEvent("desk:away", { detail: null }));
    }
  }
  function away(since) {
    const lost = document.getElementById("lost");
    if (!lost) { return; }
    document.dispatchEvent(new CustomEvent("desk:away", { detail: since }));
    lost.hidden = false;
  }

  window.htmx.createEventSource = (url) => new Stream(url);
})();
