// The squared EMD in JavaScript, behind a harness: emd-conformance run "cmd:node squared-emd.js"
"use strict";

const { serve } = require("./emd-protocol.js");

function cumulative(p, t) {
  let sum = 0;
  return p.map((x, k) => (sum += x - t[k]));
}

function tails(D) {
  let sum = 0;
  return D.map((_, k) => (sum += D[D.length - 1 - k])).reverse();
}

serve({
  name: "node-example",
  version: "1.0",
  capabilities: ["off-simplex", "empty-batch"],
  loss: ({ predicted, target }) =>
    predicted.map((p, i) => cumulative(p, target[i]).reduce((sum, D) => sum + D * D, 0)),
  grad: ({ predicted, target }) => predicted.map((p, i) => tails(cumulative(p, target[i])).map((g) => 2 * g)),
});
