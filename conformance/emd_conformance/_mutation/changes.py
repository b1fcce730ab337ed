"""The changes that make a mutant: one constant, operator, comparison, name, slice, argument or call is another one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FUNCTIONS = {
    "sum": ("mean", "max"),
    "mean": ("sum",),
    "max": ("min",),
    "min": ("max",),
    "cumsum": ("cumprod",),
    "square": ("abs", "sqrt"),
    "sqrt": ("square",),
    "abs": ("square",),
    "triu": ("tril",),
    "tril": ("triu",),
    "exp": ("expm1",),
    "log": ("log2",),
    "ones": ("eye", "zeros"),
    "zeros": ("ones",),
    "median": ("mean",),
    "minimum": ("maximum",),
    "maximum": ("minimum",),
    "softmax": ("sigmoid",),
    "where": (),
}
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Mult, ast.Add),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE),
    ast.NotEq: (ast.Eq,),
}


@dataclass(frozen=True)
class Mutation:
    """One change: its words, and the changed definitions."""

    text: str
    tree: ast.Module


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """Yield every definition with one place changed, each once."""
    seen = {ast.unparse(tree)}
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        for place in _places(function):
            node = place.get()
            for other in _others(node, place.names):
                place.put(other)
                if (code := ast.unparse(tree)) not in seen:
                    seen.add(code)
                    text = f"{function.name}: {_short(node)} -> {_short(other)}"
                    yield Mutation(text, ast.parse(code))
                place.put(node)


@dataclass(frozen=True)
class _Place:
    """Where a node is in its parent, and the names that the innermost function gives to values."""

    parent: ast.AST
    field: str
    index: int | None
    names: list[str]

    def get(self) -> ast.AST:
        value = getattr(self.parent, self.field)
        found: ast.AST = value if self.index is None else value[self.index]
        return found

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _places(function: ast.FunctionDef) -> list[_Place]:
    """Return the places of expressions and statements in the body of a function; annotations are left alone."""
    places: list[_Place] = []

    def visit(parent: ast.AST, names: list[str]) -> None:
        if isinstance(parent, ast.FunctionDef | ast.Lambda):
            names = _local_names(parent)
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list"):
                continue
            for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(node, ast.AST):
                    places.append(_Place(parent, field, index, names))
                    if not (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)):
                        visit(node, names)

    visit(function, [])
    return places


def _local_names(function: ast.FunctionDef | ast.Lambda) -> list[str]:
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return [argument.arg for argument in function.args.args] + sorted(stored)


def _others(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (ast.Constant(other) for other in (value + 1, value - 1, -value, 0, value * 2) if other != value)
        case ast.BinOp(left=left, op=op, right=right):
            yield from (ast.BinOp(left, other(), right) for other in OPERATORS.get(type(op), ()))
            yield from (ast.BinOp(right, op, left), left, right)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            yield from (ast.Constant(other) for other in (1 - value, -1 - value, value, -2 * value))
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield from (ast.Compare(left, [other()], [right]) for other in COMPARISONS.get(type(op), ()))
            yield ast.Compare(right, [op], [left])
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
            yield from values
        case ast.Name(id=name, ctx=ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            yield value
            yield from (ast.Subscript(value, other, ast.Load()) for other in _indices(index))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from (body, orelse, ast.IfExp(test, orelse, body))
        case ast.Call():
            yield from _calls(node)
        case ast.Assign() | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case _:
            return


def _indices(index: ast.expr) -> Iterator[ast.expr]:
    """Yield an index with one slice changed: moved to the other end, or whole."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for i, part in enumerate(parts):
        if isinstance(part, ast.Slice):
            whole = ast.Slice(None, None, None)
            moved = ast.Slice(part.upper and ast.Constant(1), part.lower and ast.Constant(-1), part.step)
            for other in (whole, moved):
                changed = [*parts[:i], other, *parts[i + 1 :]]
                yield ast.Tuple(changed, ast.Load()) if isinstance(index, ast.Tuple) else changed[0]


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    """Yield a call with two arguments exchanged, an argument left out, of another function, or only its argument."""
    func, args, keywords = node.func, node.args, node.keywords
    for i in range(len(args) - 1):
        yield ast.Call(func, [*args[:i], args[i + 1], args[i], *args[i + 2 :]], keywords)
    if len(args) > 1:
        yield ast.Call(func, args[:-1], keywords)
    yield from (ast.Call(func, args, keywords[:i] + keywords[i + 1 :]) for i in range(len(keywords)))
    if isinstance(func, ast.Attribute):
        for other in FUNCTIONS.get(func.attr, ()):
            yield ast.Call(ast.Attribute(func.value, other, ast.Load()), args, keywords)
        if not (isinstance(func.value, ast.Name) and func.value.id in ("np", "torch")):
            yield func.value
    if args:
        yield args[0]


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:80]
