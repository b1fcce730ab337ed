# The squared EMD in R, behind a harness: emd-conformance run "cmd:Rscript squared-emd.R"
file <- sub("--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(file), "emd-protocol.R"))

# The sums up to each class.
cumulative <- function(d) {
  for (k in seq_len(ncol(d))[-1]) d[, k] <- d[, k - 1] + d[, k]
  d
}

# The sums from each class on.
tails <- function(D) cumulative(D[, ncol(D):1, drop = FALSE])[, ncol(D):1, drop = FALSE]

emd_serve(
  "r-example", "1.0",
  loss = function(p, t, request) rowSums(cumulative(p - t)^2),
  grad = function(p, t, request) 2 * tails(cumulative(p - t)),
  capabilities = c("off-simplex", "empty-batch")
)
