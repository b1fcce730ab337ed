"""The words of every finding: what the loss does, what to change, and where the mistake was seen before."""

from emd_conformance._declaration.options import as_flags
from emd_conformance._diagnosis.gradient_words import GRADIENTS
from emd_conformance._diagnosis.words import WORDS, Words
from emd_conformance._judging.result import VIOLATIONS, Finding, Kind

OTHER_FORM = "sum p - t along the classes, then square each sum"
INTERVALS = "multiply each D_k² by x_{k+1} - x_k (4.2)"
CATALOGUE: dict[str, Words] = {
    # the formula of one sample
    "missing-cumsum": Words(
        "the loss compares the distributions, not their cumulative sums: near and far errors cost the same",
        "sum p - t along the classes before squaring",
        "titu1994/neural-image-assessment, issue 2",
    ),
    "abs-inside-sum": Words(
        "the loss takes the absolute value before the cumulative sum, so that opposite errors do not cancel",
        "sum p - t first; the square needs no absolute value",
        "yunxiaoshi/Neural-IMage-Assessment, issues 4 and 10, and copies",
    ),
    "square-inside-sum": Words("the loss squares before the cumulative sum", OTHER_FORM),
    "cumsum-twice": Words("the loss takes the cumulative sum twice", "take it once: the input may already be a CDF"),
    "cdf-one-behind": Words(
        "one of the two cumulative sums includes its own class and the other does not", "make both sums inclusive"
    ),
    "last-bins-dropped": Words("the loss leaves out D_{C-1}, which is not 0", "sum over k = 1, …, C or C - 1"),
    "first-bin-dropped": Words("the loss leaves out D_1", "sum over k from 1"),
    "first-class-left-out": Words("the cumulative sums leave out the first class", "start the sums at the first class"),
    "last-class-left-out": Words(
        "the loss leaves out D_C, which is not 0 if the masses differ (4.7)", "sum up to k = C"
    ),
    "classes-reversed": Words(
        "the prediction runs from the last class to the first", "order the classes of p and t alike"
    ),
    "missing-square": Words(
        "the loss adds the D_k with their signs: errors in both directions cancel, and the value can be negative",
        "square each D_k",
    ),
    "means-compared": Words(
        "the loss adds up the D_k themselves, so that it compares only the means of the distributions",
        "square each D_k (for the EMD, take its absolute value), and then sum",
        "losses that use squared distances as G: -½ dᵀ G d is then the same",
    ),
    "largest-for-sum": Words(
        "the loss takes the largest D_k (the Kolmogorov-Smirnov distance, or its square) instead of their sum",
        "sum over all D_k",
    ),
    "values-for-weights": Words(
        "the loss sorts the probabilities: they were passed as sample values instead of weights",
        "pass the positions of the classes as values, and p and t as weights",
        "calls of scipy.stats.wasserstein_distance(p, t)",
    ),
    "renormalised": Words(
        "the loss divides p and t by their sums, which changes the value (4.7)", "do not rescale p and t"
    ),
    "w2-for-l2": Words(
        "the loss is the squared 2-Wasserstein distance, Σ mass × distance², not Σ D_k²",
        OTHER_FORM,
        "ot.emd2_1d and ot.wasserstein_1d(p=2) of POT",
    ),
    "distance-to-itself": Words(
        "every distance is at least 1e-4, even from a class to itself, which subtracts ½ 1e-4 Σ (p - t)²",
        "set the diagonal of the distance matrix to 0; the limit avoids a derivative of the root at 0, not needed here",
        'geomloss.SamplesLoss("energy")',
    ),
    # other ground distances
    "positions-ignored": Words("the loss ignores the positions and uses spacing 1", INTERVALS),
    "intervals-one-behind": Words("each interval is applied to the class after its own", INTERVALS),
    "intervals-squared": Words("the loss squares the intervals too", INTERVALS),
    "line-for-circle": Words("the loss is that of a line: it does not close the circle", "see 4.4"),
    "arc-too-long": Words("each arc is one class too long", "sum over arcs of C // 2 classes (4.4)"),
    "lengths-ignored": Words("the loss ignores the lengths of the edges", "multiply each square by the length (4.5)"),
    "leaves-only": Words(
        "only the edges directly above the classes count", "sum over every edge, with the mass below it (4.5)"
    ),
    "line-for-tree": Words("the loss is that of a line and ignores the tree", "see 4.5"),
    "matrix-ignored": Words("the loss is that of a line and ignores the matrix", "see 4.6"),
    "matrix-squared": Words("the loss squares the distances of the matrix", "use the distances unchanged (4.6)"),
    # how the input is read
    "softmax-twice": Words("the loss applies the softmax twice", "apply it once", "models that end in a softmax"),
    "softmax-sign": Words("the loss applies the softmax to -z", "change the sign"),
    "sigmoid-for-softmax": Words(
        "the loss applies a sigmoid, whose values do not sum to 1", "apply the softmax along the classes"
    ),
    "softmax-along-batch": Words("the softmax runs along the batch", "apply it along the class axis"),
    "prediction-hardened": Words("only the most probable class of the prediction counts", "use all of p"),
    "target-hardened": Words("only the most probable class of the target counts", "use all of t, or declare labels"),
    "target-softmaxed": Words("the loss applies the softmax to the target", "a target is already a distribution"),
    "target-ignored": Words(
        "the loss compares with a uniform target, whatever it is given", "use the target: is its one-hot row empty?"
    ),
    "labels-shifted": Words(
        "the loss takes each label for a neighbouring class", "count labels from 0, or from 1 if so declared"
    ),
    # how the samples of a batch are combined
    "wrong-axis": Words("the cumulative sum runs along the batch", "sum along the class axis", "NIMA family"),
    "sum-along-batch": Words("the squares are summed over the batch, not the classes", "sum along the class axis"),
    "flattened": Words("the cumulative sum continues from one sample into the next", "pass the class axis to it"),
    "batch-averaged-first": Words("the D_k are averaged over the batch before squaring", "square, then average"),
    "every-pair": Words(
        "every prediction is compared with every target because an axis was broadcast",
        "make the shapes of the prediction and the target equal",
        "dlordinal",
    ),
    "batch-coupled-root": Words(
        "the root is taken of a mean over classes and batch: the loss of a sample depends on the others",
        "take the root of each sample, then average",
        "truskovskiyk/nima.pytorch, issue 24, and copies",
    ),
    "first-sample-only": Words("only the first sample counts", "keep the batch axis"),
    "first-sample-for-all": Words("every sample gets the answer of the first", "keep the batch axis"),
    "mean-of-nonzero": Words("the mean counts only samples whose loss is not 0", "divide by the batch size (1.6)"),
    "mean-over-n-minus-1": Words("the mean divides by N - 1", "divide by the batch size N (1.6)"),
    "hard-coded-batch": Words("the mean divides by 32, whatever the batch size", "divide by the batch size (1.6)"),
    "maximum-for-mean": Words("only the largest loss of the batch counts", "take the mean or the sum (1.6)"),
    # how the arrays are passed, and how large they are
    "label-dtype": Words(
        "the loss is right for labels of int64, and fails for labels of another integer dtype",
        "convert the labels to int64 before computing with them: sums and comparisons in a narrow dtype overflow",
    ),
    "layout": Words(
        "the loss is right for arrays as libraries make them, and fails for the same numbers in another memory layout",
        "do not read memory without its strides, and do not assume that arrays are contiguous or can be written to",
    ),
    "several-batch-axes": Words(
        "the loss is right for batches of one axis, and fails for batches of several",
        "treat every axis except the class axis as a batch axis (1.4): move axes with movedim, not with reshape",
    ),
    "rounded-mass": Words(
        "the loss is right for sums of exactly 1, and fails for sums as a softmax or a division leaves them",
        "use the numbers as they are (4.7): do not compare sums with 1 without the tolerance of 8.2",
    ),
    "logarithm-bounded": Words(
        "the loss is wrong only where the label has a probability of 2^-90 or less (a logarithm of -62 or less)",
        "do not bound probabilities or logarithms from below: use log_softmax, or log p as it is",
    ),
    "many-samples": Words(
        "the loss is right for all batches of at most 64 samples that were asked, and fails for some larger ones",
        "look for blocks, tiles and fixed sizes (1.4), and for a sum that overflows before it is divided (7.4)",
    ),
    "many-classes": Words(
        "the loss is right for few classes, and fails for many", "look for blocks, tiles and fixed sizes"
    ),
    "label-dtype-refused": Words(
        "the loss raises an error for labels of other integer dtypes, which it may (8.1)",
        "convert the labels, or document the dtype that they need",
        kind="advice",
    ),
    # precision and special values
    "low-precision": Words(
        "the formula is right, but its precision is too low",
        "look for a narrower dtype, a rounding, or an added constant",
    ),
    "epsilon-under-root": Words(
        "a constant is added under the root", "remove it, and return the gradient 0 where E = 0"
    ),
    "huge-logits": Words(
        "the answer is not finite for large logits",
        "subtract the largest logit of each row (not of the batch), or use log_softmax and logsigmoid",
    ),
    "infinite-logits": Words(
        "the answer is wrong for logits of -inf, which are valid: a class of probability 0 (8.2)",
        "leave out terms whose factor is 0, as 0 log 0 = 0; 0 times infinity and inf - inf are NaN",
    ),
    "root-gradient-nan": Words("the gradient of the root is not finite at 0", "return 0 there (5.6)", "NIMA family"),
    "nan-at-equality": Words("the value is not finite where p = t", "look for a division by the distance itself"),
    "overflow": Words("the value overflows, or is finite where it must be infinite", "see 7.4"),
    "one-class": Words("the loss fails for a single class", "accept C = 1: every distance is then 0 (1.5)"),
    "wrong-shape": Words("the values are right, but their shape is not", "return one number per sample, shape (N,)"),
    "valid-input-rejected": Words("the loss raises an error for valid input", "reject only what section 8 names"),
    "hard-coded-classes": Words(
        "the loss is right only for some numbers of classes", "take C from the input, or declare the classes"
    ),
    # validation
    "invalid-input-accepted": Words(
        "the loss claims to reject invalid input, but accepts some", "raise an error that names the argument (8.4)"
    ),
    "input-not-checked": Words(
        "the loss accepts invalid input without an error",
        "raise an error (8.4), or document that the caller must check",
        kind="advice",
    ),
    "convention": Words(  # its id is the declaration that explains the answers
        "the loss follows this convention, which was not declared",
        "declare it if it is intended; otherwise change the implementation",
        kind="convention",
    ),
}
UNKNOWN = {
    "constant-factor": Words("the answers differ from the right ones by a factor", "look for this number in the code"),
    "constant-added": Words("the answers differ from the right ones by a constant", "look for this number in the code"),
    "every-call-fails": Words(
        "no call returned an answer",
        "declare what the loss takes (array, dtype, target, order, call); `emd-conformance infer TARGET` looks for it",
    ),
    "unexplained": Words(
        "no known convention or defect explains the answers",
        "start from this case, the smallest that fails; `emd-conformance infer TARGET` looks for another declaration",
    ),
    "diagnosis-failed": Words(  # a bug of the suite
        "the results stand, but what explains them was not found, as the suite failed:",
        "report it to the authors of emd-conformance, with the loss if possible",
    ),
    "property": Words(  # its id is that of the check
        "the loss lacks a property of every squared EMD",
        "start from this counter-example: it is the smallest that was found",
    ),
    "explored": Words(  # its id is that of the case
        "the answer to a fresh case is wrong", "start from this case: it is the smallest that was found"
    ),
    "gradient": Words(
        "the gradient is wrong, and no value that was examined is",
        "see 5.1; for logits 5.5, for roots and other expressions 5.9, for the EMD 3.6",
    ),
}
REMEDIES = {  # of what a call does besides answering; `_judging` has the sentences, as they are results of checks too
    "hang": "look for a loop that does not end for this input",
    "crash": "run this case under a debugger; look for unchecked indices",
    "memory": "look for a list or an array that grows without a limit",
    "exits": "raise an exception, and leave it to the program to exit",
    "nondeterministic": "look for random numbers, counters and caches",
    "state-between-calls": "look for a cache, a global variable, or a running average",
    "recording-dependent": "compute the same value with and without torch.no_grad(): training and validation use both",
    "input-mutated": "work on a copy of the input",
    "result-dtype": "return the dtype of the prediction: a wider one spreads through all that is computed from it",
    "result-shared": "return a new array from every call: a buffer that is used again changes earlier results",
    "changes-defaults": "leave them as they are, or use a context manager that puts them back",
    "changes-warnings": "use `with warnings.catch_warnings()`",
    "changes-environment": "leave them as they are: other code of the program depends on them",
    "changes-numpy-state": "use `with numpy.errstate(...)`",
    "changes-random-state": "use a generator of its own",
    "closes-stdin": "close only what the loss has opened",
    "closes-stdout": "close only what the loss has opened",
    "print-to-stdout": "remove the print",
}
CATALOGUE |= WORDS | GRADIENTS
CATALOGUE |= {id: words._replace(kind="unknown") for id, words in UNKNOWN.items()}
CATALOGUE |= {id: Words(VIOLATIONS[id], remedy) for id, remedy in REMEDIES.items()}


def finding(
    entry: str, note: str = "", evidence: str = "", *, id: str = "", kind: Kind | None = None, detail: str = ""
) -> Finding:
    """Return the finding of an entry; a detail ends its headline, a note adds what holds for this implementation."""
    words = CATALOGUE[entry]
    headline = f"{words.headline} {detail}" if detail else words.headline
    message = f"{headline}; {note}" if note else headline
    remedy = words.remedy
    if entry == "convention" and (typed := as_flags(id)):
        remedy = f"declare it if it is intended, with {typed}; otherwise change the implementation"
    return Finding(kind or words.kind, id or entry, message, evidence, remedy, words.seen)
