// What an outsider could write into any field, so that it runs in the browser of those on duty. `executed` is a hook of the tests.
const RUN = "executed(document.domain)";

export const PAYLOADS = [
  `<script>${RUN}</script>`,
  `"><script>${RUN}</script>`,
  `</textarea></title></style></script><script>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `'"><img src=x onerror='${RUN}'>`,
  `<svg onload=${RUN}>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<body onload=${RUN}>`,
  `<input autofocus onfocus=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<object data="data:text/html,<script>parent.${RUN}</script>"></object>`,
  `<a href="javascript:${RUN}">x</a>`,
  `<form action="javascript:${RUN}"><button>x</button></form>`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
  `<base href="https://evil.invalid/">`,
  `<link rel="stylesheet" href="https://evil.invalid/x.css">`,
  `<style>@import "https://evil.invalid/x.css"; body { display: none }</style>`,
  `<div hx-get="/desk" hx-trigger="load" hx-target="body">x</div>`,
  `<div hx-on:htmx:load="${RUN}" hx-vals="js:{x: ${RUN}}">x</div>`,
  `<div data-hx-on--load="${RUN}" data-hx-get="/desk">x</div>`,
  `<div hx-ext="x" sse-connect="//evil.invalid" data-key="j" id="principal">x</div>`,
  `[x](javascript:${RUN})`,
  `[x](  JaVaScRiPt:${RUN} "t")`,
  `[x](data:text/html,<script>${RUN}</script>)`,
  `![x](https://evil.invalid/a.png" onerror="${RUN})`,
  `<javascript:${RUN}>`,
  "```\n</code></pre><script>" + RUN + "</script>\n```",
  `\`<script>${RUN}</script>\``,
  `{{constructor.constructor('${RUN}')()}} \${${RUN}}`,
  `&lt;script&gt;${RUN}&lt;/script&gt; &#x3c;script&#x3e;${RUN}`,
  `\u2028<scr\u0000ipt>${RUN}</script>\u202e`,
];

/** A Scenario whose target is hostile: its body, its headers, and the subjects of its tickets. */
export function scenario(port) {
  return `
---
apiVersion: agentic.ligbox.io/v1alpha1
kind: Scenario
metadata: {name: hostile.target}
spec:
  title: Alvo hostil
  agent: pulso
  severity: critical
  interval: 5s
  thresholds: {fail: 1, recover: 1}
  probes:
  - name: page
    http: {url: "http://127.0.0.1:${port}/"}
  checks:
  - name: body
    expect: probes.page.body == "ok"
    message: probes.page.body
    show: probes.page.headers
  - name: subject
    forEach: probes.page.json.subjects
    expect: item == ""
    message: '"Chamado: " + item'
`;
}
