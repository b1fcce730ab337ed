"""PyTorch's losses and functions on the CUDA kernels, which the tests run on the CPU."""

import itertools
from typing import Any

import emd_conformance
import pytest
import torch
from support import cuda, draw

import emd_ref
from emd_ref import Ordered
from emd_ref._arguments.options import Options
from emd_ref._fast.cuda import launch, operators
from emd_ref._fast.cuda.line import Line, unchecked
from emd_ref.torch import EMDLoss, SquaredEMDLoss

POSITIONS = Ordered([0, 1, 1.5, 4, 5, 9])
C = 6


@pytest.fixture
def gpu(emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> cuda.Emulation:
    cuda.tensors_on_cpu(monkeypatch, emulation)
    emulation.used.clear()
    return emulation


def batch(dtype: torch.dtype = torch.float64, rows: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(rows, C, dtype=torch.float64, generator=generator)
    return z.to(dtype).requires_grad_(), torch.arange(rows) % C


@pytest.mark.costly
@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_conforms(gpu: cuda.Emulation, input: str, target: str, reduction: str, dtype: str) -> None:
    loss = SquaredEMDLoss(from_logits=input == "logits", reduction=reduction)
    options: Any = {
        "input": input,
        "target": target,
        "reduction": reduction,
        "dtype": dtype,
        "classes": (1, 2, 3, 4, 5, 10),
    }
    report = emd_conformance.run(loss, validates=True, array="torch", grad="autograd", **options)
    assert report.verdict == "conforms", str(report)
    assert gpu.used


def test_the_emd_conforms(gpu: cuda.Emulation) -> None:
    options: Any = {"input": "logits", "target": "labels", "computes": "W1", "classes": (2, 5)}
    loss = EMDLoss(reduction="none")
    assert emd_conformance.run(loss, array="torch", grad="autograd", **options).verdict == "conforms"
    assert gpu.used


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("ground", [Ordered(), POSITIONS], ids=["unit", "positions"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_options_work_as_without_kernels(
    dtype: torch.dtype, ground: Ordered, weighted: bool, reduction: Any, emulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps, weights, ignored labels with anything in their place; each number is rounded twice at most."""
    z, labels = batch(dtype)
    maps, targets = (x.detach().reshape(2, 4, *x.shape[1:]).movedim(1, -1).clone() for x in (z, labels))
    targets[0, 1] = -100
    maps[0, :, 1] = float("nan")
    weight = torch.linspace(0.5, 2.0, 8).reshape(2, 4) if weighted else None
    results = []
    for on_gpu in (True, False):
        with monkeypatch.context() as patch:
            if on_gpu:
                cuda.tensors_on_cpu(patch, emulation)
            leaf = maps.clone().requires_grad_()
            value = SquaredEMDLoss(ground=ground, reduction=reduction)(leaf, targets, weight)
            value.sum().backward()
            results.append((value.detach(), leaf.grad))
    (value, g), (wanted, wanted_g) = results
    eps = torch.finfo(dtype).eps
    assert (value.dtype, g.dtype, g.shape) == (dtype, dtype, maps.shape)
    torch.testing.assert_close(value, wanted, rtol=4 * eps, atol=0)
    torch.testing.assert_close(g, wanted_g, rtol=4 * eps, atol=4 * eps * float(wanted_g.abs().max()))
    assert not g[0, :, 1].any()


@pytest.mark.parametrize("classes", [C, 40, 5000])
def test_samples_that_do_not_count_may_hold_anything(gpu: cuda.Emulation, classes: int) -> None:
    z = torch.full((3, classes), float("nan"))
    z[1] = torch.linspace(-1, 1, classes)
    z.requires_grad_()
    loss, alone = SquaredEMDLoss(), SquaredEMDLoss(reduction="sum")
    value = loss(z, torch.tensor([-100, 2, -100]))
    value.backward()
    assert value == alone(z[1:2], torch.tensor([2]))
    assert not z.grad[::2].any()
    assert z.grad[1].any()
    with pytest.raises(ValueError, match=r"`input`\[1, :\] sums to [12]\."):  # and not that one before it is wrong
        SquaredEMDLoss(from_logits=False)(2 * z.detach().softmax(-1), torch.tensor([-100, 2, -100]))
    with pytest.raises(ValueError, match=r"`input`\[0, 0\] is nan"):
        loss(z, torch.tensor([1, 2, -100]))
    with pytest.raises(ValueError, match=r"`target`\[1\] is -7: it must be a label"):
        loss(z, torch.tensor([-100, -7, -100]))


def test_a_step_is_one_launch_forwards_and_one_backwards(
    emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches: list[int] = []
    cuda.tensors_on_cpu(monkeypatch, emulation)
    monkeypatch.setattr(launch, "_launch", lambda *given: launches.append(1) or emulation.launch(*given))
    z, labels = batch()
    value = SquaredEMDLoss()(z, labels)
    assert len(launches) == 1
    value.backward()
    assert len(launches) == 2


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("axis", [0, -1])
def test_public_functions_choose_the_kernels(gpu: cuda.Emulation, from_logits: bool, axis: int) -> None:
    p, t = (torch.from_numpy(x.copy()) for x in draw.pairs(C))
    p, t = (x.movedim(-1, axis).requires_grad_() if x is p else x.movedim(-1, axis) for x in (p, t))
    options: Any = {"from_logits": from_logits, "axis": axis}
    for name in ("squared_emd", "emd"):
        gpu.used.clear()
        value, g = getattr(emd_ref, f"{name}_value_and_grad")(p.detach(), t, **options)
        assert len(gpu.used) == 1
        wanted = getattr(emd_ref, f"{name}_value_and_grad")(p.detach().numpy(), t.numpy(), **options)
        torch.testing.assert_close(value.detach(), torch.from_numpy(wanted[0].copy()), rtol=1e-13, atol=1e-15)
        torch.testing.assert_close(g.detach(), torch.from_numpy(wanted[1].copy()), rtol=1e-13, atol=1e-13)
        (found,) = torch.autograd.grad(getattr(emd_ref, name)(p, t, **options).sum(), p)
        torch.testing.assert_close(found, g.detach(), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_pytorch_finds_nothing_wrong_with_the_operators(gpu: cuda.Emulation, absolute: bool, axis: int) -> None:
    """Schema, registration of autograd, fake tensors, and tracing with symbolic shapes."""
    z, labels = batch()
    z = z.detach().movedim(1, axis).contiguous()
    for positions, ignored in itertools.product((None, list(POSITIONS.positions or ())), (None, 2)):
        rest = absolute, positions, True, axis, False, None, "predicted", "target", True, ignored
        torch.library.opcheck(operators.line_value, (z, labels, *rest))
        torch.library.opcheck(operators.line_gradient, (z, labels, None, *rest))
        torch.library.opcheck(operators.line_gradient, (z, labels, torch.linspace(-1, 1, 8).double(), *rest))
        torch.library.opcheck(operators.line_both, (z, labels, *rest))


@pytest.mark.parametrize("ignored", [-100, 2])
@pytest.mark.parametrize("kind", [SquaredEMDLoss, EMDLoss])
def test_it_can_be_differentiated_twice(gpu: cuda.Emulation, kind: type[SquaredEMDLoss], ignored: int) -> None:
    z, labels = batch(rows=4)
    loss = kind(ignore_index=ignored)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (z,))
    assert torch.autograd.gradgradcheck(lambda x: loss(x, labels), (z,))


def test_functions_are_mapped_and_differentiated_by_torch_func(gpu: cuda.Emulation) -> None:
    z, labels = batch()
    z = z.detach()
    loss = SquaredEMDLoss(reduction="none")
    each = torch.func.vmap(torch.func.grad(lambda x, k: loss(x, k).sum()))(z, labels)
    torch.testing.assert_close(each, emd_ref.squared_emd_grad(z, labels, from_logits=True))
    one_target = torch.func.vmap(lambda x: loss(x, labels[0]))(z)
    torch.testing.assert_close(one_target, loss(z, labels[:1].expand(8)))
    by_columns = torch.func.vmap(lambda x, k: loss(x, k), in_dims=(1, None))(z.T, labels[0])
    torch.testing.assert_close(by_columns, one_target)


def test_several_gradients_from_above_are_taken_at_once(gpu: cuda.Emulation) -> None:
    z, labels = batch()
    above = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(3, 8)
    _, back = torch.func.vjp(lambda x: emd_ref.squared_emd(x, labels, from_logits=True), z.detach())
    gpu.used.clear()
    with torch.no_grad():
        (found,) = torch.func.vmap(back)(above)
    assert gpu.used
    each = emd_ref.squared_emd_grad(z.detach(), labels, from_logits=True)
    torch.testing.assert_close(found, above[:, :, None] * each)


def test_gradients_of_functions_are_mapped(gpu: cuda.Emulation) -> None:
    z, labels = batch()
    z, t = z.detach(), torch.softmax(-z.detach(), 1)
    for function in (emd_ref.squared_emd_grad, emd_ref.emd_grad, emd_ref.squared_emd_value_and_grad):
        for target in (labels, t):
            gpu.used.clear()
            mapped = torch.func.vmap(lambda x, y, f=function: f(x, y, from_logits=True))(z, target)
            assert gpu.used
            torch.testing.assert_close(mapped, function(z, target, from_logits=True))
            one = torch.func.vmap(lambda x, f=function, y=target[0]: f(x, y, from_logits=True), in_dims=1)(z.T)
            torch.testing.assert_close(one, function(z, target[:1].expand_as(target), from_logits=True))


def test_a_derivative_forwards_needs_no_kernel(gpu: cuda.Emulation) -> None:
    z, labels = batch()
    along = torch.ones_like(z)
    loss = SquaredEMDLoss()
    gpu.used.clear()
    _, slope = torch.func.jvp(lambda x: loss(x, labels), (z.detach(),), (along,))
    assert not gpu.used
    torch.testing.assert_close(
        slope, torch.tensor(0.0, dtype=torch.float64), rtol=0, atol=1e-15
    )  # softmax ignores shifts


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by PyTorch's own compiler
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_compiled_step_is_one_graph(gpu: cuda.Emulation, dynamic: bool) -> None:
    loss = SquaredEMDLoss()

    def step(z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return loss(2 * z, labels)

    compiled = torch.compile(step, backend="aot_eager", fullgraph=True, dynamic=dynamic)
    for rows in (8, 5):
        z, labels = batch(rows=rows)
        (got,) = torch.autograd.grad(compiled(z, labels), z)
        (wanted,) = torch.autograd.grad(step(z, labels), z)
        assert torch.equal(got, wanted)
    assert gpu.used


@pytest.mark.filterwarnings("ignore:.*autograd.function.Function.* should not be instantiated")  # PyTorch 2.6 itself
def test_a_loss_can_be_exported(gpu: cuda.Emulation) -> None:
    z, labels = batch()
    program = torch.export.export(SquaredEMDLoss(), (z.detach(), labels))
    assert "emd_ref.line_value" in str(program.graph)
    assert program.module()(z.detach(), labels) == SquaredEMDLoss()(z, labels)


@pytest.mark.parametrize("loss", [SquaredEMDLoss(), EMDLoss()])
def test_value_and_gradient_are_each_one_kernel(loss: SquaredEMDLoss | EMDLoss, gpu: cuda.Emulation) -> None:
    z, labels = batch()
    value = loss(z, labels)
    assert len(gpu.used) == 1
    gpu.used.clear()
    value.backward()
    assert len(gpu.used) == 1


def test_autocast_gives_float32(gpu: cuda.Emulation) -> None:
    z, labels = batch(torch.float16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = SquaredEMDLoss()(z, labels)
    value.backward()
    assert (value.dtype, z.grad.dtype) == (torch.float32, torch.float16)


def test_a_cpu_has_no_kernels() -> None:
    z, labels = batch()
    assert not operators.is_on_gpu(z)
    assert not operators.takes(z, labels, Options())


@pytest.mark.parametrize("ignored", [None, -100, 2])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("absolute", [False, True])
def test_a_cupy_that_cannot_be_imported_is_done_without(
    absolute: bool, axis: int, ignored: int | None, gpu, monkeypatch
) -> None:
    z, labels = batch()
    z = z.detach().movedim(1, axis).contiguous().requires_grad_()
    rest = operators.Line(absolute, None, True, axis, True, None, "predicted", "target", True, ignored)
    above = torch.linspace(-1, 1, 8)

    def results() -> list[torch.Tensor]:
        found = list[torch.Tensor]()
        for target in (labels, (-z.detach()).softmax(axis)):
            found += operators.line_both(z.detach(), target, *rest)
            found.append(operators.line_gradient(z.detach(), target, above, *rest))
        return found

    expected = results()

    def missing(*arguments: Any) -> None:
        raise ImportError("libcudart cannot be found")

    monkeypatch.setattr(launch, "_launch", missing)
    with pytest.warns(RuntimeWarning, match="CuPy is installed, but libcudart cannot be found: PyTorch computes"):
        found = results()
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-13, atol=1e-15)


def test_a_line_without_checks_is_the_same_in_all_else() -> None:
    options = Options(Ordered([0, 1, 5]), True, 2, True, 0.25, False, "target", predicted_name="input")
    line = Line.of(True, options, 1, True, -100)
    assert unchecked(line) == line._replace(check=False)
    assert line.check
