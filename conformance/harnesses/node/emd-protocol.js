// Protocol 1 of emd_conformance, for a loss in JavaScript: copy this file and call serve.
"use strict";

const readline = require("node:readline");

const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const fromJSON = (key, value) => (typeof value === "string" && Object.hasOwn(WORDS, value) ? WORDS[value] : value);
const toJSON = (key, value) => {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
};

// A loss throws this to reject its input.
class Rejected extends Error {}

function run(functions, request) {
  try {
    return { [request.want]: functions[request.want](request) };
  } catch (error) {
    return error instanceof Rejected ? { rejected: error.message } : { error: String(error) };
  }
}

// loss and grad take a request and return arrays; the declaration says how they differ from the specification.
function serve({ name, version, loss, grad, capabilities = [], declaration = {} }) {
  if (grad) capabilities = [...capabilities, "gradient"];
  const answers = {
    start: () => ({ protocol: 1, name, version, capabilities, declaration }),
    echo: (request) => ({ values: request.values }),
    run: (request) => run({ loss, grad }, request),
  };
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const request = JSON.parse(line, fromJSON);
    if (request.type === "stop") process.exit(0);
    process.stdout.write(JSON.stringify(answers[request.type](request), toJSON) + "\n");
  });
}

module.exports = { serve, Rejected };
