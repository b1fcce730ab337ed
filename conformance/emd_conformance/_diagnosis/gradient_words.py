"""The words of the findings about gradients."""

from emd_conformance._diagnosis.words import Words

SOFTMAX_GRADIENT = "the gradient with respect to z_j is p_j (g_j - Σ_i p_i g_i) (5.5)"
GRADIENTS: dict[str, Words] = {
    "gradient-sign": Words(
        "the gradient has the wrong sign, or is that of the target", "subtract the target from the prediction: p - t"
    ),
    "gradient-no-2": Words(
        "the gradient is half the right one", "the derivative of a square has the factor 2: was one factor detached?"
    ),
    "gradient-twice-2": Words("the gradient is twice the right one", "the factor 2 of the square is applied twice"),
    "gradient-prefix": Words("the gradient sums D_k over the earlier classes", "sum over the later ones, k >= j (5.1)"),
    "gradient-no-tails": Words("the gradient is only 2 D_j", "sum 2 D_k over k >= j (5.1)"),
    "gradient-off-by-one": Words(
        "the sum of the gradient starts one class late", "sum over k >= j, class j included (5.1)"
    ),
    "gradient-missing-cumsum": Words("the gradient is that of Σ (p - t)²", "see 5.1"),
    "gradient-of-l1": Words("the gradient is that of Σ |D_k|, without the square", "see 5.1"),
    "gradient-without-root": Words("the gradient is that of E, not of the declared expression", "apply the chain rule"),
    "gradient-detached": Words(
        "the gradient is 0, or one number for all classes, although the value is right",
        "look for detach, stop_gradient, or a conversion to another library",
    ),
    "gradient-upstream-summed": Words(
        "every sample gets the sum of the gradients from above, which is the number of samples where they are 1",
        "multiply the gradient of each sample by its own gradient from above (5.9)",
    ),
    "gradient-first-sample": Words("only the first sample has a gradient", "keep the batch axis"),
    "gradient-batch-mean": Words("every sample gets the mean gradient of the batch", "keep the samples apart (1.4)"),
    "gradient-reduction": Words(
        "the gradient is not divided by the batch size, but the value is",
        "return g / N as the gradient of a mean (1.6)",
    ),
    "gradient-clipped": Words("the gradient is clipped", "clip in the training loop, not in the loss"),
    "gradient-unit-length": Words("the gradient is scaled to length 1", "scale in the training loop, not in the loss"),
    "gradient-wrong-softmax": Words("the gradient does not pass through the softmax correctly", SOFTMAX_GRADIENT),
    "gradient-low-precision": Words("the gradient is right, but its precision is too low", "look for a narrower dtype"),
    "gradient-fails": Words(
        "no gradient is returned: the call fails, or the result does not depend on the prediction",
        "look for detach, or a conversion to another library",
    ),
    "gradient-not-finite": Words("the gradient is infinite or NaN", "look for a division by 0, or the root of 0"),
    "gradient-upstream-ignored": Words(
        "the backward pass ignores the gradient from above: sample weights and loss scaling have no effect on it",
        "multiply the gradient of each sample by the gradient that `backward` receives for it",
        "backward methods of torch.autograd.Function that return a saved gradient",
    ),
    "gradient-upstream-wrong": Words(
        "the gradient is right with 1 from above, and it is wrong, or the call fails, with other gradients from above",
        "multiply the gradient of each sample by the gradient that `backward` receives for it, as shape (N, 1)",
    ),
    "gradient-of-another-call": Words(
        "the gradient of a call is wrong if the loss is called again before its backward pass",
        "keep what the backward pass needs in `ctx.save_for_backward`, not in an attribute of the class or the module",
    ),
    "value-while-recorded": Words(
        "the value is wrong in a call that is recorded for the gradient, and right in one that is not",
        "return the same value from `forward`, whether or not the prediction requires a gradient",
    ),
}
