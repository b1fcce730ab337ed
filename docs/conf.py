"""The documentation site: `sphinx-build -W docs FOLDER`. design.md says why it is built this way."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance"), str(HERE.parent)]
os.environ.setdefault("KERAS_BACKEND", "torch")  # the reference of emd_ref.keras imports Keras

import ziamath  # noqa: E402

import emd_ref  # noqa: E402

project = "emd-ref"
author = "the emd-ref authors"
project_copyright = "the emd-ref authors"
version = release = emd_ref.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_design",
    "sphinx_copybutton",
    "_sphinx.mathml",
    "_sphinx.repository",
    "_sphinx.docstrings",
    "_sphinx.clauses",
    "_sphinx.generated",
]
exclude_patterns = ["_sphinx", "examples", "figures"]
templates_path = ["_templates"]
nitpicky = True
default_role = "literal"
pygments_style = "default"

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
suppress_warnings = ["myst.strikethrough"]

autodoc_typehints = "none"
autodoc_mock_imports = ["torchmetrics"]  # it imports torchvision, whose build may not fit PyTorch
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "emd-ref"
html_static_path = ["_static", str(Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf")]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # a browser lets no page of a file: address read others
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_sidebars = {page: [] for page in ["index", "quickstart", "spec", "field", "changelog"]}
html_theme_options = {
    "logo": {"text": "emd-ref"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
