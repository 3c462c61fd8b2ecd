// What a host (Node, or a page) is asked by the worker that started it, one request at a time. Times are taken here, by
// performance.now(), beside the model: what the worker and the host tell each other is in none of them.

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bool: Uint8Array,
};

const TICKS = 20; // of the clock that one timing lasts at least: browsers dither it, so that medians are finer still

function unpacked({ dtype, shape, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return { dtype, shape, data: new ARRAYS[dtype](bytes.buffer) };
}

function packed({ dtype, shape, data }) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return { dtype, shape: Array.from(shape), data: btoa(text) };
}

function tick() {
  // The smallest step that the clock was seen to make, in milliseconds: browsers make it coarse on purpose.
  let least = Infinity;
  for (let steps = 0; steps < 50; steps++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    least = Math.min(least, after - before);
  }
  return least;
}

export class Answering {
  constructor(host) {
    this.host = host;
  }

  async answer(request) {
    try {
      return await this[`do_${request.do}`](request);
    } catch (error) {
      return { error: String((error && error.message) || error).slice(0, 2000) };
    }
  }

  async do_start({ runtime, threads }) {
    const begin = performance.now();
    this.runtime = await this.host.own(`${runtime}.mjs`);
    await this.runtime.start(this.host, threads);
    return { ms: performance.now() - begin, tick: tick(), ...(await this.host.about()) };
  }

  async do_load({ folder, main, inputs, outputs }) {
    this.host.artifact = folder;
    const begin = performance.now();
    this.run = await this.runtime.load(this.host, main, inputs, outputs);
    return { ms: performance.now() - begin };
  }

  async do_run({ arrays }) {
    const given = arrays.map(unpacked);
    const begin = performance.now();
    const answers = await this.run(given);
    return { ms: performance.now() - begin, arrays: answers.map(packed) };
  }

  async do_keep({ samples }) {
    this.samples = samples.map((arrays) => arrays.map(unpacked));
    this.next = 0;
    return {};
  }

  async one() {
    await this.run(this.samples[this.next]);
    this.next = (this.next + 1) % this.samples.length;
  }

  async do_turn({ blocks, loops, between, slowdown }) {
    const grain = tick();
    const seconds = [];
    const readings = [];
    const answers = [];
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < between; i++) await this.one();
      const before = this.host.waits();
      const begin = performance.now();
      let times = 0;
      let spent = 0;
      while (times < loops || spent < TICKS * grain) {
        await this.one();
        times++;
        spent = performance.now() - begin;
      }
      readings.push([before, this.host.waits()]);
      if (slowdown > 1) {
        const until = begin + spent * slowdown;
        while (performance.now() < until);
        spent = performance.now() - begin;
      }
      seconds.push(spent / times / 1e3);
      answers.push(times);
    }
    return { seconds, times: answers, readings: this.host.tells ? readings : null };
  }

  async do_batch({ arrays, least, most, enough }) {
    const given = arrays.map(unpacked);
    const seconds = [];
    const begin = performance.now();
    while (seconds.length < least || (seconds.length < most && performance.now() - begin < 1e3 * enough)) {
      const start = performance.now();
      await this.run(given);
      seconds.push((performance.now() - start) / 1e3);
    }
    return { seconds };
  }

  async do_peak() {
    return { bytes: this.host.peak() };
  }
}
