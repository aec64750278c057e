# SPDX-License-Identifier: GPL-2.0
# Sphinx: make docs.
import os

from docutils import nodes
from sphinx.transforms import SphinxTransform

project = "samr"
copyright = "the samr authors"
author = "the samr authors"
language = "en"
extensions = []
exclude_patterns = ["netlink/**"]
html_theme = "alabaster"
html_theme_options = {
    "description": "One order of messages on several machines, in the kernel",
    "page_width": "1080px",
    "fixed_sidebar": True,
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_copyright = False
highlight_language = "none"


class DrawnDiagrams(SphinxTransform):
    """In HTML the SVG made from a literal block called diagram-NAME stands in its place (diagrams/draw.py)."""
    default_priority = 400

    def apply(self, **kwargs):
        if self.app.builder.format != "html":
            return
        for block in list(self.document.findall(nodes.literal_block)):
            for name in block["names"]:
                if not name.startswith("diagram-"):
                    continue
                name = name.removeprefix("diagram-")
                path = os.path.join("diagrams", name + ".svg")
                block.replace_self(nodes.image(uri=path, alt=block.astext(), candidates={"?": path}))


def setup(app):
    app.add_transform(DrawnDiagrams)
    return {"parallel_read_safe": True, "version": "1"}
