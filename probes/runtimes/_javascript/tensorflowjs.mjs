// TensorFlow.js on WebAssembly, a graph model. Source: https://www.tensorflow.org/js/guide/conversion,
// https://github.com/tensorflow/tfjs/tree/master/tfjs-backend-wasm

let tf;

export async function start(host, threads) {
  tf = await host.script("@tensorflow/tfjs", "dist/tf.min.js", "tf");
  const wasm = await host.script("@tensorflow/tfjs-backend-wasm", "dist/tf-backend-wasm.min.js", "tf.wasm");
  wasm.setWasmPaths(host.folder("@tensorflow/tfjs-backend-wasm", "dist"));
  wasm.setThreadsCount(threads);
  if (!(await tf.setBackend("wasm"))) throw new Error("the WebAssembly backend of TensorFlow.js does not start");
  await tf.ready();
}

export async function load(host, main, inputs, outputs) {
  const model = await tf.loadGraphModel(host.page ? host.address(main) : tf.io.fromMemory(await parts(host, main)));
  const takes = inputs.length ? inputs : model.inputs.map((one) => one.name);
  const gives = outputs.length ? outputs : model.outputs.map((one) => one.name);
  let execute = (feeds) => model.execute(feeds, gives);
  return async (arrays) => {
    const feeds = {};
    arrays.forEach(({ dtype, data, shape }, i) => (feeds[takes[i]] = tf.tensor(data, shape, dtype)));
    let answers;
    try {
      answers = execute(feeds);
    } catch (error) {
      if (!String(error.message).includes("executeAsync")) throw error;
      execute = (again) => model.executeAsync(again, gives); // loops and branches are run in this way alone
      answers = execute(feeds);
    }
    answers = [await answers].flat();
    const found = [];
    for (const one of answers) found.push({ dtype: one.dtype, shape: one.shape, data: await one.data() });
    tf.dispose([feeds, answers]);
    return found;
  };
}

// Where there is no fetch of files: what loadGraphModel would read.
async function parts(host, main) {
  const text = new TextDecoder().decode(await host.bytes(main));
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(text);
  const shards = [];
  for (const path of weightsManifest.flatMap((group) => group.paths)) shards.push(await host.bytes(path));
  const weightData = new Uint8Array(shards.reduce((sum, one) => sum + one.length, 0));
  shards.reduce((at, one) => (weightData.set(one, at), at + one.length), 0);
  return { ...rest, modelTopology, weightData: weightData.buffer, weightSpecs: weightsManifest.flatMap((g) => g.weights) };
}
