"""Changes of the source that no test can notice, each with the reason: (module, line before, line after)."""

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "emd_ref/_arguments/values.py",
        "diagonal = xp.eye(G.shape[0], dtype=xp.bool, device=device(G))",
        "diagonal = xp.eye(G.shape[ -1], dtype=xp.bool, device=device(G))",
    ): "the matrix is square, which GroundDistance has made sure of",
}
