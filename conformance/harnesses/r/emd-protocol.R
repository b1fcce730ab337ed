# Protocol 1 of emd_conformance, for a loss in R: copy this file and call emd_serve. It needs the package jsonlite, since
# as.numeric of R does not always return the nearest double.

# A loss calls this to reject its input.
emd_reject <- function(message) {
  stop(structure(class = c("emd_rejected", "error", "condition"), list(message = message, call = NULL)))
}

# Numbers of parsed JSON: words stand for what JSON does not have.
emd_numbers <- function(values) {
  words <- c(nan = NaN, inf = Inf, "-inf" = -Inf)
  vapply(values, function(x) if (is.character(x)) words[[x]] else as.numeric(x), numeric(1))
}

# One row a sample. A batch without samples is a matrix of 0 rows.
emd_matrix <- function(rows, classes) {
  if (any(lengths(rows) != classes)) emd_reject("a row has not as many numbers as there are classes")
  matrix(as.numeric(unlist(lapply(rows, emd_numbers))), ncol = classes, byrow = TRUE)
}

# A vector of labels, or a matrix of distributions.
emd_target <- function(target, classes, samples) {
  if (length(target) != samples) emd_reject("predicted and target have shapes that do not fit")
  if (samples > 0 && is.list(target[[1]])) emd_matrix(target, classes) else emd_numbers(target)
}

# With 17 digits every double reads back unchanged.
emd_json <- function(x) {
  text <- ifelse(is.nan(x), "\"nan\"", ifelse(is.infinite(x), ifelse(x > 0, "\"inf\"", "\"-inf\""), sprintf("%.17g", x)))
  paste0("[", paste(text, collapse = ","), "]")
}

emd_reply <- function(want, answer) {
  rows <- if (is.matrix(answer)) paste0("[", paste(apply(answer, 1, emd_json), collapse = ","), "]") else emd_json(answer)
  sprintf("{\"%s\": %s}", want, rows)
}

emd_run <- function(functions, request) {
  said <- function(member) function(e) sprintf("{\"%s\": %s}", member, jsonlite::toJSON(conditionMessage(e), auto_unbox = TRUE))
  tryCatch(
    {
      predicted <- emd_matrix(request$predicted, request$classes)
      target <- emd_target(request$target, request$classes, nrow(predicted))
      emd_reply(request$want, functions[[request$want]](predicted, target, request))
    },
    emd_rejected = said("rejected"),
    error = said("error")
  )
}

# `loss` and `grad` take predictions (a matrix, one row a sample), targets (a matrix, or labels) and the request. They
# return a vector and a matrix. `declaration` is a list that says how the loss differs from the specification.
emd_serve <- function(name, version, loss, grad = NULL, capabilities = character(), declaration = list()) {
  if (!is.null(grad)) capabilities <- c(capabilities, "gradient")
  hello <- list(protocol = 1, name = name, version = version, capabilities = as.list(capabilities))
  hello$declaration <- if (length(declaration)) declaration else structure(list(), names = character())
  input <- file("stdin", "r")
  while (length(line <- readLines(input, n = 1)) > 0) {
    request <- jsonlite::fromJSON(line, simplifyVector = FALSE)
    if (request$type == "stop") break
    reply <- switch(request$type,
      start = jsonlite::toJSON(hello, auto_unbox = TRUE),
      echo = sprintf("{\"values\": %s}", emd_json(emd_numbers(request$values))),
      run = emd_run(list(loss = loss, grad = grad), request)
    )
    cat(reply, "\n", sep = "")
    flush(stdout())
  }
}
