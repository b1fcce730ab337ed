"""The plots of a report show each number, and the bound."""

import pytest
from emd_conformance._reports import plots
from example_reports import REPORTS


def test_plots_have_a_point_for_each_number_and_the_bound_as_a_line():
    answers, errors = plots.plots(REPORTS["conforming"])
    results = [result for result in REPORTS["conforming"].examined if result.numbers]
    assert len(errors.points) == len(results)
    assert len(answers.points) == sum(result.quantity == "value" for result in results)
    assert errors.line[1] == errors.line[3] == errors.y.place(1.0)
    assert all(point.y >= errors.line[1] and not point.wrong for point in errors.points)  # y grows downwards


def test_wrong_answers_lie_off_the_diagonal_and_above_the_bound():
    answers, errors = plots.plots(REPORTS["wrong"])
    wrong = [point for point in errors.points if point.wrong]
    assert len(wrong) >= 5
    assert all(point.y < errors.line[1] for point in wrong)
    diagonal = answers.x.end - answers.x.start
    parts = [
        (p.x - answers.x.start) / diagonal - (answers.y.start - p.y) / (answers.y.start - answers.y.end)
        for p in answers.points
    ]
    assert max(map(abs, parts)) > 0.02


def test_points_stay_inside_the_plot_for_any_answer():
    for name in ("infinite", "crashing", "conforming", "wrong"):
        for plot in plots.plots(REPORTS[name]):
            for point in plot.points:
                assert plot.x.start <= point.x <= plot.x.end
                assert plot.y.end <= point.y <= plot.y.start


def test_a_report_without_numbers_has_no_plots():
    assert plots.plots(REPORTS["empty"]) == plots.plots(REPORTS["crashing"]) == []


@pytest.mark.parametrize(("x", "place"), [(1.0, 0), (10.0, 50), (100.0, 100), (1e9, 100), (0.0, 0), (-5.0, 0)])
def test_axes_are_logarithmic_and_clamp(x, place):
    axis = plots.Axis(0, 2, 0, 100)
    assert axis.place(x) == place
    assert axis.place(float("inf")) == axis.place(float("nan")) == 100
    assert [label for _, label in axis.ticks] == ["1", "10", "100"]
