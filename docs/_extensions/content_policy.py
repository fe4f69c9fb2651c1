"""The content security policy of every page; the template base.html writes it."""

import base64
import hashlib
import os
import re

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def hash_of(text):
    """Return what a policy calls an inline script or style sheet by."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def add_policy(app, pagename, templatename, context, doctree):
    """Give the templates a function `policy`, or None if there is to be none."""
    if app.builder.name != "html":  # an EPUB has no scripts
        return
    # The policy names Furo's inline script and style by hash; docutils writes column widths as
    # style attributes. Firefox fetches the next page ahead of time, which only `default-src` can
    # allow.
    environment = app.builder.templates.environment
    base = environment.loader.get_source(environment, "!base.html")[0]
    scripts = " ".join(hash_of(text) for kind, text in _INLINE.findall(base) if kind == "script")

    def policy(style):
        styles = " ".join(hash_of(text) for _, text in _INLINE.findall(style))
        return (
            f"default-src 'self'; script-src 'self' {scripts}; style-src-elem 'self' {styles}; style-src-attr 'unsafe-inline'; "
            "img-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'none'"
        )

    # `make serve` turns it off; so does Read the Docs. What it adds to pages checks its data with
    # Ajv, which compiles code (its repository readthedocs/addons, src/data-validation.js): a policy
    # would have to allow 'unsafe-eval', and the advertiser's hosts.
    context["policy"] = (
        None if os.environ.get("SITE_POLICY") == "off" or context.get("READTHEDOCS") else policy
    )


def setup(app):
    app.connect("html-page-context", add_policy, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
