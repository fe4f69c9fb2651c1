"""What search engines ask of a site: sitemap.xml, and robots.txt, which names it."""

from pathlib import Path

from whole_site import is_whole_site


def write(app, error):
    """Write both, beside the pages."""
    if error or not is_whole_site(app):
        return
    url, out = app.config.html_baseurl, Path(app.outdir)
    places = "".join(
        f"<url><loc>{url}{name}.html</loc></url>\n" for name in sorted(app.env.found_docs - {"404"})
    )
    sitemap = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    (out / "sitemap.xml").write_text(sitemap, encoding="utf-8")
    (out / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\n\nSitemap: {url}sitemap.xml\n", encoding="utf-8"
    )


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
