"""Collections that the exchange format names and that this version does not take yet (contract §6, Collections).

Only so that their depositors read « pas encore ouverte » instead of « inconnue ». An entry says nothing any more once
the catalogue has a collection of that code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ANNOUNCED: Mapping[str, str] = MappingProxyType(
    {
        "N2S": "satisfaction",
        "N2A": "dossiers_assistance",
        "N2M": "dossiers_mobilite",
        "N2P": "partenariats",
        "N2R": "rapport_activite",
        "N2I": "incidents",
        "N1X": "",
        "N3G": "",
        "N3R": "",
        "N3D": "",
        "N3E": "",
        "R9I": "",
        "R9R": "",
        "R9S": "",
        "R9C": "",
        "R9E": "",
        "CPI": "",
        "CPR": "",
        "CPO": "",
        "CPC": "",
    }
)
"""Code → slug, empty where the contract gives none."""
