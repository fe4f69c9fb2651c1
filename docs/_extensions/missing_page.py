"""The page for addresses without a page, which is shown at any depth, and wherever the site is put.

Its links start where the site is meant to be. Elsewhere a script looks for the place, and as no style
sheet would be found there, the page has them in it.
"""

import re
from pathlib import Path

from content_policy import hash_of

NAME = "404"
_SHEET = re.compile(
    r'<link rel="stylesheet"[^>]* href="(?:[^"]*/)?(_static/[^"?]+)[^>]*>'
    r'|<style data-of="(_static/[^"]+)">.*?</style>',
    re.DOTALL,
)
_INLINE = re.compile(r"<(script|style)(?: data-of=\"[^\"]*\")?>(.*?)</\1>", re.DOTALL)
_FIND = """
(async () => {
  const meant = document.documentElement.dataset.meant;
  let folder = location.pathname;
  if (folder.startsWith(meant) || location.protocol === "file:") return;
  while (folder) {
    folder = folder.slice(0, folder.lastIndexOf("/"));
    const answer = await fetch(`${folder}/_static/site.js`).catch(() => null);
    if (!answer?.ok || !answer.headers.get("content-type")?.includes("javascript")) continue;
    for (const name of ["href", "src"]) {
      for (const element of document.querySelectorAll(`[${name}^="${meant}"]`)) {
        const address = `${folder}/${element.getAttribute(name).slice(meant.length)}`;
        if (element.matches("script")) element.replaceWith(Object.assign(document.createElement("script"), { src: address }));
        else element.setAttribute(name, address);
      }
    }
    return;
  }
})();
"""


def link_from_root(app, pagename, templatename, context, doctree):
    """Do for the page's text what the extension notfound does for files and navigation."""
    if app.builder.name == "html" and pagename == NAME:
        start = app.config.notfound_urls_prefix
        context["body"] = re.sub(
            r'(<a class="reference internal" href=")(?![a-z]+:|[/#])',
            rf"\g<1>{start}",
            context["body"],
        )


def stand_alone(app, error):
    """Put the style sheets and the script into the page, and their hashes into its policy."""
    path = Path(app.outdir, f"{NAME}.html")
    if error or app.builder.name != "html" or not path.exists():
        return

    def inline(match):
        name = match[1] or match[2]
        sheet = Path(app.outdir, name).read_text(encoding="utf-8")
        sheet = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", sheet)
        return f'<style data-of="{name}">{sheet}</style>'

    text = _SHEET.sub(inline, path.read_text(encoding="utf-8"))
    script = f'<script data-of="missing_page">{_FIND}</script>\n'
    text = re.sub(r'<script data-of="missing_page">.*?</script>\n', "", text, flags=re.DOTALL)
    text = text.replace("</body>", f"{script}</body>", 1)
    start = app.config.notfound_urls_prefix
    text = re.sub(r'<html (?:data-meant="[^"]*" )?', f'<html data-meant="{start}" ', text, count=1)
    hashes = dict.fromkeys(("script", "style"), "")
    for kind, content in _INLINE.findall(text):
        hashes[kind] += f" {hash_of(content)}"
    for kind, directive in (("script", "script-src"), ("style", "style-src-elem")):
        text = re.sub(
            rf"({directive} 'self')(?: 'sha256-[^']*')*",
            lambda match, kind=kind: match[1] + hashes[kind],
            text,
            count=1,
        )
    path.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", link_from_root, priority=450)
    app.connect(
        "build-finished", stand_alone, priority=900
    )  # with style sheets as they are handed out
    return {"parallel_read_safe": True, "parallel_write_safe": True}
