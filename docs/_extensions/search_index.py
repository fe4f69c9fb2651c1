"""The search knows the index entries of every page."""

from sphinx.util.index_entries import split_index_msg


def keep_index_entries(app):
    """Give the search the index entries of every page, in one order: Sphinx (9.0 to 9.2) forgets
    those of pages not written now.
    """
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        kept = indexer._index_entries  # noqa: SLF001 -- there is no public way
        kept.clear()
        for docname, entries in sorted(app.env.domains["index"].entries.items()):
            found = {
                (part, target, main)
                for kind, text, target, main, _ in entries
                for part in split_index_msg(kind, text)
            }
            kept[docname] = sorted(found)
    return []


def setup(app):
    app.connect("html-collect-pages", keep_index_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
