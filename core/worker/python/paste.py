"""Loading the application that a Paste Deploy file describes (Pyramid and others)."""

import configparser
import os

from .failure import LoadError, import_error

HINT = "install it beside the application: pip install PasteDeploy"


def load(path, name, label):
    """The application of the section, main if there is no name."""
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise LoadError("not-found", "cannot read %s: %s" % (path, error.strerror))
    _set_up_logging(path, label)
    try:
        from paste.deploy import loadapp
    except ImportError as missing:
        try:
            import plaster
        except ImportError:
            raise LoadError("config", "%s needs the module paste.deploy, and it cannot be imported: %s" % (label, missing), HINT)
        loadapp = None
    try:
        if loadapp is not None:
            return loadapp("config:" + path, name=name or None)
        return plaster.get_loader(path, protocols=["wsgi"]).get_wsgi_app(name or None)
    except BaseException as error:
        raise import_error(label, error)


def _set_up_logging(path, label):
    """As pserve does, if the file says anything about it."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        if not parser.has_section("loggers"):
            return
        from logging.config import fileConfig
        fileConfig(path, {"__file__": path, "here": os.path.dirname(path)}, disable_existing_loggers=False)
    except Exception as error:
        raise LoadError("config", "cannot set up the logging of %s: %s" % (label, error), "", error)
