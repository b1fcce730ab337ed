"""The statement of a line, and the lines that use what it defines."""

import ast


def statement(code: str, line: int) -> ast.stmt | ast.ExceptHandler:
    """The smallest statement around a line; one with a body only before its body."""
    nodes = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt | ast.ExceptHandler))
    around = [ast.Pass(lineno=line, end_lineno=line), *(node for node in nodes if line in header(node))]
    return around[-1]  # outer statements come before inner ones; a line such as `else:` is no statement


def header(node: ast.stmt | ast.ExceptHandler) -> range:
    """The lines of a statement; of one with a body, those before the body, with its decorators."""
    first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", []))])
    body = getattr(node, "body", None)
    end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
    return range(first, max(end, first + 1))


def users(code: str, node: ast.stmt | ast.ExceptHandler) -> set[int]:
    """The lines that use what a statement defines: the body of a function or a class, or those that name a constant."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {*range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return {x.lineno for x in ast.walk(ast.parse(code)) if isinstance(x, ast.Name) and x.id in names} - {*header(node)}
