"""Changes of the source that no test can notice, each with the reason: (module, line before, line after)."""

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "emd_ref/_arguments/arguments.py",
        "self.targets = move_axis(xp, target, axis, predicted.ndim - 1) "
        "if self.soft else self._labels(target, predicted)",
        "self.targets = move_axis(xp, target, axis, predicted.ndim // 1) "
        "if self.soft else self._labels(target, predicted)",
    ): "the axes are a list, in which to insert behind the end is to append",
    (
        "emd_ref/_arguments/arguments.py",
        "return self.ops.cast(target, xp.arange(0).dtype)",
        "return self.ops.cast(target, xp.arange( -1).dtype)",
    ): "the dtype of an empty range is the same",
    (
        "emd_ref/_arguments/arguments.py",
        "xp, axis, given, of_target = self.ops.xp, self.axis, self.options.mass_tolerance, 0.0",
        "xp, axis, given, of_target = self.ops.xp, self.axis, self.options.mass_tolerance, -1.0",
    ): "labels have no mass; without shared sums, the plain value checks give the same answer",
    (
        "emd_ref/_arguments/contract.py",
        "if not -(2**31) <= target < 2**31:  # no library has so many classes, and JAX may have no larger integers",
        "if not -( 1**31) <= target < 2**31:  # no library has so many classes, and JAX may have no larger integers",
    ): "a negative label is refused in the same words later",
    (
        "emd_ref/_arguments/values.py",
        "@lru_cache(maxsize=256)",
        "@lru_cache(maxsize= 255)",
    ): "what is kept is computed again",
    (
        "emd_ref/_arguments/values.py",
        "if unit_roundoff(xp, x.dtype) >= 2.0**-24 or excess > single:",
        "if unit_roundoff(xp, x.dtype) >= 2.0**~24 or excess > single:",
    ): "there is no dtype between",
    (
        "emd_ref/_arguments/contract.py",
        "if unit_roundoff(xp, x.dtype) < 2.0**-53:",
        "if unit_roundoff(xp, x.dtype) < 2.0**- 54:",
    ): "there is no dtype between",
    (
        "emd_ref/_arguments/contract.py",
        "if not -(2**31) <= target < 2**31:  # no library has so many classes, and JAX may have no larger integers",
        "if not -(2**31) <= target < 2** 30:  # no library has so many classes, and JAX may have no larger integers",
    ): "a label beyond all classes is refused in the same words later",
    (
        "emd_ref/_arguments/values.py",
        "diagonal = xp.eye(G.shape[0], dtype=xp.bool, device=device(G))",
        "diagonal = xp.eye(G.shape[ -1], dtype=xp.bool, device=device(G))",
    ): "the matrix is square, which GroundDistance has made sure of",
    (
        "emd_ref/_arguments/values.py",
        "if unit_roundoff(xp, x.dtype) >= 2.0**-24 or excess > single:",
        "if unit_roundoff(xp, x.dtype) >= 3.0**-24 or excess > single:",
    ): "there is no dtype between",
    (
        "emd_ref/_centroids.py",
        "if self.sums is None or self.counts is None:",
        "if self.sums is None and self.counts is None:",
    ): "both are None, or neither",
    (
        "emd_ref/_centroids.py",
        "if other.sums is None or other.counts is None:",
        "if other.sums is None and other.counts is None:",
    ): "both are None, or neither",
    (
        "emd_ref/_centroids.py",
        "beyond = xp.astype(xp.any(f > xp.finfo(wide).max * 2.0**-40, axis=-1), wide)",
        "beyond = xp.astype(xp.any(f > xp.finfo(wide).max * 2.0**- 39, axis=-1), wide)",
    ): "from 2^40 features on alone does the sum leave the range",
    (
        "emd_ref/_fast/cuda/launch.py",
        'if library == "torch":',
        'if library >= "torch":',
    ): "the other one is cupy",
    (
        "emd_ref/_grounds/tree.py",
        "for i, (parent, length) in enumerate(zip(self.parents, self.lengths, strict=True)):",
        "for i, (parent, length) in enumerate(zip(self.parents, self.lengths, strict=False)):",
    ): "there is a length for each node, or an error has said so",
    (
        "emd_ref/_grounds/tree.py",
        "return [1.0 if parent == -1 else length for parent, length in zip(nodes, lengths, strict=True)]",
        "return [1.0 if parent == -1 else length for parent, length in zip(nodes, lengths, strict=False)]",
    ): "lists of other lengths were returned as they are",
}
