# SPDX-License-Identifier: GPL-2.0-only
"""
Sphinx's configuration for the site that `make html` builds of this directory.

Environment:

  VPW_KSRC   a kernel tree, whose scripts/kernel-doc renders the kernel-doc of our files;
             without it these parts name the file instead
  VPW_PLOTS  the directory with the plots of `make bench`
"""

# pylint: disable=invalid-name

import glob
import os
import re
import subprocess
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

top = Path(__file__).resolve().parent.parent
ksrc = os.environ.get("VPW_KSRC")
plots = os.environ.get("VPW_PLOTS", str(top / "bench"))
logger = logging.getLogger("site")

project = "vfio-pci-width"
html_title = project
html_theme = "furo"
# Debian 12's furo has its dark colours behind a switch that does not work there; these
# follow the system.
html_theme_options = {
    "dark_css_variables": {
        "color-foreground-primary": "#ffffffcc",
        "color-foreground-secondary": "#a5abb2",
        "color-foreground-muted": "#8b9198",
        "color-foreground-border": "#666666",
        "color-background-primary": "#131416",
        "color-background-secondary": "#1a1c1e",
        "color-background-hover": "#1e2124ff",
        "color-background-hover--transparent": "#1e212400",
        "color-background-border": "#303335",
        "color-background-item": "#444444",
        "color-brand-primary": "#5aa5f5",
        "color-brand-content": "#5aa5f5",
        "color-highlighted-background": "#083563",
        "color-highlight-on-target": "#333300",
        "color-api-name": "#ff8f80",
        "color-api-pre-name": "#ff8f80",
        "color-card-border": "#1a1c1e",
        "color-card-background": "#18181a",
        "color-card-marginals-background": "#1e2124",
    },
}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
smartquotes = False
# Literal blocks are shell, C, output and drawings: no guess would be right for all.
highlight_language = "none"
# What Sphinx must know to read the kernel's declarations.
c_id_attributes = ["__user", "__iomem", "__always_inline"]
# The kernel's own types and functions are documented elsewhere.
nitpick_ignore_regex = [("c:.*", ".*")]


def installed_files():
    """Where the series puts our files in a kernel tree: {place: file of this tree}."""
    found = {}
    for name in glob.glob(str(top / "integration/steps/*/*/files")):
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            words = line.split("#")[0].split()
            if len(words) >= 2:
                found[words[-1]] = words[-2]
    return found


in_kernel = installed_files()
place_of = {ours: place for place, ours in in_kernel.items()}


class KernelDoc(SphinxDirective):
    """The kernel's directive of this name, for the pages that are meant for its tree."""

    required_arguments = 1
    option_spec = {name: directives.unchanged
                   for name in ("doc", "identifiers", "no-identifiers")}

    def parse(self, text, source):
        """The nodes of reStructuredText."""
        node = nodes.section()
        node.document = self.state.document
        self.state.nested_parse(StringList(text.splitlines(), source=source), 0, node,
                                match_titles=1)
        return node.children

    def doc_section(self, path, title):
        """A DOC: comment, which is reStructuredText as it stands."""
        text = (top / path).read_text(encoding="utf-8")
        found = re.search(rf"^/\*\*\n \* DOC: {re.escape(title)}\n(.*?)^ \*/$", text, re.M | re.S)
        if not found:
            raise self.error(f"{path} has no DOC: {title}")
        return self.parse(re.sub(r"^ \* ?", "", found[1], flags=re.M), path)

    def kernel_doc(self, path):
        """What the kernel's tool makes of the other comments."""
        names = self.options.get("identifiers", "").split()
        without = self.options.get("no-identifiers", "").split()
        options = [word for name in names for word in ("-function", name)]
        options += [word for name in without for word in ("-nosymbol", name)]
        if not names:
            options.append("-no-doc-sections")
        text = subprocess.run([f"{ksrc}/scripts/kernel-doc", "-rst", *options, str(top / path)],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
        return self.parse(text, path)

    def run(self):
        place = self.arguments[0]
        if place not in in_kernel:
            raise self.error(f"no step of integration brings {place}")
        path = in_kernel[place]
        if "doc" in self.options:
            return self.doc_section(path, self.options["doc"])
        if ksrc:
            return self.kernel_doc(path)
        names = self.options.get("identifiers", "").split()
        what = "Kernel-doc" + (" of " + ", ".join(f"``{name}``" for name in names) if names else "")
        return self.parse(f"{what}: see ``{path}``, or build this site with ``KSRC=7.3``.", path)


class Mandoc(SphinxDirective):
    """A manual page."""

    required_arguments = 1

    def run(self):
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        text = subprocess.run(["mandoc", "-T", "html", "-O", "fragment", path],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
        # The page's title is the only h1.
        text = re.sub(r"(</?h)([12])\b", lambda found: found[1] + str(int(found[2]) + 1), text)
        return [nodes.raw("", f'<div class="mandoc">{text}</div>', format="html")]


class BenchPlots(SphinxDirective):
    """The plots of `make bench`, if it has made any."""

    def run(self):
        found = sorted(glob.glob(f"{plots}/*.svg"))
        if not found:
            text = "There were none when this page was built. make bench makes them."
            return [nodes.paragraph(text, text)]
        result = []
        for path in found:
            relative = os.path.relpath(path, self.env.srcdir)
            caption = f"Made by make bench on this machine ({os.path.basename(path)})."
            result.append(nodes.figure("", nodes.image(uri="/" + relative, alt=caption),
                                       nodes.caption(caption, caption)))
        return result


class PageNames(SphinxPostTransform):
    """Makes a link of a literal that is the name of a page, such as ``contract.rst``."""

    default_priority = 100

    def run(self, **_options):
        for node in list(self.document.findall(nodes.literal)):
            name = re.fullmatch(r"(?:Documentation/)?([\w./-]+)\.rst", node.astext())
            if not name or isinstance(node.parent, nodes.reference):
                continue
            if name[1] in self.env.found_docs:
                link = make_refnode(self.app.builder, self.env.docname, name[1], "", node.deepcopy())
                node.replace_self(link)
            elif "/" not in name[1]:
                logger.warning("there is no page %s.rst", name[1], location=node)


def kernel_page(app, env, node, contnode):
    """A :doc: of a page for a kernel tree says where in that tree its target is."""
    start = place_of.get("Documentation/" + node.get("refdoc", "") + ".rst")
    if node.get("reftype") != "doc" or not start:
        return None
    target = node["reftarget"]
    place = "Documentation" + target if target.startswith("/") else \
        os.path.normpath(os.path.join(os.path.dirname(start), target))
    ours = in_kernel.get(place + ".rst")
    if ours:
        name = ours[len("Documentation/"):-len(".rst")]
        title = env.titles[name].astext()
        return make_refnode(app.builder, node["refdoc"], name, "", nodes.inline(title, title))
    url = "https://docs.kernel.org/" + place[len("Documentation/"):] + ".html"
    return nodes.reference("", "", contnode, internal=False, refuri=url)


def setup(app):
    """What Sphinx calls first."""
    app.add_directive("kernel-doc", KernelDoc)
    app.add_directive("mandoc", Mandoc)
    app.add_directive("bench-plots", BenchPlots)
    app.add_post_transform(PageNames)
    app.connect("missing-reference", kernel_page)
