"""What may be deposited: one folder a scheme, one file a collection. A collection may live outside this tree."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
