// Losses in JavaScript for the tests, right and wrong: node wrong.js NAME
"use strict";

const { serve, Rejected } = require("../../../../conformance/harnesses/node/emd-protocol.js");

const difference = (p, t) => p.map((x, k) => x - t[k]);
const scan = (d) => d.map(((sum) => (x) => (sum += x))(0));
const tails = (D) => scan([...D].reverse()).reverse();
const squares = (x) => x.reduce((sum, y) => sum + y * y, 0);
const rows = (f) => ({ predicted, target }) => predicted.map((p, i) => f(difference(p, target[i])));

const right = { loss: rows((d) => squares(scan(d))), grad: rows((d) => tails(scan(d)).map((g) => 2 * g)) };
const tolerance = (C) => (4 + 8 * Math.sqrt(C)) * 2 ** -53; // clause 8.2
const distribution = (row) =>
  row.every((x) => x >= 0) && Math.abs(row.reduce((a, b) => a + b, 0) - 1) <= tolerance(row.length);

function checked({ predicted, target, classes }) {
  for (const row of [...predicted, ...target])
    if (row.length !== classes || !distribution(row)) throw new Rejected("no distribution");
  return right.loss({ predicted, target });
}

const LOSSES = {
  "missing-cumsum": { loss: rows(squares) },
  "mean-over-classes": { loss: rows((d) => squares(scan(d)) / d.length) },
  "gradient-prefix": { loss: right.loss, grad: rows((d) => scan(scan(d)).map((g) => 2 * g)) },
  "gradient-sign": { loss: right.loss, grad: rows((d) => tails(scan(d)).map((g) => -2 * g)) },
  "declared-mean": {
    loss: (request) => right.loss(request).reduce((a, b) => a + b, 0) / request.predicted.length,
    grad: (request) => right.grad(request).map((row) => row.map((g) => g / request.predicted.length)),
    declaration: { reduction: "mean" },
  },
  single: { ...right, declaration: { dtype: "float32", compute_dtype: "float64" } },
  validating: { loss: checked, declaration: { validates: true } },
  accepting: { loss: right.loss, declaration: { validates: true } },
  hangs: { loss: (request) => { while (request.classes === 7); return right.loss(request); } },
  leaves: { loss: (request) => (request.classes === 7 ? process.exit(3) : right.loss(request)) },
  throws: { loss: (request) => (request.classes === 7 ? [].at(0).value : right.loss(request)) },
  counts: { loss: (() => { let n = 0; return (request) => right.loss(request).map((x) => x + (n++ % 2)); })() },
};

serve({ name: process.argv[2], version: "1", ...LOSSES[process.argv[2]] });
