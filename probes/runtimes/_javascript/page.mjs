// A page as a host: it asks the server that it came from for the next request, and posts the answer. Ends with it.

import { Answering } from "./answering.mjs";

const at = (path) => new URL(path, location.href).href;

function script(address) {
  return new Promise((done, failed) => {
    const element = document.createElement("script");
    element.onload = done;
    element.onerror = () => failed(new Error(`${address} cannot be read`));
    element.src = address;
    document.head.append(element);
  });
}

const host = {
  page: true,
  tells: false,
  own: (name) => import(at(name)),
  module: (name, path) => import(at(`packages/${name}/${path}`)),
  folder: (name, path) => at(`packages/${name}/${path}/`),
  address: (path) => at(`artifact/${path}`),
  waits: () => null,
  peak: () => null,
  async script(name, path, global) {
    await script(at(`packages/${name}/${path}`));
    return global.split(".").reduce((held, part) => held[part], globalThis);
  },
  async bytes(path) {
    const answer = await fetch(at(`artifact/${path}`));
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  },
  async about() {
    const { fullVersionList = [] } = (await navigator.userAgentData?.getHighEntropyValues(["fullVersionList"])) ?? {};
    const found = fullVersionList.find(({ brand }) => brand === "Chromium");
    return { versions: found ? { chromium: found.version } : {}, isolated: globalThis.crossOriginIsolated };
  },
};

// A request that is never answered: this page's end breaks it off at the server, and the server's end here.
fetch(at("alive"))
  .then((answer) => answer.text())
  .catch(() => {})
  .finally(() => window.close());

const answering = new Answering(host);
for (;;) {
  const asked = await fetch(at("next"));
  if (asked.status === 204) continue; // nothing was asked for a while
  const answer = await answering.answer(await asked.json());
  await fetch(at("answer"), { method: "POST", body: JSON.stringify(answer) });
}
