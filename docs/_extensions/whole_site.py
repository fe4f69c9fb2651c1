"""What a build makes: the site with its examples, or something else."""


def is_whole_site(app):
    """Return whether this build makes the site, rather than a book or a check of links, and with
    its examples.
    """
    return app.builder.name == "html" and app.config.sphinx_gallery_conf["plot_gallery"] not in (
        False,
        "False",
        "0",
        0,
    )
