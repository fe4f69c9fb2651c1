# /// script
# requires-python = ">=3.11"
# dependencies = ["django"]
# ///
"""
Django in child processes
=========================

A spawned child, or one from the fork server, knows nothing of Django's set-up: where it
first imports a model it fails with ``AppRegistryNotReady``. A forked child has the
set-up, and with it the parent's open database connection.

Python 3.14 made ``forkserver`` the default on Linux, and so brought the error to
programs that had worked there.
"""

# sphinx_gallery_needs = ["django", "linux"]
# sphinx_gallery_tags = ["Django", "fork", "spawn", "forkserver", "ProcessPoolExecutor"]
# sphinx_gallery_timeout = 120

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if importlib.util.find_spec("django") is None:
    print("This example needs Django, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

SETTINGS = """\
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""

MODELS = """\
from django.db import models

class Order(models.Model):
    price = models.IntegerField()
"""

WORK = """\
from shop.models import Order

def price(number):
    return Order.objects.get(pk=number).price
"""

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""

# A management command: what ``manage.py prices METHOD`` runs.
COMMAND = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from django.core.management.base import BaseCommand
from shop.work import price

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("method")

    def handle(self, method, **options):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            print(list(executor.map(price, [1, 2])))
"""

FILL = """\
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()
from django.db import connection
from shop.models import Order

with connection.schema_editor() as editor:
    editor.create_model(Order)
Order.objects.create(price=30)
Order.objects.create(price=50)
"""

PROJECT = {
    "settings.py": SETTINGS,
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/work.py": WORK,
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "shop/management/commands/prices.py": COMMAND,
    "fill.py": FILL,
}


def run_project(changed, *commands, fill=True):
    """Write the project into a folder; return what each command printed there."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (PROJECT | changed).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [
            subprocess.run(
                [sys.executable, "-B", *command],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ).stdout
            for command in ([["fill.py"]] if fill else []) + list(commands)
        ][fill:]


def last_errors(output):
    """Its last line, and any line before it that says what failed."""
    lines = output.splitlines()
    return [line for line in lines[:-1] if "NotReady:" in line] + lines[-1:]


METHODS = "fork", "forkserver", "spawn"

if __name__ == "__main__":
    commands = [["manage.py", "prices", method] for method in METHODS]
    for method, output in zip(METHODS, run_project({}, *commands), strict=True):
        print(f"{method}:")
        print(*("  " + line for line in last_errors(output)), sep="\n")

# %%
# The child has to import ``shop.work`` to find ``price``, and that imports a model
# before anybody has called ``django.setup``. In the parent ``manage.py`` did.
#
# The mend
# --------
# A module of its own for what children run, which sets Django up before it imports a
# model. A second call of ``django.setup`` does nothing harmful: in the parent, the apps
# are there already.

MENDED = """\
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from shop.models import Order

def price(number):
    return Order.objects.get(pk=number).price
"""

if __name__ == "__main__":
    outputs = run_project({"shop/work.py": MENDED}, *commands)
    for method, output in zip(METHODS, outputs, strict=True):
        print(f"{method}:", output.strip())

# %%
# An initializer does it, too, if *its* module imports no model: it runs before the
# first task is looked at.

INITIALIZER = """\
import django

def set_up():
    django.setup()
"""

if __name__ == "__main__":
    changed = {
        "shop/initializer.py": INITIALIZER,
        "shop/management/commands/prices.py": COMMAND.replace(
            "from shop.work", "from shop.initializer import set_up\nfrom shop.work"
        ).replace("mp_context=context", "mp_context=context, initializer=set_up"),
    }
    outputs = run_project(changed, *commands)
    for method, output in zip(METHODS, outputs, strict=True):
        print(f"{method}:", output.strip())

# %%
# The parent's connection
# -----------------------
# Django opens a connection at the first query, and keeps it. Is there one in the child
# before its own first query? In the last column the parent has closed its connections
# before it started the child.

CONNECTIONS = """\
from django.db import connection

def inherited():
    return connection.connection is not None
"""

CONNECTIONS_COMMAND = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from django.core.management.base import BaseCommand
from django.db import connections
from shop.connections import inherited
from shop.models import Order

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("method")

    def handle(self, method, **options):
        context = multiprocessing.get_context(method)
        answers = []
        for close in False, True:
            Order.objects.count()
            if close:
                connections.close_all()
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                answers.append(executor.submit(inherited).result())
        print(*answers)
"""

if __name__ == "__main__":
    changed = {
        "shop/connections.py": CONNECTIONS,
        "shop/management/commands/prices.py": CONNECTIONS_COMMAND,
    }
    outputs = run_project(changed, *commands)
    print("an open connection in the child?   after close_all()")
    for method, output in zip(METHODS, outputs, strict=True):
        before, after = output.split()
        print(f"{method:12} {before:21} {after}")

# %%
# Two more messages
# -----------------
# If ``models.py`` itself imports what children run, ``django.setup`` is called while
# Django loads its models. And a script that starts with neither settings nor
# ``django.setup`` does not come as far as a child.

SCRIPT = """\
from shop.work import price

print(price(1))
"""

if __name__ == "__main__":
    tangled = {"shop/work.py": MENDED, "shop/models.py": MODELS + "import shop.work\n"}
    print(
        *last_errors(
            *run_project(tangled, ["manage.py", "prices", "spawn"], fill=False)
        )
    )
    print(*last_errors(*run_project({"script.py": SCRIPT}, ["script.py"])))

# %%
# What to look at
# ---------------
# With ``fork`` the first table has the prices, and the last one says at what risk: two
# processes that talk to one server over one connection :doc:`read each other's answers
# </gallery/fork_safety/one_connection_two_processes>`. ``connections.close_all()`` just
# before the fork is the mend; each process opens its own at its next query.
#
# An executor says ``BrokenProcessPool`` in the end, and the reason stands above it. A
# ``Process`` would end with exit code 1.
