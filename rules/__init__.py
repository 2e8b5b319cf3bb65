"""What must be true of what is deposited: one folder a scheme, one file a collection."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
