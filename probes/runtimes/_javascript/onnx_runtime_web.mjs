// ONNX Runtime Web on WebAssembly. Source: https://onnxruntime.ai/docs/get-started/with-javascript/web.html

// A model of one Identity: making a session of it has the WebAssembly loaded and compiled, as an import elsewhere has.
const IDENTITY = "CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=";

let ort;

export async function start(host, threads) {
  ort = await host.module("onnxruntime-web", host.page ? "dist/ort.wasm.min.mjs" : "dist/ort.node.min.mjs");
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = host.folder("onnxruntime-web", "dist");
  await session(Uint8Array.from(atob(IDENTITY), (letter) => letter.charCodeAt(0)));
}

function session(bytes) {
  return ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
}

export async function load(host, main, inputs, outputs) {
  const model = await session(await host.bytes(main));
  const takes = inputs.length ? inputs : model.inputNames;
  const gives = outputs.length ? outputs : model.outputNames;
  return async (arrays) => {
    const feeds = {};
    arrays.forEach(({ dtype, data, shape }, i) => (feeds[takes[i]] = new ort.Tensor(dtype, data, shape)));
    const answers = await model.run(feeds, gives);
    return gives.map((name) => ({ dtype: answers[name].type, shape: answers[name].dims, data: answers[name].data }));
  };
}
