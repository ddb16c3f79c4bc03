# SPDX-License-Identifier: GPL-2.0-only
"""
Sphinx's configuration for one page of a kernel tree, for build-docs.

It is the kernel's own, except that all other pages are left out. What the page says of
them is right if they are there. Environment:

  srctree   the kernel tree; the kernel's extensions want this name
  VPW_PAGE  the page, below the source directory, without .rst
  VPW_ABI   directory of ABI files in the place of the tree's
"""

# pylint: disable=invalid-name

import functools
import logging
import os
import re
import sys
from pathlib import Path

from sphinx.util import logging as sphinx_logging

tree = Path(os.environ["srctree"])
docs = tree / "Documentation"
page = os.environ["VPW_PAGE"]

# The kernel's file looks for its extensions next to itself, or in older kernels in the
# working directory.
__file__ = str(docs / "conf.py")
sys.path.insert(0, str(docs / "sphinx"))
exec(compile(Path(__file__).read_text(encoding="utf-8"), __file__, "exec"))  # pylint: disable=exec-used
kernel_setup = globals().get("setup")

needs_sphinx = "5.1"  # the first that has include_patterns
include_patterns = [page + ".rst"]
dyn_include_patterns = []
master_doc = root_doc = page
kerneldoc_srctree = str(tree)

# These are relative to the file that Sphinx was given.
templates_path = [str(docs / "sphinx/templates")]
html_static_path = [str(docs / "sphinx-static")]
html_logo = html_favicon = str(docs / "images/logo.svg")

# An index names pages that are left out here.
suppress_warnings = ["toc.not_readable"]

# A source directory that is not the tree's would get a link to an index that it has not.
def add_subproject_index(*_args):
    """In the place of the kernel's."""


# What the parser says of ABI files is the business of get_abi.py. A page that mentions
# /sys has all of them read, and is not to blame for them.
logging.getLogger("sphinx.kernel_abi").setLevel(logging.ERROR)
if "VPW_ABI" in os.environ:
    import kernel_abi  # noqa: E402  pylint: disable=import-error
    kernel_abi.path = os.environ["VPW_ABI"]

import kerneldoc  # noqa: E402  pylint: disable=import-error,wrong-import-position

kernel_run_kdoc = getattr(kerneldoc.KernelDocDirective, "run_kdoc", None)
logger = sphinx_logging.getLogger("build-docs")


def run_kdoc(directive, files):
    """The kernel's, which has nothing to say of a name that is not in the file."""
    nodes = kernel_run_kdoc(directive, files)
    there = set()
    for file in directive.parse_args["file_list"]:
        there.update(item.name for item in files.results.get(file, ()))
    missing = [name for name in directive.msg_args["symbol"] if name not in there]
    if missing or not nodes:
        logger.warning("%s has no kernel-doc of %s", directive.arguments[0],
                       ", ".join(missing) or "this kind",
                       location=(directive.state.document.settings.env.docname, directive.lineno))
    return nodes


if kernel_run_kdoc:
    kerneldoc.KernelDocDirective.run_kdoc = run_kdoc
else:
    # Older kernels call a script, which fails if it warns when this says so.
    kerneldoc_bin = str(tree / "scripts/kernel-doc")
    os.environ["KDOC_WERROR"] = "1"


@functools.lru_cache(maxsize=None)
def labels():
    """All labels of the tree's pages, in lower case as Sphinx has them."""
    found = set()
    for file in docs.rglob("*.rst"):
        text = file.read_text(encoding="utf-8", errors="replace")
        found.update(label.lower() for label in re.findall(r"^\s*\.\. _`?([^`\n]+?)`?:", text, re.M))
    return found


def is_page(name, start):
    """Whether the tree has the page that @start, a page too, calls @name."""
    name = name[1:] if name.startswith("/") else os.path.join(os.path.dirname(start), name)
    return (docs / os.path.normpath(name)).with_suffix(".rst").is_file()


def is_elsewhere(reftype, target, start):
    """Whether a page that was left out has what @start refers to."""
    if reftype == "doc":
        return is_page(target, start)
    if reftype != "ref":
        return False
    # PAGE:SECTION is a label that every section has.
    return target.lower() in labels() or is_page("/" + target.split(":")[0], start)


def missing_reference(_app, _env, node, contnode):
    """Answers Sphinx's question for a target that it has not found: None lets it warn."""
    known = is_elsewhere(node.get("reftype"), node.get("reftarget", ""), node.get("refdoc", ""))
    return contnode if known else None


def setup(app):
    """What Sphinx calls first."""
    if kernel_setup:
        kernel_setup(app)
    app.connect("missing-reference", missing_reference)
