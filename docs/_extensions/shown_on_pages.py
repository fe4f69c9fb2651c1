"""Pages that are read again when what a directive shows there has changed, though the files that
they depend on may not have.
"""

from functools import partial


def noted(env, name):
    """Return what a directive has shown, by page; kept with the environment.

    Parameters
    ----------
    env
        The environment of the build.
    name
        Whatever tells the directive from others.
    """
    if not hasattr(env, "shown_on_pages"):
        env.shown_on_pages = {}
    return env.shown_on_pages.setdefault(name, {})


def follow(app, name, today):
    """Have a directive's pages read again when it would show something else there.

    Parameters
    ----------
    app
        The application.
    name
        The directive's, as for `noted`.
    today
        What returns what it would show now on a page, given the environment and what it has shown
        there; the page is read again if the two are not equal.
    """
    app.connect("env-get-outdated", partial(_outdated, name, today))
    app.connect("env-purge-doc", partial(_forget, name))
    app.connect("env-merge-info", partial(_merge, name))


def _outdated(name, today, app, env, added, changed, removed):
    pages = noted(env, name).items()
    return [docname for docname, before in pages if before != today(env, before)]


def _forget(name, app, env, docname):
    noted(env, name).pop(docname, None)


def _merge(name, app, env, docnames, other):
    found = noted(other, name)
    noted(env, name).update({page: shown for page, shown in found.items() if page in docnames})
