# SPDX-License-Identifier: GPL-2.0-only
"""
Sphinx's configuration for one page of a kernel tree, for build-docs.

It is the kernel's own, with all other pages left out. A reference to one of them is right
if the tree has it. Environment:

  srctree   the kernel tree; the kernel's extensions read this variable
  VPW_PAGE  the page, below the source directory, without .rst
  VPW_ABI   directory of ABI files to use instead of the tree's
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

# The kernel's file looks for its extensions next to itself or, in older kernels, in the
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

# Relative paths would start at the file that Sphinx was given.
templates_path = [str(docs / "sphinx/templates")]
html_static_path = [str(docs / "sphinx-static")]
html_logo = html_favicon = str(docs / "images/logo.svg")

# An index names pages that are left out here.
suppress_warnings = ["toc.not_readable"]

# For any other source directory, the kernel's function links to an index that does not exist.
def add_subproject_index(*_args):
    """Replace the kernel's function."""


# get_abi.py reports what is wrong with ABI files. A page that mentions /sys makes the parser
# read all of them, and their faults are not the page's.
logging.getLogger("sphinx.kernel_abi").setLevel(logging.ERROR)
if "VPW_ABI" in os.environ:
    import kernel_abi  # noqa: E402  pylint: disable=import-error
    kernel_abi.path = os.environ["VPW_ABI"]

import kerneldoc  # noqa: E402  pylint: disable=import-error,wrong-import-position

kernel_run_kdoc = getattr(kerneldoc.KernelDocDirective, "run_kdoc", None)
logger = sphinx_logging.getLogger("build-docs")


def run_kdoc(directive, files):
    """Run the kernel's, and warn about names that the file does not document."""
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
    # Older kernels call a script, which fails on a warning if this is set.
    kerneldoc_bin = str(tree / "scripts/kernel-doc")
    os.environ["KDOC_WERROR"] = "1"


@functools.lru_cache(maxsize=None)
def labels():
    """All labels of the tree's pages, in lower case as Sphinx stores them."""
    found = set()
    for file in docs.rglob("*.rst"):
        text = file.read_text(encoding="utf-8", errors="replace")
        found.update(label.lower() for label in re.findall(r"^\s*\.\. _`?([^`\n]+?)`?:", text, re.M))
    return found


def is_page(name, start):
    """Whether @name, as the page @start writes it, is a page of the tree."""
    name = name[1:] if name.startswith("/") else os.path.join(os.path.dirname(start), name)
    return (docs / os.path.normpath(name)).with_suffix(".rst").is_file()


def is_elsewhere(reftype, target, start):
    """Whether a page that is left out has the target that @start refers to."""
    if reftype == "doc":
        return is_page(target, start)
    if reftype != "ref":
        return False
    # Every section has the label PAGE:SECTION.
    return target.lower() in labels() or is_page("/" + target.split(":")[0], start)


def missing_reference(_app, _env, node, contnode):
    """Resolve a target that Sphinx did not find; with None, Sphinx warns."""
    known = is_elsewhere(node.get("reftype"), node.get("reftarget", ""), node.get("refdoc", ""))
    return contnode if known else None


def setup(app):
    """Sphinx's entry point."""
    if kernel_setup:
        kernel_setup(app)
    app.connect("missing-reference", missing_reference)
