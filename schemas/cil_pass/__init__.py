"""The CIL-PASS scheme: « Dispositif de pilotage et de contrôle » of 16 February 2005, in force (S1)."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
